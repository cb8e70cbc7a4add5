"""A copy of a ledger that was verified by the trust document alone: what is covered, what is not, and what is wrong."""

from collections.abc import Iterator

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.text import counted
from ldmrelease.answers.spellings import DigestText
from ldmrelease.ledger import LedgerProblem
from ldmrelease.services.audit.copy_events import CopyProblem
from ldmrelease.services.audit.verify_copy import Counted, VerifiedCopy


class CountedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are, and how many of them hold."""

    number: int
    good: int


class TrustUsedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A trust document, by its version and digest."""

    version: int
    digest: DigestText


class HeldCheckpointAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint, or a receipt, from outside that the copy extends: it vouches for so many events."""

    source: str
    size: int
    by: str


class CopyProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong. `event` is the number of the event that it is about; null where it is of none. `about`
    is `event`, `receipt`, `blob`, `file`, or the name of a file that was given.
    """

    event: int | None
    about: str
    code: str
    sentence: str


class VerifiedCopyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found. `problem_count` counts those too that are not listed.

    `events` hold where a key with the role for them signed them for where they stand, but for the first one, which
    nobody signs; `rejected` says why the others do not count. `tail` is how many events are behind the newest
    checkpoint from outside: had some of them been cut, nothing would show it; null where no checkpoint was given.
    `uncovered` are sentences about what was not verified.
    """

    file: str
    form: str
    ledger: str
    genesis: str
    size: int
    head: str
    last: str
    trust: TrustUsedAnswer
    adopted: tuple[TrustUsedAnswer, ...]
    events: CountedAnswer
    rejected: dict[str, int]
    statements: CountedAnswer
    receipts: CountedAnswer
    blobs: CountedAnswer
    indexes: CountedAnswer
    blob_bytes: int
    missing: int
    checkpoints: tuple[HeldCheckpointAnswer, ...]
    tail: int | None
    clock: bool
    uncovered: tuple[str, ...]
    problems: tuple[CopyProblemAnswer, ...]
    problem_count: int

    @property
    def exit_code(self) -> ExitCode:
        """Refused where something is wrong."""
        return found_code(self.problem_count)


def verified_copy_answer(file: str, found: VerifiedCopy) -> VerifiedCopyAnswer:
    """What a verification of the copy in a file found."""
    return VerifiedCopyAnswer(
        file=file,
        form=found.form,
        ledger=found.ledger,
        genesis=found.genesis,
        size=found.size,
        head=found.head,
        last=found.last,
        trust=TrustUsedAnswer(version=found.trust_version, digest=found.trust_digest),
        adopted=tuple(TrustUsedAnswer(version=each.version, digest=each.digest) for each in found.adopted),
        events=_counted(found.events),
        rejected=dict(found.rejected),
        statements=_counted(found.statements),
        receipts=_counted(found.receipts),
        blobs=_counted(found.blobs),
        indexes=_counted(found.indexes),
        blob_bytes=found.blob_bytes,
        missing=found.missing,
        checkpoints=tuple(
            HeldCheckpointAnswer(source=each.source, size=each.size, by=each.by) for each in found.checkpoints
        ),
        tail=found.tail,
        clock=found.clock,
        uncovered=tuple(_uncovered(found)),
        problems=tuple(map(_problem, found.problems)),
        problem_count=found.problem_count,
    )


def _counted(found: Counted) -> CountedAnswer:
    return CountedAnswer(number=found.number, good=found.good)


def _problem(each: CopyProblem) -> CopyProblemAnswer:
    what = each.what
    if isinstance(what, LedgerProblem):
        where = "" if what.where == f"event {each.event}" else f"{what.where}: "
        code = what.code
        sentence = f"{where}expected {what.expected or 'nothing'}, found {what.found or 'nothing'}"
    else:
        code, sentence = what.code, why_not(what.code, what.values)
    return CopyProblemAnswer(event=each.event, about=each.about, code=code, sentence=sentence)


def _uncovered(found: VerifiedCopy) -> Iterator[str]:
    """What nobody can say of this copy."""
    if found.size > 1 and not found.events.good:
        yield "no event is signed by a key of this trust document: is it that of another workspace?"
    if found.trust_unsigned is not None:
        yield (
            f"no root keys stand behind this trust document ({found.trust_unsigned}): that it is the right one is for "
            "whoever handed it over to show; its signatures are in trust.signatures.json beside it"
        )
    if not found.given:
        yield "no checkpoint was given: events that were cut off at the end would not show"
    elif found.tail:
        yield (
            f"{counted(found.tail, 'event')} behind the newest checkpoint: had others been cut off there, nothing "
            "would show it"
        )
    known = {each.digest for each in found.adopted}
    if found.adopted and found.trust_digest not in known:
        last = found.adopted[-1]
        yield (
            f"the trust document given is version {found.trust_version}, and the ledger was never used by it: last by "
            f"version {last.version} ({last.digest})"
        )
    if found.clock:
        yield "its times are those of a workspace with a clock of its own: they prove nothing about the wall's"
    lost = found.statements.number - found.statements.good
    if lost:
        yield f"{counted(lost, 'statement')} of no key that the trust document knows now: without effect by it"
    yield "decisions were not made again: `ldmrelease audit replay --all` does that in the workspace"
