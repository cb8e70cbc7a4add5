"""A ledger that is begun in place of a lost one, knowingly: what it supersedes is recorded."""

from ldmrelease.domain.events.ledger import BegunAnew, SupersededFence
from ldmrelease.domain.events.registry import new_event
from ldmrelease.services.deployments.checkpoints import KeptCheckpoint, kept_checkpoints
from ldmrelease.services.needs import LedgerBeginning


def record_beginning(context: LedgerBeginning, reason: str) -> tuple[BegunAnew, tuple[KeptCheckpoint, ...]]:
    """Ask every place whose fence it has, and record those of other ledgers as superseded by this one from now on.

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
