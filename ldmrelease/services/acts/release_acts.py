"""What people did about a release at some places: approvals, waivers, holds, and the reviews that are owed for it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Decision, Finding
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.release import Release
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import approval_stream, waiver_stream
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.policy.waivers import expiry
from ldmrelease.services.acts.approvals import ApprovedRelease, GivenApproval, approvals_of
from ldmrelease.services.acts.debts import Debt, debts_at
from ldmrelease.services.acts.holds import KnownHold, known_holds
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.acts.waivers import GivenWaiver, waiver_facts, waivers_of
from ldmrelease.services.needs import PromotionHistory

_ABOUT_RELEASES = (EventKind.APPROVED, EventKind.APPROVAL_OBSERVED, EventKind.WAIVED)


class SeenApproval(Struct, frozen=True):
    """An approval that was given. `why` is a code with values, None where nothing speaks against it: then it counts if
    a decision has `judged` it, and without one nobody can tell.
    """

    given: GivenApproval
    why: dict[str, Any] | None
    judged: bool = True


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


class ActsReader:
    """Reads what people did about releases at some places; holds and reviews are read once for all of them."""

    def __init__(
        self, context: PromotionHistory, applications: Collection[Application], now: datetime
    ) -> None:
        self._context, self._applications, self._now = context, applications, now
        self._of = acts_ledger(context)
        self._streams = {each.stream for each in context.ledger.events(kinds=_ABOUT_RELEASES)}
        self.holds = tuple(
            each
            for each in known_holds(context)
            if any(each.covers(one.place, one.level) for one in applications)
        )
        """Every hold of one of the places, lifted ones among them."""
        self.debts = tuple(each for one in applications for each in debts_at(context, one.place))
        """Every review that was ever owed at one of the places."""

    def acts(self, release: Release, digest: str, decisions: Collection[Decision] = ()) -> ReleaseActs:
        """What was done about a release. `decisions` about it there say whether an approval counts."""
        return ReleaseActs(
            approvals=tuple(self._approvals(release, digest, decisions)),
            waivers=tuple(self._waivers(release, digest)),
            holds=tuple(each for each in self.holds if self._is_told(each, release, digest)),
            debts=tuple(each for each in self.debts if each.owed.release == digest),
        )

    def _is_told(self, hold: KnownHold, release: Release, digest: str) -> bool:
        if hold.body.kind is HoldKind.FREEZE:
            return not hold.is_over(self._now)
        return hold.names(release, digest)

    def _approvals(
        self, release: Release, digest: str, decisions: Collection[Decision]
    ) -> Iterator[SeenApproval]:
        approved = ApprovedRelease.of(release, digest)
        subjects = (each for each in (digest, release.content) if each is not None)
        if self._streams.isdisjoint(map(approval_stream, subjects)):
            return
        for each in approvals_of(self._of, approved):
            body = each.body
            if body is not None and not _is_about(body.scope, self._applications):
                continue
            if each.code is not None:
                yield SeenApproval(each, {"code": each.code})
            elif body is not None and body.expires <= self._now:
                yield SeenApproval(each, {"code": "expired", "since": spell(body.expires)})
            else:
                findings = _findings(each, decisions)
                yield SeenApproval(each, not_counted(each, findings), judged=bool(findings))

    def _waivers(self, release: Release, digest: str) -> Iterator[SeenWaiver]:
        if waiver_stream(digest) not in self._streams:
            return
        for each in waivers_of(self._of, digest, release.repositories):
            if each.code is not None:
                if each.body is None or _is_about(each.body.scope, self._applications):
                    yield SeenWaiver(each, each.code)
                continue
            ends = [
                expiry(fact, self._context.levels[application.level].waivers)
                for application in self._applications
                for fact in waiver_facts([each], application.place, application.level)
            ]
            if ends:
                yield SeenWaiver(each, "expired" if max(ends) <= self._now else None)


def not_counted(given: GivenApproval, findings: Collection[Finding]) -> dict[str, Any] | None:
    """Why an approval counts for none of the requirements that ask for one, by their findings; None where it does."""
    told = [_told_of(each, given.name) for each in findings]
    return None if None in told or not told else told[0]


def _told_of(finding: Finding, name: str) -> dict[str, Any] | None:
    refused = finding.values.get("not_counted", ())
    return next((each for each in refused if each["approval"] == name), None)


def _findings(given: GivenApproval, decisions: Iterable[Decision]) -> list[Finding]:
    """Those about approvals at the places that one was given for."""
    return [
        finding
        for each in decisions
        if given.body is None or _covers(given.body.scope, each.place, each.level)
        for finding in each.findings
        if finding.rule == "approval"
    ]


def _is_about(scope: str, applications: Iterable[Application]) -> bool:
    """Whether a scope has one of these places."""
    return any(_covers(scope, each.place, each.level) for each in applications)


def _covers(scope: str, place: Place, level: str) -> bool:
    """Whether a scope has a place; what is no scope may be of any."""
    try:
        return ActScope.parse(scope).covers(place, level)
    except ValueError:
        return True
