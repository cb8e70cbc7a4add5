"""Events of the ledger: what happened, in one chain and many streams (design section 7)."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import canonical


class NewEvent(Struct, frozen=True):
    """An event to append: the ledger gives it its place in the chain. `body` is of the type of its kind."""

    kind: str
    stream: str
    body: Any = field(default_factory=dict)


class Event(Struct, frozen=True):
    """An event as it stands in the chain. `sequence` starts at 1; it is the event's id and a claim's epoch."""

    ledger: str
    sequence: int
    time: datetime
    actor: str
    kind: str
    stream: str
    stream_version: int
    body: dict[str, Any]
    previous: str
    hash: str


def event_hash(event: Event) -> str:
    """The hash over everything else of the event: ledger UUID and sequence included."""
    plain = canonical.to_plain(event)
    del plain["hash"]
    return canonical.digest_of(plain)


class Head(Struct, frozen=True):
    """The last event of a ledger: its size and hash."""

    ledger: str
    size: int
    hash: str


class Moved(Struct, frozen=True):
    """The refusal of an append: a stream is not at the version that was expected.

    Or a projection's state is not the one that was read: then `stream` is `projection:key`, and the other two
    are digests.
    """

    stream: str
    expected: int | str
    found: int | str


class Checkpoint(Struct, frozen=True):
    """A signed statement that the ledger had this head; kept elsewhere, it shows a cut tail or a fork."""

    ledger: str
    genesis: str
    size: int
    head: str
    time: datetime
