"""What was known at a time: the events that the ledger had taken in by then, and nothing of what came later."""

from datetime import datetime
from typing import TYPE_CHECKING

from ldmrelease.domain.events import Event
from ldmrelease.ledger.prefix import PrefixReader
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.verify import Rejected

if TYPE_CHECKING:
    from ldmrelease.services.context import ReadContext


def as_known(context: "ReadContext", moment: datetime) -> "ReadContext":
    """The context as it was at a time: pins, admissions, receipts and observations that came later are not there.

    The workspace and its trust document are those of now: what verifies, verifies now.
    """
    return context.limited_to(PrefixReader(context.ledger, last_known(context, moment)))


def last_known(context: SignedHistory, moment: datetime) -> int:
    """The number of the last event that counts and was taken in by a time, or of one behind it that does not count; 0
    before there was a ledger.

    An event is never older than those before it that count, so it is searched for by halves; rows that nobody signed
    may have any time, and lead nowhere.
    """
    first = context.ledger.get(1)
    if first is None or first.time > moment:
        return 0
    known, later = 1, context.ledger.head().size + 1
    while later - known > 1:
        middle = (known + later) // 2
        event = _counted_before(context, middle, known)
        if event is not None and event.time > moment:
            later = event.sequence
        else:
            known = middle
    return known


def _counted_before(context: SignedHistory, number: int, known: int) -> Event | None:
    """The last event that counts behind the number `known` and up to `number`."""
    for each in range(number, known, -1):
        event = context.ledger.get(each)
        if event is not None and not isinstance(context.records.verify(event), Rejected):
            return event
    return None
