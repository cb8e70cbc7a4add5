"""What is told of a ledger itself: that it was begun in place of one that is lost, what was exported of it, and which
roots its index has."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.kinds import LEDGER as LEDGER_KEY
from ldmrelease.domain.events.kinds import ME, EventKind, EventType
from ldmrelease.domain.streams import BUNDLES, CHECKPOINTS, LEDGER
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


class BundleExported(Struct, frozen=True):
    """A bundle was signed. `digest` is that of its payload, `size` in bytes; `serial` is the number of this event in
    its stream, so that it only rises."""

    serial: int
    digest: str
    size: int
    as_of: datetime
    stale_after: datetime
    expires: datetime
    environments: tuple[str, ...]


def _bundles(_: BundleExported) -> str:
    return BUNDLES


def _exported_for(body: BundleExported) -> tuple[str, ...]:
    return body.environments


class IndexCheckpoint(Struct, frozen=True):
    """The roots of the index (`ledger.index`) of all events before this one: of the first `size`, whose last hash is
    `head`. `events` is that of the tree of their hashes, `keys` that of the map from each stream and kind to its end.
    """

    size: int
    head: str
    events: str
    keys: str


def _checkpoints(_: IndexCheckpoint) -> str:
    return CHECKPOINTS


TYPES = (
    EventType(EventKind.BEGUN_ANEW, BegunAnew, ME, "request", _stream, _environments),
    EventType(
        EventKind.BUNDLE_EXPORTED,
        BundleExported,
        LEDGER_KEY,
        "bundle",
        _bundles,
        _exported_for,
        lambda body: body.as_of,
    ),
    EventType(EventKind.INDEX_SIGNED, IndexCheckpoint, LEDGER_KEY, "checkpoint", _checkpoints),
)
