"""Waive one requirement for one release at a place, and take a waiver back (trust.md section 2).

What would not count is not signed: whoever asks is told why.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.domain.events.acts import Waiver, WaiverWithdrawn
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Intent, WaiverFact
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Application
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.policy.engine import evaluate
from ldmrelease.policy.waivers import UNMET, failing, never_waived
from ldmrelease.services.acts.requests import acts_ledger, open_request
from ldmrelease.services.acts.waivers import GivenWaiver, overlap, waivers_of
from ldmrelease.services.decisions.decide import Decided, decide, level_at, require_agreed
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest
from ldmrelease.services.governance.approve import LedgerMoved, joined
from ldmrelease.services.needs import Governing
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.verify import Rejected


class WaiverTerms(Struct, frozen=True):
    """What is waived, and why; `expires` is None for as late as it may be."""

    requirement: str
    reason: str
    expires: datetime | None = None


class DraftedWaiver(Struct, frozen=True):
    """A waiver that would count at a place, and the finding that it lets pass."""

    application: Application
    finding: Finding
    body: Waiver
    decided: Decided


class NotWaived(Struct, frozen=True):
    """Why a waiver would not count at a place, or is not needed; `finding` is None where none was made."""

    application: Application
    code: str
    values: dict[str, Any]
    finding: Finding | None = None


def draft_waivers(
    context: Governing,
    pinned: Pinned,
    applications: Iterable[Application],
    terms: WaiverTerms,
) -> tuple[DraftedWaiver | NotWaived, ...]:
    """What a waiver by the key `me` would be at each place, and why it would not count. Writes nothing."""
    applications = tuple(applications)
    require_agreed(context.workspace, [each.place for each in applications])
    given = _given(context, pinned)
    return tuple(_at(context, pinned, each, terms, given, number) for number, each in enumerate(applications))


def _given(context: Governing, pinned: Pinned) -> tuple[GivenWaiver, ...]:
    return waivers_of(acts_ledger(context), pinned.digest, pinned.release.repositories)


def _at(
    context: Governing,
    pinned: Pinned,
    application: Application,
    terms: WaiverTerms,
    given: tuple[GivenWaiver, ...],
    number: int,
) -> DraftedWaiver | NotWaived:
    name = terms.requirement
    level = level_at(context, application.place)
    found = _requirement(level, application, name)
    if found is None:
        return NotWaived(application, "no-requirement", {"requirement": name})
    requirement, phase = found
    if never_waived(requirement) or not requirement.waivable_by:
        return NotWaived(application, "never-waived", {"requirement": name})
    decided = _decided(context, pinned, application, phase)
    finding = next(each for each in decided.decision.findings if each.requirement == name)
    if finding.outcome not in UNMET:
        return NotWaived(application, "not-unmet", {"outcome": str(finding.outcome)}, finding)
    roles = _roles(context, application, pinned, requirement)
    if isinstance(roles, NotWaived):
        return replace(roles, finding=finding)
    longest = context.now() + timedelta(seconds=level.waivers.life)
    body = Waiver(
        waiver=f"W-{context.ledger.head().size + 1 + number}",
        product=pinned.release.product,
        tag=pinned.release.tag,
        release=pinned.digest,
        scope=str(application.place),
        requirement=name,
        definition=requirement.definition,
        outcome=finding.outcome,
        failing=failing(finding),
        time=context.now(),
        expires=longest if terms.expires is None else min(terms.expires, longest),
        reason=terms.reason,
    )
    earlier = [each for each in given if _of_the_same(each, body)]
    if any(each.person == roles[0].person for each in earlier):
        return NotWaived(application, "same-person-renews", {"person": roles[0].person}, finding)
    body = replace(body, renews=earlier[-1].name if earlier else None)
    after = _with(level, decided, body, roles, phase)
    if next(each for each in after if each.requirement == name).outcome is not Outcome.WAIVED:
        return NotWaived(application, "too-many", {"number": level.waivers.number}, finding)
    return DraftedWaiver(application, finding, body, decided)


def _requirement(level: Level, application: Application, name: str) -> tuple[Requirement, Phase] | None:
    here = level.at(application.place.environment)
    for phase, requirements in ((Phase.ENTER, here.enter), (Phase.CONFIRM, here.confirm)):
        for each in requirements:
            if each.id == name:
                return each, phase
    return None


def _decided(context: Governing, pinned: Pinned, application: Application, phase: Phase) -> Decided:
    request = open_request(context, pinned.digest, application.place, Intent.PROMOTE)
    requester = request.person if request is not None else ""
    return decide(context, pinned, DecisionRequest(application.place, Intent.PROMOTE, requester), phase)


def _roles(
    context: Governing, application: Application, pinned: Pinned, requirement: Requirement
) -> tuple[Key, tuple[str, ...]] | NotWaived:
    key = context.keyring.find(context.signers.me.keyid)
    if key is None:
        return NotWaived(application, "unknown-key", {})
    found = entitled_roles(
        "waiver",
        key,
        context.keyring,
        environments=(application.place.environment,),
        repositories=pinned.release.repositories,
    )
    if isinstance(found, Rejected):
        return NotWaived(application, found.code, found.values)
    names = tuple(each.name for each in found)
    if set(names).isdisjoint(requirement.waivable_by):
        values = {"roles": list(names), "waivable_by": list(requirement.waivable_by)}
        return NotWaived(application, "wrong-role", values)
    return key, names


def _of_the_same(given: GivenWaiver, body: Waiver) -> bool:
    """Whether somebody waived the same requirement here before."""
    if given.body is None or not given.person:
        return False
    same = (given.body.requirement, given.body.definition) == (body.requirement, body.definition)
    return same and overlap(given.body.scope, body.scope)


def _with(
    level: Level, decided: Decided, body: Waiver, by: tuple[Key, tuple[str, ...]], phase: Phase
) -> tuple[Finding, ...]:
    """The findings, were the waiver given."""
    key, roles = by
    fact = WaiverFact(
        waiver=body.waiver,
        person=key.person,
        roles=roles,
        scope=body.scope,
        requirement=body.requirement,
        definition=body.definition,
        failing=body.failing,
        received=body.time,
        expires=body.expires,
        counted=True,
        reason=body.reason,
    )
    facts = decided.gathered.facts
    known = replace(facts, waivers=(*facts.waivers, fact))
    return evaluate(
        level, known, decided.decision.now, facts_digest=decided.gathered.digest, phase=phase
    ).findings


def give_waivers(context: Governing, drafts: Iterable[DraftedWaiver]) -> None:
    """Sign and record waivers, all or none. Raises `LedgerMoved` where what they rest on is another now."""
    drafts = tuple(drafts)
    expect = Expectation()
    for each in drafts:
        expect = joined(expect, each.decided.gathered.expect)
    if context.append([new_event(each.body) for each in drafts], expect=expect) is not None:
        raise LedgerMoved("somebody wrote to the ledger meanwhile: look again, and waive what is there then")


def withdraw_waivers(
    context: Governing,
    pinned: Pinned,
    applications: Iterable[Application],
    requirement: str,
    reason: str | None,
) -> tuple[WaiverWithdrawn, ...]:
    """Take back the waivers of a requirement for a release at these places; what was taken back."""
    scopes = {str(each.place) for each in applications}
    found = tuple(
        WaiverWithdrawn(each.body.waiver, each.body.release, each.body.scope, context.now(), reason)
        for each in _given(context, pinned)
        if each.code is None and each.body is not None and each.body.requirement == requirement
        if each.body.scope in scopes
    )
    if found and context.append([new_event(each) for each in found]) is not None:
        raise LedgerMoved("somebody wrote to the ledger meanwhile: ask again")
    return found
