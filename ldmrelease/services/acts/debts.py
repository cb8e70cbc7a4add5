"""Which reviews are owed, from records that count: what was let in under an overlay, and who has looked at it since.

A debt is paid by a review that accepts what was done, by anybody but whoever asked for it. One that rejects it makes it
overdue at once: the place stays frozen but for rollback, until somebody accepts what became of it.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.acts import Review
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import debt_stream, review_stream
from ldmrelease.domain.topology import Place
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord


class GivenReview(Struct, frozen=True):
    """Somebody looked at what was done, and says what was found."""

    person: str
    accepted: bool
    reason: str
    time: datetime


class Debt(Struct, frozen=True):
    """A review that was owed, with those that were given, oldest first."""

    owed: ReviewOwed
    reviews: tuple[GivenReview, ...] = ()

    @property
    def paid(self) -> bool:
        """Somebody else accepted it last."""
        return bool(self.reviews) and self.reviews[-1].accepted

    @property
    def due(self) -> datetime:
        """When it has to be reviewed: what was rejected is due since then."""
        if self.reviews and not self.reviews[-1].accepted:
            return min(self.owed.due, self.reviews[-1].time)
        return self.owed.due

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody has accepted it in time."""
        return not self.paid and self.due <= now


def debts_at(context: SignedHistory, place: Place) -> Iterator[Debt]:
    """Everything that was ever owed at a place, oldest first."""
    events = context.ledger.events(stream=debt_stream(place), kinds=[EventKind.REVIEW_OWED])
    for each in context.records.counted(events, ReviewOwed):
        yield Debt(each.body, tuple(_reviews(context, each.body)))


def _reviews(context: SignedHistory, owed: ReviewOwed) -> Iterator[GivenReview]:
    events = context.ledger.events(stream=review_stream(owed.promotion), kinds=[EventKind.REVIEWED])
    for each in context.records.counted(events, Review):
        if each.person != owed.person and _is_about(each, owed):
            yield GivenReview(each.person, each.body.accepted, each.body.reason, each.event.time)


def _is_about(review: EventRecord[Review], owed: ReviewOwed) -> bool:
    try:
        scope = ActScope.parse(review.body.scope)
    except ValueError:
        return False
    return review.body.promotion == owed.promotion and scope == ActScope(
        environment=owed.place.environment, application=owed.place.application
    )
