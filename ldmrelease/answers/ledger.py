"""The ledger: its head, its events, and what a check of it found."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.spellings import DigestText, TimeText, time_text
from ldmrelease.domain.events import Checkpoint, Event, Head
from ldmrelease.ledger import LedgerProblem


class BegunAnewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger that was begun in place of a lost one: the places whose fences it supersedes, and who was not asked."""

    ledger: str
    reason: str
    places: tuple[str, ...]
    unasked: tuple[str, ...]


class HeadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The last event of a ledger: its size and hash."""

    ledger: str
    size: int
    hash: DigestText


class CheckpointAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A head that was signed and kept elsewhere."""

    ledger: str
    genesis: DigestText
    size: int
    head: DigestText
    time: TimeText


class LedgerProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong: `where` is an event, a blob's digest, a projection's key or a table."""

    code: str
    where: str
    expected: str
    found: str
    sentence: str


class UnaskedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A place, or the release repository, that could not say what it has seen of the ledger, and why."""

    where: str
    sentence: str


class VerifiedLedgerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the ledger found; `checkpoint` is the one that it was held against."""

    head: HeadAnswer
    checkpoint: CheckpointAnswer | None
    problems: tuple[LedgerProblemAnswer, ...]
    unasked: tuple[UnaskedAnswer, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Refused where something is wrong."""
        return found_code(self.problems)


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in the chain, its body as it was hashed."""

    ledger: str
    sequence: int
    time: TimeText
    actor: str
    kind: str
    stream: str
    stream_version: int
    body: dict[str, Any]
    previous: str
    hash: DigestText


Events = list[EventAnswer]


def head_answer(head: Head) -> HeadAnswer:
    """The head of a ledger."""
    return HeadAnswer(ledger=head.ledger, size=head.size, hash=head.hash)


def verified_answer(
    head: Head,
    checkpoint: Checkpoint | None,
    problems: Iterable[LedgerProblem],
    unasked: tuple[UnaskedAnswer, ...] = (),
) -> VerifiedLedgerAnswer:
    """What a check of the ledger found."""
    return VerifiedLedgerAnswer(
        head=head_answer(head),
        checkpoint=_checkpoint(checkpoint) if checkpoint is not None else None,
        problems=tuple(
            LedgerProblemAnswer(
                code=each.code, where=each.where, expected=each.expected, found=each.found, sentence=str(each)
            )
            for each in problems
        ),
        unasked=unasked,
    )


def _checkpoint(each: Checkpoint) -> CheckpointAnswer:
    return CheckpointAnswer(
        ledger=each.ledger,
        genesis=each.genesis,
        size=each.size,
        head=each.head,
        time=time_text(each.time) or "",
    )


def event_answers(events: Iterable[Event]) -> Events:
    """Events, whole."""
    return [
        EventAnswer(
            ledger=each.ledger,
            sequence=each.sequence,
            time=time_text(each.time) or "",
            actor=each.actor,
            kind=each.kind,
            stream=each.stream,
            stream_version=each.stream_version,
            body=each.body,
            previous=each.previous,
            hash=each.hash,
        )
        for each in events
    ]
