"""Which promotions let something in by a compression or an emergency: each of them owes a review since."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.services.needs import RecordLookup


def overlays_by_promotion(context: RecordLookup) -> dict[str, OverlayRequest]:
    """What each of them was asked for as."""
    events = context.ledger.events(kinds=[EventKind.REVIEW_OWED])
    return {each.body.promotion: each.body.overlay for each in context.records.counted(events, ReviewOwed)}
