"""A ledger that was begun in place of a lost one: which fences of that one it may go over."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.ledger import BegunAnew, SupersededFence
from ldmrelease.domain.streams import LEDGER
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.targets.fence import Fence
from ldmrelease.trust.records import Records


def supersedes(ledger: LedgerReader, records: Records, place: Place, found: Fence) -> bool:
    """Whether this ledger was begun knowing this very fence of the place, by somebody whose key counts."""
    there = SupersededFence(place, found.ledger, found.genesis, found.size, found.head)
    events = ledger.events(stream=LEDGER, kinds=[EventKind.BEGUN_ANEW])
    return any(there in each.body.fences for each in records.counted(events, BegunAnew))
