"""The ledger on SQLite: an append-only chain of events with their blobs and projections (design section 7).

One file, made durable by each append (WAL, synchronous FULL). Optimistic concurrency is per stream.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent
from ldmrelease.ledger.errors import ClockWentBack, Damaged, LedgerError, LedgerProblem
from ldmrelease.ledger.sqlite import chain, projections, schema, transfer, verify
from ldmrelease.ledger.sqlite.connection import PATIENCE, SqliteConnection

WriteObserver = Callable[[str, str], None]
"""Told `before` and `after` each append, with the kinds of its events joined by commas."""


class Ledger:
    """An open ledger. Use `open_ledger` or `create_ledger`; close it, or use it in a `with`.

    `uuid` names the ledger, `genesis` is the hash of its first event. One object serves one thread;
    every process opens its own. Each method raises `LedgerError` where the file cannot be used.
    """

    def __init__(
        self,
        connection: SqliteConnection,
        *,
        projectors: Sequence[projections.Projector] = projections.PROJECTORS,
        observer: WriteObserver | None = None,
    ) -> None:
        """Take over an open connection. Raises `TooNew` and `Damaged`."""
        self._db = connection
        self._projectors = tuple(projectors)
        self._observe = observer or (lambda _when, _kinds: None)
        self._bring_forward()
        self.uuid = self._uuid()
        self.genesis = self._first().hash

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._db.path

    def head(self) -> Head:
        """The last event: how many there are, and its hash."""
        last = self._last_event()
        return Head(self.uuid, last.sequence, last.hash)

    def require_whole(self) -> None:
        """Raise `Damaged` where the projections know another last event than the log has: it was cut.

        One look; `verify` recomputes everything.
        """
        last, known = self._last_event(), self.state(projections.HEAD, "last")
        if known != {"sequence": last.sequence, "hash": last.hash}:
            raise Damaged(
                f"{self.path}: the log ends with event {last.sequence}, and its projections have seen "
                f"{known['sequence'] if known else 'none'}: the file was cut or edited; `ledger verify` says where"
            )

    def version(self, stream: str) -> int:
        """How many events a stream has; 0 where it has none."""
        row = self._db.row("SELECT max(stream_version) FROM events WHERE stream = ?", (stream,))
        return int(row[0]) if row and row[0] is not None else 0

    def append(
        self,
        events: Sequence[NewEvent],
        *,
        at: datetime,
        actor: str,
        expect: Mapping[str, int] | None = None,
        blobs: Mapping[str, bytes] | None = None,
    ) -> Head | Moved:
        """Append events and the blobs they speak of, all or nothing.

        `expect` gives the stream versions that the caller has read; where one differs nothing is written
        and `Moved` says which. `blobs` are by digest. An event is never older than the one before it:
        where `at` is earlier by no more than the busy timeout (another writer was first while this one
        waited) the event takes the time before it, since the sequence is the order and the time a label;
        where it is earlier by more a clock is wrong, and `ClockWentBack` says so, because soaks and
        deadlines are counted from these times.
        Raises `LedgerError`, `DiskFull` among it; `NotCanonical` for a body that has no canonical JSON.
        """
        kinds = ",".join(str(event.kind) for event in events)
        self._observe("before", kinds)
        with self._db.writing() as connection:
            moved = self._moved(expect or {})
            if moved is not None:
                return moved
            for digest, data in (blobs or {}).items():
                self._put(digest, data)
            before = self._last_event()
            moment = _not_before(before.time, times.whole(at))
            for new in events:
                before = chain.link(new, before, version=self.version(new.stream) + 1, at=moment, actor=actor)
                chain.insert(connection, before)
                projections.maintain(connection, self._projectors, before)
        self._observe("after", kinds)
        return Head(self.uuid, before.sequence, before.hash)

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
        where, values = _conditions(stream, kinds, stream_prefix)
        sql = f"SELECT * FROM events WHERE sequence > ?{where} ORDER BY sequence LIMIT 500"  # noqa: S608
        while rows := self._db.rows(sql, (after, *values)):
            for row in rows:
                event = chain.checked(self.uuid, row)
                after = event.sequence
                yield event

    def last(self, stream: str, kind: str) -> Event | None:
        """The latest event of a kind in a stream. Raises `Damaged`."""
        row = self._db.row(
            "SELECT * FROM events WHERE stream = ? AND kind = ? ORDER BY sequence DESC LIMIT 1",
            (stream, str(kind)),
        )
        return None if row is None else chain.checked(self.uuid, row)

    def get(self, sequence: int) -> Event | None:
        """The event with that number. Raises `Damaged`."""
        row = self._db.row("SELECT * FROM events WHERE sequence = ?", (sequence,))
        return None if row is None else chain.checked(self.uuid, row)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes and return their digest; what is there already stays."""
        digest = canonical.digest(data)
        with self._db.writing():
            self._put(digest, data)
        return digest

    def blob(self, digest: str) -> bytes:
        """The bytes of a digest, hashed again. Raises `Damaged` where they differ or are not there."""
        row = self._db.row("SELECT data FROM blobs WHERE digest = ?", (digest,))
        if row is None:
            raise Damaged(f"{self.path} has no blob {digest}")
        data = bytes(row[0])
        if canonical.digest(data) != digest:
            raise Damaged(f"{self.path}: blob {digest} is not what was stored: its bytes differ")
        return data

    def has_blob(self, digest: str) -> bool:
        """Whether the bytes of a digest are kept."""
        return self._db.row("SELECT 1 FROM blobs WHERE digest = ?", (digest,)) is not None

    def state(self, name: str, key: str) -> Any:
        """The state of one key of a projection, None where there is none."""
        with self._db.reading() as connection:
            return projections.state(connection, name, key)

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """The states of a projection whose keys begin so, in the order of the keys."""
        with self._db.reading() as connection:
            return projections.states(connection, name, prefix)

    def rebuild_projections(self) -> None:
        """Make all projections anew from the events. Raises `Damaged`."""
        with self._db.writing() as connection:
            projections.replace_all(connection, projections.rebuilt(self._projectors, self.events()))

    def export(self, out: IO[bytes]) -> None:
        """Write events and blobs as text (`transfer` has the format). Raises `Damaged`."""
        with self._db.reading() as connection:
            transfer.write_text(connection, self.uuid, out)

    def checkpoint(self, at: datetime) -> Checkpoint:
        """What to sign and keep elsewhere, so that a cut tail or a fork shows."""
        head = self.head()
        return Checkpoint(self.uuid, self.genesis, head.size, head.hash, times.whole(at))

    def extends(self, checkpoint: Checkpoint) -> LedgerProblem | None:
        """The cheap check before anything acts: what keeps this ledger from being the checkpoint's future."""
        with self._db.reading() as connection:
            return verify.not_extending(connection, self.uuid, self.genesis, checkpoint)

    def verify(self, checkpoint: Checkpoint | None = None) -> tuple[LedgerProblem, ...]:
        """Everything: file, chain, stream versions, blobs, projections, and what `extends` tells."""
        try:
            with self._db.reading() as connection:
                return verify.everything(connection, self.uuid, self._projectors, checkpoint)
        except Damaged as error:
            return (LedgerProblem("unreadable", "file", found=str(error)),)

    def _bring_forward(self) -> None:
        with self._db.reading() as connection:
            found = schema.version(connection, self.path)
        if found < schema.SCHEMA:
            with self._db.writing() as connection:
                schema.migrate(connection, self.path)

    def _uuid(self) -> str:
        with self._db.reading() as connection:
            found = schema.meta(connection, "ledger")
        if not found:
            raise Damaged(f"{self.path} does not say which ledger it is")
        return found

    def _first(self) -> Event:
        first = self.get(1)
        if first is None or first.kind != EventKind.CREATED or first.previous != chain.FIRST_PREVIOUS:
            raise Damaged(f"{self.path} does not begin with the event of its creation")
        return first

    def _last_event(self) -> Event:
        row = self._db.row("SELECT * FROM events ORDER BY sequence DESC LIMIT 1")
        if row is None:
            raise Damaged(f"{self.path} has no events")
        return chain.checked(self.uuid, row)

    def _moved(self, expect: Mapping[str, int]) -> Moved | None:
        for stream, expected in expect.items():
            found = self.version(stream)
            if found != expected:
                return Moved(stream, expected, found)
        return None

    def _put(self, digest: str, data: bytes) -> None:
        if canonical.digest(data) != digest:
            raise LedgerError(f"the blob given as {digest} has the digest {canonical.digest(data)}")
        if not self.has_blob(digest):
            self._db.rows("INSERT INTO blobs (digest, data) VALUES (?, ?)", (digest, data))


def _not_before(before: datetime, at: datetime) -> datetime:
    if at >= before:
        return at
    if before - at > timedelta(seconds=PATIENCE):
        raise ClockWentBack(
            f"{times.spell(at)} is before the last event's time {times.spell(before)}; "
            "one of the clocks that write here is wrong"
        )
    return before


def _conditions(
    stream: str | None, kinds: Iterable[str] | None, stream_prefix: str | None
) -> tuple[str, tuple[str, ...]]:
    where, values = "", []
    if stream is not None:
        where += " AND stream = ?"
        values.append(stream)
    if kinds is not None:
        named = [str(kind) for kind in kinds]
        where += f" AND kind IN ({', '.join('?' * len(named))})"
        values += named
    if stream_prefix is not None:
        where += " AND stream >= ? AND stream < ?"
        values += [stream_prefix, stream_prefix + projections.LAST]
    return where, tuple(values)
