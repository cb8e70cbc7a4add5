"""Everything that was let in for less than everybody is asked: emergencies, compressions and waivers, paid or owed."""

from collections.abc import Collection, Iterator
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.acts import Waiver
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.overlays import OverlayKind
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.acts.debts import Debt, debts_at
from ldmrelease.services.acts.requests import acts_ledger
from ldmrelease.services.acts.waivers import GivenWaiver, waivers_of
from ldmrelease.services.context import Untrusted
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.releases.store import pinned_by_digest


class DebtKind(StrEnum):
    """What was dropped: most of what is asked, what a compression names, or one requirement."""

    EMERGENCY = "emergency"
    COMPRESSION = "compression"
    WAIVER = "waiver"


class DebtState(StrEnum):
    """`owed` is not due yet, `rejected` was reviewed and is not as it should be; a waiver `stands` until it `expired`,
    or was `withdrawn`, or does not count at all.
    """

    OWED = "owed"
    OVERDUE = "overdue"
    REJECTED = "rejected"
    PAID = "paid"
    STANDS = "stands"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOT_COUNTED = "not-counted"


OPEN = frozenset({DebtState.OWED, DebtState.OVERDUE, DebtState.REJECTED, DebtState.STANDS})
"""What is still to be done about, or holds."""
BITES = frozenset({DebtState.OVERDUE, DebtState.REJECTED})
"""What keeps everything but a rollback out of its place."""


class ListedDebt(Struct, frozen=True):
    """`name` is the promotion, or the waiver; `about` the compression, or the requirement; `scope` where it is.

    `due` is when it has to be reviewed, or what a waiver lets pass is asked again; `ended` says of an emergency that
    the hours are over for which it lets anything in. `reviewed_by` looked at it last. `unasked` was out of reach.
    """

    kind: DebtKind
    state: DebtState
    name: str
    release: str
    scope: str
    about: str
    person: str
    since: datetime
    due: datetime
    reason: str | None = None
    expires: datetime | None = None
    ended: bool = False
    reviewed_by: str | None = None
    unasked: tuple[str, ...] = ()


def debt_list(
    context: ReleaseHistory, applications: Collection[Application], now: datetime
) -> tuple[ListedDebt, ...]:
    """Those of these places, what is due first."""
    found = [*_reviews(context, applications, now), *_waivers(context, applications, now)]
    return tuple(sorted(found, key=lambda each: (each.due, each.name, each.scope)))


def _reviews(
    context: ReleaseHistory, applications: Collection[Application], now: datetime
) -> Iterator[ListedDebt]:
    asked = {each.place for each in applications}
    for place in _owing(context):
        if place in asked:
            yield from (_listed(each, now) for each in debts_at(context, place))


def _owing(context: ReleaseHistory) -> Iterator[Place]:
    """The places that ever owed a review."""
    events = context.ledger.events(kinds=[EventKind.REVIEW_OWED])
    yield from dict.fromkeys(each.body.place for each in context.records.counted(events, ReviewOwed))


def _listed(debt: Debt, now: datetime) -> ListedDebt:
    owed, last = debt.owed, debt.reviews[-1] if debt.reviews else None
    emergency = owed.overlay.kind is OverlayKind.EMERGENCY
    return ListedDebt(
        kind=DebtKind.EMERGENCY if emergency else DebtKind.COMPRESSION,
        state=_state(debt, now),
        name=owed.promotion,
        release=owed.name,
        scope=str(owed.place),
        about=owed.overlay.name,
        person=owed.person,
        since=owed.time,
        due=debt.due,
        reason=owed.reason,
        expires=owed.expires,
        ended=owed.expires is not None and owed.expires <= now,
        reviewed_by=last.person if last is not None else None,
        unasked=tuple(dict.fromkeys(each.where for each in owed.unasked)),
    )


def _state(debt: Debt, now: datetime) -> DebtState:
    if debt.paid:
        return DebtState.PAID
    if debt.reviews:
        return DebtState.REJECTED
    return DebtState.OVERDUE if debt.is_overdue(now) else DebtState.OWED


def _waivers(
    context: ReleaseHistory, applications: Collection[Application], now: datetime
) -> Iterator[ListedDebt]:
    told = (claimed_body(each, Waiver) for each in context.ledger.events(kinds=[EventKind.WAIVED]))
    releases = dict.fromkeys((each.product, each.tag, each.release) for each in told if each is not None)
    for product, tag, digest in releases:
        try:
            pinned = pinned_by_digest(context, product, tag, digest)
        except Untrusted:
            # A waiver of what nobody has pinned lets nothing pass.
            continue
        for each in waivers_of(acts_ledger(context), digest, pinned.release.repositories):
            if each.body is not None and _covers(each.body, applications):
                yield _listed_waiver(each, each.body, now)


def _covers(waiver: Waiver, applications: Collection[Application]) -> bool:
    try:
        scope = ActScope.parse(waiver.scope)
    except ValueError:
        return False
    return any(scope.covers(each.place, each.level) for each in applications)


def _listed_waiver(given: GivenWaiver, body: Waiver, now: datetime) -> ListedDebt:
    state = DebtState.EXPIRED if body.expires <= now else DebtState.STANDS
    if given.code is not None:
        state = DebtState.WITHDRAWN if given.code == "withdrawn" else DebtState.NOT_COUNTED
    return ListedDebt(
        kind=DebtKind.WAIVER,
        state=state,
        name=given.name,
        release=f"{body.product}/{body.tag}",
        scope=body.scope,
        about=body.requirement,
        person=given.person,
        since=given.event.time,
        due=body.expires,
        reason=body.reason,
        expires=body.expires,
        ended=body.expires <= now,
    )
