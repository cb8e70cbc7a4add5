"""Findings and decisions: codes and values, never prose (text lives in `render`)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayKind, OverlayRequest
from ldmrelease.domain.topology import Place

ENGINE = "engine/v1"


class Outcome(StrEnum):
    """What became of one requirement. Failed, errored, missing and pending are four different things."""

    SATISFIED = "satisfied"
    WAIVED = "waived"
    REPORTED = "reported"
    PENDING = "pending"
    ERRORED = "errored"
    MISSING = "missing"
    FAILED = "failed"


class Verdict(StrEnum):
    """Refused if any failed or missing, else undecided if any errored, else waiting, else allowed."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    UNDECIDED = "undecided"
    REFUSED = "refused"


class Phase(StrEnum):
    """`enter`: before anything is touched; `confirm`: after it runs there; `built-in`: of every decision."""

    BUILT_IN = "built-in"
    ENTER = "enter"
    CONFIRM = "confirm"


class Finding(Struct, frozen=True):
    """What became of one requirement, and what can be done about it.

    `code` and `values` say why; `who` are roles that can change it; `next` is a command to try (words, not
    a sentence); `when` is when it can become true by itself, `until` when it can lapse by itself; `unmet`
    keeps the outcome that a requirement that is not enforced yet, or is waived, would have had.
    """

    requirement: str
    rule: str
    phase: Phase
    outcome: Outcome
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    definition: str | None = None
    evidence: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    when: datetime | None = None
    until: datetime | None = None
    unmet: Outcome | None = None
    source: str | None = None


FOUND = "found"
"""The code of a finding: a release ran at a place, and no decision had ever let it in there."""


OVERLAY = "overlay"
"""The built-in finding about a compression or an emergency."""


class Decision(Struct, frozen=True):
    """May this release enter this place, as of `now`? Valid until `valid_until`, if that is known."""

    intent: Intent
    place: Place
    level: str
    policy: str
    release: str
    name: str
    facts: str
    now: datetime
    verdict: Verdict
    findings: tuple[Finding, ...]
    valid_until: datetime | None = None
    engine: str = ENGINE

    @property
    def only_found(self) -> bool:
        """A rollback to what had only been found there: whoever asked for it answers for it, and no policy."""
        return any(each.code == FOUND for each in self.findings)

    @property
    def overlay(self) -> OverlayRequest | None:
        """The compression or the emergency that it was asked for as."""
        found = next((each for each in self.findings if each.rule == OVERLAY), None)
        if found is None:
            return None
        return OverlayRequest(OverlayKind(found.values["kind"]), found.values["name"])

    def unmet(self) -> tuple[Finding, ...]:
        """The findings that stand in the way."""
        return tuple(each for each in self.findings if each.outcome in IN_THE_WAY)


IN_THE_WAY = frozenset({Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED, Outcome.PENDING})


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that findings add up to. None at all is refused: empty is never satisfied."""
    outcomes = {each.outcome for each in findings}
    if not outcomes or outcomes & {Outcome.FAILED, Outcome.MISSING}:
        return Verdict.REFUSED
    if Outcome.ERRORED in outcomes:
        return Verdict.UNDECIDED
    if Outcome.PENDING in outcomes:
        return Verdict.WAITING
    return Verdict.ALLOWED
