"""Which reviews are owed, from records that count: what was let in under an overlay, and who has looked at it since.

A debt is paid by a review that accepts what was done, by anybody but whoever asked for it. One that rejects it makes it
overdue at once: the place stays frozen but for rollback, until somebody accepts what became of it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.acts import Review
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.facts import DebtFact
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.streams import debt_stream, review_stream
from ldmrelease.domain.topology import Place
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord, Records


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
    return debts_told(lambda stream: context.ledger.events(stream=stream), context.records, place)


def debts_told(of_stream: Callable[[str], Iterable[Event]], records: Records, place: Place) -> Iterator[Debt]:
    """The same by the events of streams, whoever reads them, as far as these records count."""
    for each in records.counted(of_stream(debt_stream(place)), ReviewOwed):
        yield Debt(each.body, tuple(_reviews(of_stream, records, each)))


def debt_facts(debts: Iterable[Debt]) -> tuple[DebtFact, ...]:
    """Those that nobody has paid, oldest first."""
    return tuple(
        DebtFact(each.owed.promotion, each.owed.overlay.name, each.owed.person, each.due)
        for each in debts
        if not each.paid
    )


def _reviews(
    of_stream: Callable[[str], Iterable[Event]], records: Records, debt: EventRecord[ReviewOwed]
) -> Iterator[GivenReview]:
    owed = debt.body
    for each in records.counted(of_stream(review_stream(owed.promotion)), Review):
        # Nobody has looked at what had not been done yet.
        afterwards = each.event.sequence > debt.event.sequence
        if afterwards and each.person != owed.person and _is_about(each, owed):
            yield GivenReview(each.person, each.body.accepted, each.body.reason, each.event.time)


def _is_about(review: EventRecord[Review], owed: ReviewOwed) -> bool:
    return review.body.promotion == owed.promotion and review.body.scope == str(scope_of(owed))


def scope_of(owed: ReviewOwed) -> ActScope:
    """What a review of it has to be about."""
    return ActScope(environment=owed.place.environment, application=owed.place.application)
