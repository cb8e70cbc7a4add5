"""What is told of a ledger itself: that it was begun in place of one that is lost."""

from msgspec import Struct

from ldmrelease.domain.events.kinds import ME, EventKind, EventType
from ldmrelease.domain.streams import LEDGER
from ldmrelease.domain.topology import Place


class SupersededFence(Struct, frozen=True):
    """What the fence of a place held when this ledger was begun: another ledger, and how far that was there.

    A fence that says anything else is not meant: then the other ledger is not lost, and has written since.
    """

    place: Place
    ledger: str
    genesis: str
    size: int
    head: str


class BegunAnew(Struct, frozen=True):
    """Somebody began this ledger in place of one that is lost, knowing whose fences it supersedes from then on."""

    reason: str
    fences: tuple[SupersededFence, ...]


def _stream(_: BegunAnew) -> str:
    return LEDGER


def _environments(body: BegunAnew) -> tuple[str, ...]:
    return tuple(sorted({each.place.environment for each in body.fences}))


TYPES = (EventType(EventKind.BEGUN_ANEW, BegunAnew, ME, "request", _stream, _environments),)
