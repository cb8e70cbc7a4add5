"""What people signed in a case: approvals and waivers, each on what is found there without them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.canonical import digest_of
from ldmrelease.domain.decision import Finding, Phase
from ldmrelease.domain.facts import ApprovalFact, Facts, WaiverFact
from ldmrelease.domain.level import Level
from ldmrelease.policy.basis import basis_of
from ldmrelease.policy.engine import evaluate
from ldmrelease.policy.waivers import failing, waivers_in_use

_WEEK = timedelta(days=7)


class ScenarioApproval(Struct, frozen=True):
    """An approval by a person with roles. It was given on what is found now, apart from requirements whose outcome it
    `was` then; `rejected` is the code for which it does not count, `source` the system where it was given.
    """

    name: str
    person: str
    roles: tuple[str, ...]
    given: datetime
    expires: datetime | None = None
    about: str = "release"
    source: str | None = None
    was: dict[str, str] = field(default_factory=dict)
    rejected: str | None = None


class ScenarioWaiver(Struct, frozen=True):
    """A waiver of a requirement by a person with roles; `covers` None is all that stands in its way now."""

    name: str
    requirement: str
    person: str
    roles: tuple[str, ...]
    given: datetime
    expires: datetime | None = None
    covers: tuple[str, ...] | None = None
    rejected: str | None = None


class ScenarioActs(Struct, frozen=True):
    """All that people signed."""

    approvals: tuple[ScenarioApproval, ...] = ()
    waivers: tuple[ScenarioWaiver, ...] = ()


def with_acts(facts: Facts, acts: ScenarioActs, level: Level, now: datetime, phase: Phase) -> Facts:
    """The facts with what people signed."""
    if acts.waivers:
        found = _findings(facts, level, now, phase)
        given = tuple(_waiver(each, facts, level, found) for each in acts.waivers)
        facts = replace(facts, waivers=(*facts.waivers, *given))
    if acts.approvals:
        found = _findings(facts, level, now, phase)
        approved = tuple(_approval(each, facts, found) for each in acts.approvals)
        facts = replace(facts, approvals=(*facts.approvals, *approved))
    return facts


def _findings(facts: Facts, level: Level, now: datetime, phase: Phase) -> tuple[Finding, ...]:
    return evaluate(level, facts, now, facts_digest=digest_of(facts), phase=phase).findings


def _waiver(waiver: ScenarioWaiver, facts: Facts, level: Level, findings: Iterable[Finding]) -> WaiverFact:
    found = next((each for each in findings if each.requirement == waiver.requirement), None)
    covers = waiver.covers
    if covers is None:
        covers = failing(found) if found is not None else ()
    return WaiverFact(
        waiver=waiver.name,
        person=waiver.person,
        roles=waiver.roles,
        scope=str(facts.place),
        requirement=waiver.requirement,
        definition=(found.definition if found is not None else None) or "",
        failing=covers,
        received=waiver.given,
        expires=waiver.expires or waiver.given + timedelta(seconds=level.waivers.life),
        counted=waiver.rejected is None,
        code=waiver.rejected,
        reason="as the case says",
    )


def _approval(approval: ScenarioApproval, facts: Facts, findings: tuple[Finding, ...]) -> ApprovalFact:
    release = facts.release
    basis = basis_of(findings)
    basis |= {name: (basis[name][0], outcome) for name, outcome in approval.was.items() if name in basis}
    return ApprovalFact(
        approval=approval.name,
        persons=(approval.person,),
        roles=approval.roles,
        subject=release.digest if approval.about == "release" else release.content or "",
        scope=str(facts.place),
        basis=basis,
        received=approval.given,
        expires=approval.expires or approval.given + _WEEK,
        counted=approval.rejected is None,
        code=approval.rejected,
        source=approval.source,
        waivers=tuple(each.waiver for each in waivers_in_use(findings)),
    )
