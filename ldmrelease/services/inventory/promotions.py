"""Which promotions there are and where each of them is, from what verifies: for lists, and to find those at work."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.promotion import PromotionEnded, Request
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, promotion_of, promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.promotion.state import AfterTheEnd, Journal, read_journal
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord, Records
from ldmrelease.trust.verify import Rejected

UNTRUSTED = "untrusted"


class PromotionSummary(Struct, frozen=True):
    """A promotion in a list. `state` is `untrusted` where one of its events does not count; then `request` is None
    where it is the request, and `journal` None. `first` is the event of the request, `last_sequence` the number of
    the newest one, `version` that of its stream.
    """

    promotion: str
    state: str
    first: Event
    last: datetime
    version: int
    last_sequence: int
    request: EventRecord[Request] | None = None
    journal: Journal | None = None

    @property
    def open(self) -> bool:
        """It has not ended, as far as one can tell."""
        return self.journal is None or not self.journal.state.ended

    @property
    def by(self) -> str:
        """Whose key signed the request; empty where none did that counts."""
        return self.request.person if self.request is not None else ""

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it wants to go."""
        return self.request.body.places if self.request is not None else ()

    def left(self) -> set[Place]:
        """The places that it is not through with."""
        journal = self.journal or Journal()
        return {each for each in self.places if not journal.step(str(StepId(each, StepKind.PUBLISH))).done}


def all_promotions(context: SignedHistory) -> Iterator[PromotionSummary]:
    """Every promotion that was asked for, oldest first."""
    for event in context.ledger.events(kinds=[EventKind.REQUESTED]):
        summary = _summary(context.ledger, context.records, event)
        if summary is not None:
            yield summary


def open_promotions(context: SignedHistory) -> Iterator[PromotionSummary]:
    """Those that have not ended, oldest first. Of one that has, no more than its end is read."""
    for event in context.ledger.events(kinds=[EventKind.REQUESTED]):
        if not _ended(context, event.stream):
            summary = _summary(context.ledger, context.records, event)
            if summary is not None and summary.open:
                yield summary


def promotion_summary(ledger: LedgerReader, records: Records, promotion: str) -> PromotionSummary | None:
    """One promotion; None where the ledger has none of this id."""
    first = next(iter(ledger.events(stream=promotion_stream(promotion))), None)
    return _summary(ledger, records, first) if first is not None else None


def _ended(context: SignedHistory, stream: str) -> bool:
    """Whether the last event of a stream is the end of its promotion. Behind an end nothing counts."""
    end = context.ledger.last(stream, EventKind.ENDED)
    found = context.records.read(end, PromotionEnded)
    return isinstance(found, EventRecord) and found.event.stream_version == context.ledger.version(stream)


def _summary(ledger: LedgerReader, records: Records, first: Event) -> PromotionSummary | None:
    promotion = promotion_of(first.stream)
    if promotion is None or first.stream_version != 1:
        return None
    events = list(ledger.events(stream=promotion_stream(promotion)))
    found = [records.verify(each) for each in events]
    told: list[EventRecord[Any]] = [each for each in found if not isinstance(each, Rejected)]
    request = records.read(first, Request)
    known = None if isinstance(request, Rejected) else request
    journal = _journal(told) if known is not None and len(told) == len(found) else None
    state = str(journal.state) if journal is not None else UNTRUSTED
    return PromotionSummary(
        promotion, state, first, events[-1].time, len(events), events[-1].sequence, known, journal
    )


def _journal(told: list[EventRecord[Any]]) -> Journal | None:
    try:
        return read_journal(told)
    except AfterTheEnd:
        return None
