"""Requests that stand, and those that have ended: what an approval is for, and when a notice begins."""

from collections.abc import Iterator

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.promotion import PromotionEnded, PromotionState, Request
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.needs import ObservationHistory
from ldmrelease.trust.records import EventRecord, Records
from ldmrelease.trust.verify import Rejected

_USED = frozenset(
    {PromotionState.SUCCEEDED, PromotionState.HALTED, PromotionState.ABORTED, PromotionState.STUCK}
)
"""Ends that an approval without a request does not outlive; what was never let in has used none."""


def requests_of(
    context: ObservationHistory, release: str, place: Place, intent: Intent, alias: str | None = None
) -> Iterator[EventRecord[Request]]:
    """Every request that counts for a release at a place, oldest first, whether it has ended or not."""
    for event in context.unguarded.events(kinds=[EventKind.REQUESTED]):
        claimed = claimed_body(event, Request)
        if claimed is None or claimed.release != release or place not in claimed.places:
            continue
        record = context.records.read(event, Request)
        if isinstance(record, EventRecord) and (record.body.intent, record.body.alias) == (intent, alias):
            yield record


def open_request(
    context: ObservationHistory, release: str, place: Place, intent: Intent, alias: str | None = None
) -> EventRecord[Request] | None:
    """The first request for a release at a place that has not ended."""
    asked = requests_of(context, release, place, intent, alias)
    return next((each for each in asked if not has_ended(context, each.body.promotion)), None)


def has_ended(context: ObservationHistory, promotion: str) -> bool:
    """Whether a promotion has ended, or never was: a request that is not there asks for nothing."""
    stream = promotion_stream(promotion)
    return context.ledger.version(stream) == 0 or _end(context.ledger, context.records, stream) is not None


def ended_after(
    context: ObservationHistory, event: Event, release: str, place: Place, intent: Intent, alias: str | None
) -> bool:
    """Whether a promotion of a release at a place came to its end behind an event, having used what was approved."""
    for each in requests_of(context, release, place, intent, alias):
        end = _end(context.ledger, context.records, promotion_stream(each.body.promotion))
        if end is not None and end.event.sequence > event.sequence and end.body.state in _USED:
            return True
    return False


def _end(ledger: LedgerReader, records: Records, stream: str) -> EventRecord[PromotionEnded] | None:
    """The end of a promotion, where it is the last of its stream: behind an end nothing counts."""
    found = records.read(ledger.last(stream, EventKind.ENDED), PromotionEnded)
    if isinstance(found, Rejected) or found.event.stream_version != ledger.version(stream):
        return None
    return found
