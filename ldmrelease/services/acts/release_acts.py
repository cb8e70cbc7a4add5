"""What people did about a release at some places: approvals, waivers, holds, and the reviews that are owed for it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Decision, Finding
from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.release import Release
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.policy.waivers import expiry
from ldmrelease.services.acts.approvals import ApprovedRelease, GivenApproval, approvals_of
from ldmrelease.services.acts.debts import Debt, debts_at
from ldmrelease.services.acts.holds import KnownHold, known_holds
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.acts.waivers import GivenWaiver, waiver_facts, waivers_of
from ldmrelease.services.needs import PromotionHistory


class SeenApproval(Struct, frozen=True):
    """An approval that was given. `why` is a code with values, None where it counts."""

    given: GivenApproval
    why: dict[str, Any] | None


class SeenWaiver(Struct, frozen=True):
    """A waiver that was given; `code` says why it does not count, None where it does."""

    given: GivenWaiver
    code: str | None


class ReleaseActs(Struct, frozen=True):
    """All of it, oldest first. Holds are recalls of the release, lifted ones among them, and freezes that
    are not over.
    """

    approvals: tuple[SeenApproval, ...] = ()
    waivers: tuple[SeenWaiver, ...] = ()
    holds: tuple[KnownHold, ...] = ()
    debts: tuple[Debt, ...] = ()


def release_acts(
    context: PromotionHistory,
    release: Release,
    digest: str,
    applications: Collection[Application],
    decisions: Collection[Decision],
    now: datetime,
) -> ReleaseActs:
    """What people did about a release at these places. `decisions` are those about it there: they say why an
    approval does not count.
    """
    return ReleaseActs(
        approvals=tuple(_approvals(context, release, digest, applications, decisions, now)),
        waivers=tuple(_waivers(context, release, digest, applications, now)),
        holds=tuple(_holds(context, release, digest, applications, now)),
        debts=tuple(
            each
            for application in applications
            for each in debts_at(context, application.place)
            if each.owed.release == digest
        ),
    )


def not_counted(given: GivenApproval, findings: Collection[Finding]) -> dict[str, Any] | None:
    """Why an approval counts for none of the requirements that ask for one, by their findings; None where it does."""
    told = [_told_of(each, given.name) for each in findings]
    return None if None in told or not told else told[0]


def _told_of(finding: Finding, name: str) -> dict[str, Any] | None:
    refused = finding.values.get("not_counted", ())
    return next((each for each in refused if each["approval"] == name), None)


def _approvals(
    context: PromotionHistory,
    release: Release,
    digest: str,
    applications: Collection[Application],
    decisions: Collection[Decision],
    now: datetime,
) -> Iterator[SeenApproval]:
    for each in approvals_of(acts_ledger(context), ApprovedRelease.of(release, digest)):
        body = each.body
        if body is not None and not _is_about(body.scope, applications):
            continue
        if each.code is not None:
            yield SeenApproval(each, {"code": each.code})
        elif body is not None and body.expires <= now:
            yield SeenApproval(each, {"code": "expired", "since": spell(body.expires)})
        else:
            yield SeenApproval(each, not_counted(each, _findings(each, decisions)))


def _findings(given: GivenApproval, decisions: Iterable[Decision]) -> list[Finding]:
    """Those about approvals at the places that one was given for."""
    return [
        finding
        for each in decisions
        if given.body is None or _covers(given.body.scope, each.place, each.level)
        for finding in each.findings
        if finding.rule == "approval"
    ]


def _waivers(
    context: PromotionHistory,
    release: Release,
    digest: str,
    applications: Collection[Application],
    now: datetime,
) -> Iterator[SeenWaiver]:
    for each in waivers_of(acts_ledger(context), digest, release.repositories):
        if each.code is not None:
            if each.body is None or _is_about(each.body.scope, applications):
                yield SeenWaiver(each, each.code)
            continue
        ends = [
            expiry(fact, context.levels[application.level].waivers)
            for application in applications
            for fact in waiver_facts([each], application.place, application.level)
        ]
        if ends:
            yield SeenWaiver(each, "expired" if max(ends) <= now else None)


def _holds(
    context: PromotionHistory,
    release: Release,
    digest: str,
    applications: Collection[Application],
    now: datetime,
) -> Iterator[KnownHold]:
    for each in known_holds(context):
        if not any(each.covers(one.place, one.level) for one in applications):
            continue
        if each.body.kind is HoldKind.FREEZE:
            if not each.is_over(now):
                yield each
        elif each.names(release, digest):
            yield each


def _is_about(scope: str, applications: Iterable[Application]) -> bool:
    """Whether a scope has one of these places."""
    return any(_covers(scope, each.place, each.level) for each in applications)


def _covers(scope: str, place: Place, level: str) -> bool:
    """Whether a scope has a place; what is no scope may be of any."""
    try:
        return ActScope.parse(scope).covers(place, level)
    except ValueError:
        return True
