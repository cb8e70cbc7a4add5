"""What a checkpoint kept elsewhere shows of a ledger. `trust.checkpoints` signs and verifies them."""

from ldmrelease.domain.events import Checkpoint
from ldmrelease.ledger.errors import LedgerProblem


def not_extending(
    checkpoint: Checkpoint, *, ledger: str, genesis: str, size: int, hash_there: str | None
) -> LedgerProblem | None:
    """What keeps a ledger from being a future of the checkpoint.

    `size` is how many events it has, `hash_there` the hash of the one that the checkpoint names as the last.
    """
    if checkpoint.ledger != ledger:
        return LedgerProblem("other-ledger", "ledger", checkpoint.ledger, ledger)
    if checkpoint.genesis != genesis:
        return LedgerProblem("other-genesis", "event 1", checkpoint.genesis, genesis)
    where = f"event {checkpoint.size}"
    if hash_there is None:
        return LedgerProblem("cut", where, f"at least {checkpoint.size} events", str(size))
    if hash_there != checkpoint.head:
        return LedgerProblem("fork", where, checkpoint.head, hash_there)
    return None
