"""Who approved what, what of it counts and why not, and what is still owed by whom; the same of waivers."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.topology import Application
from ldmrelease.policy.waivers import expiry
from ldmrelease.services.acts.approvals import ApprovedRelease, GivenApproval, approvals_of
from ldmrelease.services.acts.release_acts import SeenApproval, not_counted
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.acts.waivers import GivenWaiver, overlap, waiver_facts, waivers_of
from ldmrelease.services.decisions.decide import Decided, level_at
from ldmrelease.services.governance.approve import ApprovalRequest, look_at
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.needs import Governing
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.store import pinned_by_digest


class PlaceApprovals(Struct, frozen=True):
    """What is approved of a release at a place: the findings of its approvals, and each that was given there.

    `promotion` asks for it, in the name of `requester`; None where nobody does.
    """

    asked: ApprovalRequest
    application: Application
    decided: Decided
    promotion: str | None
    requester: str | None
    findings: tuple[Finding, ...]
    given: tuple[SeenApproval, ...]


def approvals_at(
    context: Governing, asked: ApprovalRequest, applications: Iterable[Application]
) -> tuple[PlaceApprovals, ...]:
    """The approvals of a release at these places, as they count now."""
    release = ApprovedRelease.of(asked.pinned.release, asked.pinned.digest)
    given = approvals_of(acts_ledger(context), release)
    return tuple(_at(context, asked, each, given) for each in applications)


def approvals_owed(context: Governing) -> Iterator[PlaceApprovals]:
    """Those of every promotion that has not ended, at the places that it is not through with and that ask for some."""
    for each in open_promotions(context):
        if each.request is None:
            continue
        body = each.request.body
        pinned = pinned_by_digest(context, body.product, body.tag, body.release)
        asked = ApprovalRequest(pinned, body.intent, body.alias)
        left = each.left()
        places = [context.topology.application(place) for place in body.places if place in left]
        for found in approvals_at(context, asked, [place for place in places if place is not None]):
            if found.findings:
                yield found


def _at(
    context: Governing, asked: ApprovalRequest, application: Application, given: tuple[GivenApproval, ...]
) -> PlaceApprovals:
    looked = look_at(context, asked, application)
    findings = tuple(
        each
        for each in looked.decided.decision.findings
        if each.rule == "approval" and each.code != "not-asked"
    )
    facts = {each.approval: each for each in looked.decided.gathered.facts.approvals}
    request = looked.request
    return PlaceApprovals(
        asked,
        application,
        looked.decided,
        request.body.promotion if request is not None else None,
        request.person if request is not None else None,
        findings,
        tuple(
            SeenApproval(each, _why(each, findings))
            for each in given
            if each.name in facts or (not facts and _is_for(each, application))
        ),
    )


def _why(given: GivenApproval, findings: tuple[Finding, ...]) -> dict[str, Any] | None:
    """Why an approval counts for none of the requirements."""
    if given.code is not None or not findings:
        return {"code": given.code or "not-asked"}
    return not_counted(given, findings)


def _is_for(given: GivenApproval, application: Application) -> bool:
    return given.body is None or overlap(given.body.scope, str(application.place))


class WaiverSeen(Struct, frozen=True):
    """A waiver for a release at a place; `code` says why it does not count, None where it does."""

    given: GivenWaiver
    application: Application
    code: str | None


def waivers_at(
    context: Governing, pinned: Pinned, applications: Iterable[Application]
) -> tuple[WaiverSeen, ...]:
    """The waivers for a release at these places, as they count now."""
    given = {each.name: each for each in _waivers(context, pinned)}
    found = []
    for application in applications:
        limits = level_at(context, application.place).waivers
        for fact in waiver_facts(given.values(), application.place, application.level):
            ended = fact.code is None and expiry(fact, limits) <= context.now()
            found.append(WaiverSeen(given[fact.waiver], application, "expired" if ended else fact.code))
    return tuple(found)


def _waivers(context: Governing, pinned: Pinned) -> tuple[GivenWaiver, ...]:
    return waivers_of(acts_ledger(context), pinned.digest, pinned.release.repositories)
