"""The fence of a place: what the place itself keeps of the claim that stands there."""

from msgspec import Struct

from ldmrelease.domain.topology import Place


class Fence(Struct, frozen=True):
    """Who may write at a place, and the checkpoint of a ledger as its holder left it.

    place: the one place that it stands for.
    ledger, genesis: the ledger's UUID and the hash of its first event.
    size, head: how many events it had, and the hash of the last of them.
    promotion, epoch: who claims the place, and the sequence of the event that claimed it.
    """

    place: Place
    ledger: str
    genesis: str
    size: int
    head: str
    promotion: str
    epoch: int
