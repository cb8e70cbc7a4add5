"""What a ledger is to everything that uses one, whatever keeps it: an append-only chain of events in streams.

`LedgerReader` is what nearly everybody needs; `Ledger` also appends, and is checked, moved and closed.
`tests/unit/ledger/test_laws.py` has the laws that every implementation keeps.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import IO, Any, NamedTuple, Protocol, Self

from ldmrelease.domain.events import Checkpoint, Event, Head, Moved, NewEvent
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.expectation import Expectation

PATIENCE = 30
"""Seconds that a write waits for another process's write, and so by which an event may be labelled late."""

WriteObserver = Callable[[str, str], None]
"""Told `before` and `after` each append, with the kinds of its events joined by commas."""


class EventRow(NamedTuple):
    """An event as it is stored: `time` spelled, `body` in its canonical bytes."""

    sequence: int
    time: str
    actor: str
    kind: str
    stream: str
    stream_version: int
    body: str
    previous: str
    hash: str


class EventCheck(Protocol):
    """What else is asked of each event by `verify`: the ledger knows no keys, whoever has them brings the check."""

    def holds(self, row: EventRow, /) -> bool:
        """Whether the event holds by a quick look at what is stored, the spelling of its body included.

        False only means that it has to be looked at closely: it is read, and `problems` is asked.
        """

    def problems(self, event: Event, /) -> Iterable[LedgerProblem]:
        """What is wrong with an event that can be read."""


class Position(NamedTuple):
    """Where an event is about to stand: what a signature of its body is bound to. `time` is spelled."""

    ledger: str
    genesis: str
    sequence: int
    previous: str
    time: str
    stream: str
    version: int
    kind: str


class IndexTrust(Protocol):
    """What is believed of the signed roots of a ledger's index: the ledger knows no keys, whoever has them says it."""

    @property
    def expected(self) -> bool:
        """Whether anybody may sign an index: then a ledger without a signed one is looked through in full."""

    def believed(self, event: Event, /) -> IndexCheckpoint | None:
        """The roots in an event of the kind `index.signed`, if it counts and they are of all events before it."""


Sign = Callable[[Position, Any], Mapping[str, Any]]
"""Makes the body that is stored of what is to be said at a position. Called while the ledger is
held for writing, once per event and in their order; what it raises appends nothing."""


class LedgerReader(Protocol):
    """Reads a ledger. Each method raises `LedgerError` where the ledger cannot be used."""

    @property
    def uuid(self) -> str:
        """The name of the ledger."""

    @property
    def genesis(self) -> str:
        """The hash of its first event."""

    def head(self) -> Head:
        """The last event: how many there are, and its hash."""

    def version(self, stream: str) -> int:
        """How many events a stream has; 0 where it has none."""

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """The events in their order, of one stream, of streams that begin so, of these kinds, behind `after`.

        Each is checked against its own hash. Raises `Damaged`.
        """

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """The events of these kinds behind `after`, in their order, as they are stored: each checked against its own
        hash, and not read. To find those that are worth reading, at a tenth of its cost. Raises `Damaged`.
        """

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """The latest event of a stream, of a kind where one is named, of those up to a number. Raises `Damaged`.

        It is found by its number: what else the stream has is not looked at.
        """

    def get(self, sequence: int) -> Event | None:
        """The event with that number. Raises `Damaged`."""

    def blob(self, digest: str) -> bytes:
        """The bytes of a digest, hashed again. Raises `Damaged` where they differ or are not there."""

    def has_blob(self, digest: str) -> bool:
        """Whether the bytes of a digest are kept."""

    def state(self, name: str, key: str) -> Any:
        """The state of one key of a projection, None where there is none."""

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """The states of a projection whose keys begin so, in the order of the keys."""


class Ledger(LedgerReader, Protocol):
    """An open ledger: close it, or use it in a `with`. One object serves one thread; every process opens its own."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""

    def append(
        self,
        events: Sequence[NewEvent],
        *,
        at: datetime,
        actor: str,
        expect: Expectation | Mapping[str, int] | None = None,
        blobs: Mapping[str, bytes] | None = None,
        sign: Sign | None = None,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head | Moved:
        """Append events and the blobs they speak of, all or nothing.

        `expect` gives the stream versions (and states) that the caller has read; where one differs nothing is
        written and `Moved` says which. `blobs` are by digest. `sign` makes each stored body. An event is never
        older than the one before it: where `at` is earlier by no more than `PATIENCE` (another writer was
        first while this one waited) the event takes the time before it, since the sequence is the order and
        the time a label; where it is earlier by more a clock is wrong, and `ClockWentBack` says so, because
        soaks and deadlines are counted from these times.
        `bounds` says which events' times count for that; those that it denies are passed over.
        Raises `LedgerError`, `DiskFull` among it; `NotCanonical` for a body that has no canonical JSON.
        """

    def put_blob(self, data: bytes) -> str:
        """Keep bytes and return their digest; what is there already stays."""

    def require_whole(self, trust: IndexTrust | None = None) -> None:
        """Raise `Damaged` where the ledger was cut or edited, as far as can be told without reading all of it.

        With `trust` all reading rests on the latest signed index from then on: what it covers is proven as it is read,
        and what came behind it is looked through now. `verify` recomputes everything.
        """

    def unindexed(self) -> int:
        """How many events there are behind the signed index that reading rests on; all of them without one."""

    def sign_index(
        self,
        *,
        at: datetime,
        actor: str,
        sign: Sign,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head | None:
        """Bring the index up to now, and append its roots, signed; None where another process was faster.

        Whoever vouches for all events has looked through those behind the index before. Raises as `append` does.
        """

    def rebuild_projections(self) -> None:
        """Make all projections anew from the events. Raises `Damaged`."""

    def export(self, out: IO[bytes]) -> None:
        """Write events and blobs as text (`transfer` has the format). Raises `Damaged`."""

    def checkpoint(self, at: datetime) -> Checkpoint:
        """What to sign and keep elsewhere, so that a cut tail or a fork shows."""

    def extends(self, checkpoint: Checkpoint) -> LedgerProblem | None:
        """The cheap check before anything acts: what keeps this ledger from being the checkpoint's future."""

    def verify(
        self,
        checkpoint: Checkpoint | None = None,
        check: EventCheck | None = None,
        trust: IndexTrust | None = None,
    ) -> tuple[LedgerProblem, ...]:
        """Everything: storage, chain, stream versions, blobs, projections, `check` of each event, and `extends`; with
        `trust` each signed index, too, made anew.
        """

    def close(self) -> None:
        """Let go of it; what was appended is safe with or without it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
