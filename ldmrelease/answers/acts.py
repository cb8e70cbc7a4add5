"""What people did about a release: approvals, waivers, holds, and the reviews that are owed for it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ldmrelease.answers.approvals import GivenApprovalAnswer, seen_approval
from ldmrelease.answers.holds import HoldAnswer, hold_answer
from ldmrelease.answers.overlays import OverlayAnswer
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.answers.waivers import WaiverAnswer, seen_waiver
from ldmrelease.domain.times import spell
from ldmrelease.services.acts.debts import Debt, GivenReview
from ldmrelease.services.acts.release_acts import ReleaseActs


class GivenReviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked at what was done, and accepted it or did not."""

    person: str
    accepted: bool
    reason: str
    time: TimeText


class ReviewOwedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that asked a place for less than it asks of everybody, by `person`; somebody else has to review it by
    `due`. `paid`: somebody did and accepts it; `overdue`: nobody did in time, and only a rollback passes there.
    `expires` is when an emergency lets it in no longer, `unasked` who was out of reach then.
    """

    promotion: str
    release: ReleaseName
    place: PlaceName
    overlay: OverlayAnswer
    person: str
    reason: str | None
    since: TimeText
    due: TimeText
    paid: bool
    overdue: bool
    expires: TimeText | None
    unasked: tuple[str, ...]
    reviews: tuple[GivenReviewAnswer, ...]


class ReleaseActsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What people did about a release at the places that are meant, oldest first. The scope of a waiver is its `place`.
    Holds are recalls of the release, those that were lifted among them, and freezes that are not over.
    """

    approvals: tuple[GivenApprovalAnswer, ...]
    waivers: tuple[WaiverAnswer, ...]
    holds: tuple[HoldAnswer, ...]
    debts: tuple[ReviewOwedAnswer, ...]


def release_acts_answer(release: str, found: ReleaseActs, now: datetime) -> ReleaseActsAnswer:
    """What people did about a release, as of a time."""
    return ReleaseActsAnswer(
        approvals=tuple(map(seen_approval, found.approvals)),
        waivers=tuple(seen_waiver(release, each) for each in found.waivers),
        holds=tuple(hold_answer(each, now) for each in found.holds),
        debts=owed_answers(found.debts, now),
    )


def owed_answers(debts: Iterable[Debt], now: datetime) -> tuple[ReviewOwedAnswer, ...]:
    """Reviews that are owed, or were, as of a time."""
    return tuple(_owed(each, now) for each in debts)


def _owed(debt: Debt, now: datetime) -> ReviewOwedAnswer:
    owed = debt.owed
    return ReviewOwedAnswer(
        promotion=owed.promotion,
        release=owed.name,
        place=str(owed.place),
        overlay=OverlayAnswer(kind=owed.overlay.kind, name=owed.overlay.name),
        person=owed.person,
        reason=owed.reason,
        since=spell(owed.time),
        due=spell(debt.due),
        paid=debt.paid,
        overdue=debt.is_overdue(now),
        expires=time_text(owed.expires),
        unasked=tuple(dict.fromkeys(each.where for each in owed.unasked)),
        reviews=tuple(map(_review, debt.reviews)),
    )


def _review(given: GivenReview) -> GivenReviewAnswer:
    return GivenReviewAnswer(
        person=given.person, accepted=given.accepted, reason=given.reason, time=spell(given.time)
    )
