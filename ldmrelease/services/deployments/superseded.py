"""A ledger that was begun in place of a lost one: which fences of that one it may go over."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.ledger import BegunAnew, SupersededFence
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import LEDGER
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.checkpoints import KeptCheckpoint, kept_checkpoints
from ldmrelease.targets.fence import Fence
from ldmrelease.trust.records import Records


def supersedes(ledger: LedgerReader, records: Records, place: Place, found: Fence) -> bool:
    """Whether this ledger was begun knowing this very fence of the place, by somebody whose key counts."""
    there = SupersededFence(place, found.ledger, found.genesis, found.size, found.head)
    events = ledger.events(stream=LEDGER, kinds=[EventKind.BEGUN_ANEW])
    return any(there in each.body.fences for each in records.counted(events, BegunAnew))


def record_beginning(context: Context, reason: str) -> tuple[BegunAnew, tuple[KeptCheckpoint, ...]]:
    """Ask every place whose fence it has, and record those of other ledgers as what this one goes over from now on.

    Also answers who could not be asked: fences there go on to refuse. Raises `KeyProblem`, `NoKey`.
    """
    kept = kept_checkpoints(context)
    by_name = {each.where: each for each in kept}
    fences = []
    for place in (each.place for each in context.topology.applications):
        seen = by_name[str(place)].checkpoint
        if seen is not None and seen.ledger != context.ledger.uuid:
            fences.append(SupersededFence(place, seen.ledger, seen.genesis, seen.size, seen.head))
    begun = BegunAnew(reason, tuple(fences))
    context.append([new_event(begun)])
    return begun, tuple(each for each in kept if each.unknown is not None)
