"""Requests that stand, and those that have ended: what an approval is for, and when a notice begins."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.promotion import PromotionEnded, PromotionState, Request
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.needs import ObservationHistory
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord, Records

_USED = frozenset(
    {PromotionState.SUCCEEDED, PromotionState.HALTED, PromotionState.ABORTED, PromotionState.STUCK}
)
"""Ends that an approval without a request does not outlive; what was never let in has used none."""


class ActsLedger(Struct, frozen=True):
    """What acts are read from: the events of a stream, and every request; now, or as they were before a decision."""

    of_stream: Callable[[str], Iterable[Event]]
    requests: Callable[[], Iterable[Event]]
    records: Records
    keyring: Keyring


def acts_ledger(context: ObservationHistory) -> ActsLedger:
    """The ledger as it is. An append rests on the streams that were read, and not on which requests there are."""
    return ActsLedger(
        lambda stream: context.ledger.events(stream=stream),
        lambda: context.unguarded.events(kinds=[EventKind.REQUESTED]),
        context.records,
        context.keyring,
    )


def requests_of(
    ledger: ActsLedger, release: str, place: Place, intent: Intent, alias: str | None = None
) -> Iterator[EventRecord[Request]]:
    """Every request that counts for a release at a place, oldest first, whether it has ended or not."""
    for event in ledger.requests():
        claimed = claimed_body(event, Request)
        if claimed is None or claimed.release != release or place not in claimed.places:
            continue
        record = ledger.records.read(event, Request)
        if isinstance(record, EventRecord) and (record.body.intent, record.body.alias) == (intent, alias):
            yield record


def open_request(
    context: ObservationHistory, release: str, place: Place, intent: Intent, alias: str | None = None
) -> EventRecord[Request] | None:
    """The first request for a release at a place that has not ended."""
    ledger = acts_ledger(context)
    asked = requests_of(ledger, release, place, intent, alias)
    return next((each for each in asked if not has_ended(ledger, each.body.promotion)), None)


def has_ended(ledger: ActsLedger, promotion: str) -> bool:
    """Whether a promotion has ended, or never was: a request that is not there asks for nothing."""
    events = list(ledger.of_stream(promotion_stream(promotion)))
    return not events or _end(ledger, events) is not None


def ended_after(
    ledger: ActsLedger, event: Event, release: str, place: Place, intent: Intent, alias: str | None
) -> bool:
    """Whether a promotion of a release at a place came to its end behind an event, having used what was approved."""
    for each in requests_of(ledger, release, place, intent, alias):
        end = _end(ledger, list(ledger.of_stream(promotion_stream(each.body.promotion))))
        if end is not None and end.event.sequence > event.sequence and end.body.state in _USED:
            return True
    return False


def _end(ledger: ActsLedger, events: list[Event]) -> EventRecord[PromotionEnded] | None:
    """The first end of a promotion that counts: whatever is written behind it, it has ended."""
    return next(ledger.records.counted(events, PromotionEnded), None)
