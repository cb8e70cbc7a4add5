"""Decisions of a ledger made again, in other processes: with another time zone, another locale, another hash seed."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import InputError, LdmreleaseError
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import DecisionMade
from ldmrelease.domain.streams import promotion_of
from ldmrelease.projections.claimed import claimed_in
from ldmrelease.services.audit.replay_decision import DecisionEvent, ReplayedDecision
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord

_LEAST_OF_A_DIGEST = 7
_PROMOTION = re.compile(r"P-[0-9]+", re.ASCII)
_ZONES = ("Pacific/Chatham", "America/St_Johns")
"""Neither is whole hours from UTC."""


class NoSuchDecision(InputError):
    """The ledger has no decision that counts with this digest."""


class ReplayFailed(LdmreleaseError):
    """A process that makes decisions again did not answer."""


def recorded_decisions(context: SignedHistory) -> list[DecisionEvent]:
    """Every decision that counts, in the order of the ledger."""
    events = context.ledger.events(kinds=[EventKind.DECIDED])
    return [_recorded(each) for each in context.records.counted(events, DecisionMade)]


def _recorded(told: EventRecord[DecisionMade]) -> DecisionEvent:
    event, body = told.event, told.body
    promotion = promotion_of(event.stream) or event.stream
    return DecisionEvent(event.sequence, promotion, body.stage, body.decision, body.facts)


def decisions_named(context: SignedHistory, digest: str) -> list[DecisionEvent]:
    """Those with a digest, or with the one that begins so. Raises `NoSuchDecision`."""
    if _PROMOTION.fullmatch(digest):
        raise NoSuchDecision(
            f"{digest} is a promotion; `ldmrelease promotions show {digest}` names its decisions"
        )
    wanted = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    if len(wanted) - len("sha256:") < _LEAST_OF_A_DIGEST:
        raise NoSuchDecision(
            f"{digest!r} is too short: give {_LEAST_OF_A_DIGEST} digits of a decision's digest"
        )
    found = [
        _recorded(told)
        for number in _claiming(context, wanted)
        if isinstance(told := context.records.read(context.ledger.get(number), DecisionMade), EventRecord)
    ]
    if len({each.decision for each in found}) > 1:
        raise NoSuchDecision(f"{digest!r} begins the digests of several decisions; give more of it")
    if not found:
        raise NoSuchDecision(
            f"no decision has the digest {digest!r}; `ldmrelease promotions show` names those of a promotion"
        )
    return found


def _claiming(context: SignedHistory, digest: str) -> list[int]:
    """The numbers of the events that claim to be of a decision whose digest begins so; none is verified here."""
    claimed = (
        (row.sequence, claimed_in(row.body, DecisionMade)) for row in context.ledger.rows([EventKind.DECIDED])
    )
    return [number for number, body in claimed if body is not None and body.decision.startswith(digest)]


class Surroundings(Struct, frozen=True):
    """In what another process decides: a time zone, a locale and a hash seed that are not those of this one."""

    zone: str
    locale: str
    seed: int

    @property
    def environ(self) -> dict[str, str]:
        """The variables that say so."""
        return {"TZ": self.zone, "LC_ALL": self.locale, "PYTHONHASHSEED": str(self.seed)}


def other_surroundings(environ: Mapping[str, str]) -> Surroundings:
    """Such that differ from those that these variables say."""
    spoken = next((environ[each] for each in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(each)), "C")
    return Surroundings(
        zone=next(each for each in _ZONES if each != environ.get("TZ")),
        locale="C" if "utf" in spoken.lower() else "C.UTF-8",
        # Of 32 bits, as Python takes it; 0 turns it off.
        seed=1 + secrets.randbelow(2**32 - 1),
    )


def replayed_elsewhere(
    ledger: str, recorded: Sequence[DecisionEvent], jobs: int, surroundings: Surroundings
) -> Iterator[ReplayedDecision]:
    """Each of them made again by one of so many processes, as they come; `ledger` is its address.

    Raises `ReplayFailed`.
    """
    jobs = max(1, min(jobs, len(recorded)))
    answers: SimpleQueue[ReplayedDecision | Exception | None] = SimpleQueue()
    threads = [
        Thread(target=_ask, args=(ledger, recorded[each::jobs], surroundings, answers), daemon=True)
        for each in range(jobs)
    ]
    for each in threads:
        each.start()
    left = jobs
    while left:
        answer = answers.get()
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            left -= 1
        else:
            yield answer


def _ask(
    ledger: str,
    share: Sequence[DecisionEvent],
    surroundings: Surroundings,
    answers: SimpleQueue[ReplayedDecision | Exception | None],
) -> None:
    """Have one process answer all of a share; None says that it has."""
    try:
        with _started(ledger, surroundings) as process:
            for each in share:
                answers.put(_answer(process, each))
        answers.put(None)
    except Exception as error:
        answers.put(error)


def _started(ledger: str, surroundings: Surroundings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ldmrelease.services.audit.replay_process", ledger]
    environ = os.environ | surroundings.environ
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)


def _answer(process: subprocess.Popen[bytes], asked: DecisionEvent) -> ReplayedDecision:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(canonical.encode(asked) + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass
    line = process.stdout.readline()
    if not line:
        raise ReplayFailed(f"the process that was to make {asked.decision} again has ended without an answer")
    return canonical.decode(line.strip(), ReplayedDecision)
