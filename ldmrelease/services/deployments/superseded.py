"""A ledger that was begun in place of a lost one: which fences of that one it may go over."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.ledger import BegunAnew, SupersededFence
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.streams import LEDGER
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.trust.records import Records


def supersedes(ledger: LedgerReader, records: Records, place: Place, found: Fence) -> bool:
    """Whether this ledger was begun knowing this fence of the place, or a later one of the same ledger, by somebody
    whose key counts. An earlier one is what objects are still marked with, or what somebody put back."""
    events = ledger.events(stream=LEDGER, kinds=[EventKind.BEGUN_ANEW])
    known = (each for record in records.counted(events, BegunAnew) for each in record.body.fences)
    return any(_covers(each, place, found) for each in known)


def _covers(known: SupersededFence, place: Place, found: Fence) -> bool:
    if (known.place, known.ledger, known.genesis) != (place, found.ledger, found.genesis):
        return False
    return found.size < known.size or (found.size, found.head) == (known.size, known.head)
