"""What was known at a time: the events that the ledger had taken in by then, and nothing of what came later."""

from datetime import datetime
from typing import Protocol, TypeVar

from ldmrelease.domain.events import Event
from ldmrelease.ledger import LedgerReader
from ldmrelease.ledger.prefix import PrefixReader
from ldmrelease.trust.records import Records
from ldmrelease.trust.verify import Rejected

T_co = TypeVar("T_co", covariant=True)


class Limitable(Protocol[T_co]):
    """Can be had as it was when its ledger had no more than a reader sees."""

    @property
    def ledger(self) -> LedgerReader:
        """The ledger, to be read."""

    @property
    def records(self) -> Records:
        """Reads events as what somebody signed."""

    def limited_to(self, ledger: LedgerReader) -> T_co:
        """The same with this reader, whatever it reads of the ledger."""


def as_known(context: Limitable[T_co], moment: datetime) -> T_co:
    """The context as it was at a time: pins, admissions, receipts and observations that came later are not there.

    The workspace and its trust document are those of now: what verifies, verifies now.
    """
    return context.limited_to(
        PrefixReader(context.ledger, last_known(context.ledger, context.records, moment))
    )


def last_known(ledger: LedgerReader, records: Records, moment: datetime) -> int:
    """The number of the last event that counts and was taken in by a time, or of one behind it that does not count; 0
    before there was a ledger.

    An event is never older than those before it that count, so it is searched for by halves; rows that nobody signed
    may have any time, and lead nowhere.
    """
    first = ledger.get(1)
    if first is None or first.time > moment:
        return 0
    known, later = 1, ledger.head().size + 1
    while later - known > 1:
        middle = (known + later) // 2
        event = _counted_before(ledger, records, middle, known)
        if event is not None and event.time > moment:
            later = event.sequence
        else:
            known = middle
    return known


def _counted_before(ledger: LedgerReader, records: Records, number: int, known: int) -> Event | None:
    """The last event that counts behind the number `known` and up to `number`."""
    for each in range(number, known, -1):
        event = ledger.get(each)
        if event is not None and not isinstance(records.verify(event), Rejected):
            return event
    return None
