"""The ledger on SQLite: an append-only chain of events with their blobs and projections (design section 7).

One file, made durable by each append (WAL, synchronous FULL). Optimistic concurrency is per stream.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import log, projecting
from ldmrelease.ledger.errors import Damaged, LedgerProblem
from ldmrelease.ledger.expectation import Expectation, expectation, moved
from ldmrelease.ledger.interface import EventCheck, EventRow, Sign, WriteObserver
from ldmrelease.ledger.sqlite import rows, schema, states, verify
from ldmrelease.ledger.sqlite.connection import SqliteConnection

_BROKEN = """
SELECT min(sequence) FROM (
    SELECT sequence FROM events AS here
    WHERE sequence > 1
    AND previous IS NOT (SELECT hash FROM events AS before WHERE before.sequence = here.sequence - 1)
    UNION ALL
    SELECT max(sequence) FROM events GROUP BY stream HAVING count(*) <> max(stream_version)
) HAVING min(sequence) IS NOT NULL
"""
"""The first row that names another one before it than is there, or whose stream has a gap. Hashes are of the rows
that are read, which are hashed then."""


_TAIL = 2000
"""So many of the latest rows are hashed, and looked for in every index, when a ledger is opened; those before are
hashed when they are read."""


class SqliteLedger:
    """An open ledger file; `interface.Ledger` says what each method does.

    `uuid` names the ledger, `genesis` is the hash of its first event.
    """

    def __init__(
        self,
        connection: SqliteConnection,
        *,
        projectors: Iterable[Projector],
        observer: WriteObserver | None = None,
    ) -> None:
        """Take over an open connection. Raises `TooNew` and `Damaged`."""
        self._db = connection
        self._projectors = projecting.with_head(projectors)
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

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return str(self._db.path)

    def head(self) -> Head:
        """See `LedgerReader`."""
        last = self._last_row()
        return Head(self.uuid, last.sequence, last.hash)

    def require_whole(self) -> None:
        """See `Ledger`."""
        # In one transaction: an append in between would look like a cut.
        with self._db.reading() as connection:
            verify.require_schema(connection, self.path)
            last, known = self._last_row(), _known_head(connection)
            if known != {"sequence": last.sequence, "hash": last.hash}:
                raise Damaged(
                    f"{self.path}: the log ends with event {last.sequence}, and its projections have seen "
                    f"{known.get('sequence') if isinstance(known, dict) else 'none'}: the file was cut or edited; "
                    "`ledger verify` says where"
                )
            self._require_hashes(last.sequence)
            broken = self._db.row(_BROKEN)
            if broken is not None:
                raise Damaged(
                    f"{self.path}: event {broken[0]} does not follow on what stands before it: rows were taken out, "
                    "moved or put in; `ledger verify` says where"
                )
            verify.require_indexed(connection, self.path, last.sequence - _TAIL)

    def _require_hashes(self, size: int) -> None:
        """Raise `Damaged` where one of the latest rows is not what was appended, even if nobody is about to read it."""
        rows = self._db.rows("SELECT * FROM events WHERE sequence > ? ORDER BY sequence", (size - _TAIL,))
        for row in map(EventRow._make, rows):
            log.require_hash(self.uuid, row)

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        row = self._db.row("SELECT max(stream_version) FROM events WHERE stream = ?", (stream,))
        return int(row[0]) if row and row[0] is not None else 0

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
        """See `Ledger`."""
        kinds = ",".join(str(event.kind) for event in events)
        self._observe("before", kinds)
        with self._db.writing() as connection:
            verify.require_schema(connection, self.path)
            late = moved(
                expectation(expect),
                version=self.version,
                state=lambda name, key: states.state(connection, name, key),
                states=lambda name, prefix: states.states(connection, name, prefix),
            )
            if late is not None:
                return late
            for digest, data in (blobs or {}).items():
                self._put(digest, data)
            before = self._last_row()
            moment = log.not_before(self._bounding(before, bounds), at)
            appended = []
            for new in events:
                before = log.link(
                    new,
                    before,
                    ledger=self.uuid,
                    genesis=self.genesis,
                    version=self.version(new.stream) + 1,
                    at=moment,
                    actor=actor,
                    sign=sign,
                )
                rows.insert(connection, before)
                states.maintain(connection, self._projectors, log.checked(self.uuid, before))
                appended.append(before)
            verify.require_kept(connection, self.path, appended)
        self._observe("after", kinds)
        return Head(self.uuid, before.sequence, before.hash)

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """See `LedgerReader`."""
        where, values = _conditions(stream, kinds, stream_prefix)
        sql = f"SELECT * FROM events WHERE sequence > ?{where} ORDER BY sequence LIMIT 500"  # noqa: S608
        numbered = stream is not None and kinds is None and after == 0
        version = 0
        while rows := self._db.rows(sql, (after, *values)):
            for row in rows:
                event = log.checked(self.uuid, row)
                after, version = event.sequence, version + 1
                if numbered and event.stream_version != version:
                    raise Damaged(
                        f"{self.path}: the stream {stream} lacks its event {version}: it was hidden or taken out; "
                        "`ledger verify` says more"
                    )
                yield event

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """See `LedgerReader`."""
        where, values = _conditions(None, kinds, None)
        sql = f"SELECT * FROM events WHERE sequence > ?{where} ORDER BY sequence LIMIT 500"  # noqa: S608
        while found := self._db.rows(sql, (after, *values)):
            for row in map(EventRow._make, found):
                log.require_hash(self.uuid, row)
                after = row.sequence
                yield row

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """See `LedgerReader`."""
        where, values = _conditions(stream, None if kind is None else [kind], None)
        last = canonical.LARGEST_INTEGER if upto is None else upto
        sql = f"SELECT * FROM events WHERE sequence <= ?{where} ORDER BY sequence DESC LIMIT 1"  # noqa: S608
        row = self._db.row(sql, (last, *values))
        return None if row is None else log.checked(self.uuid, row)

    def get(self, sequence: int) -> Event | None:
        """See `LedgerReader`."""
        row = self._db.row("SELECT * FROM events WHERE sequence = ?", (sequence,))
        return None if row is None else log.checked(self.uuid, row)

    def put_blob(self, data: bytes) -> str:
        """See `Ledger`."""
        digest = canonical.digest(data)
        with self._db.writing():
            self._put(digest, data)
        return digest

    def blob(self, digest: str) -> bytes:
        """See `LedgerReader`."""
        row = self._db.row("SELECT data FROM blobs WHERE digest = ?", (digest,))
        if row is None:
            raise Damaged(f"{self.path} has no blob {digest}")
        data = bytes(row[0])
        if canonical.digest(data) != digest:
            raise Damaged(f"{self.path}: blob {digest} is not what was stored: its bytes differ")
        return data

    def has_blob(self, digest: str) -> bool:
        """See `Ledger`."""
        return self._db.row("SELECT 1 FROM blobs WHERE digest = ?", (digest,)) is not None

    def state(self, name: str, key: str) -> Any:
        """See `LedgerReader`."""
        with self._db.reading() as connection:
            return states.state(connection, name, key)

    def states(self, name: str, prefix: str = "") -> dict[str, Any]:
        """See `LedgerReader`."""
        with self._db.reading() as connection:
            return states.states(connection, name, prefix)

    def rebuild_projections(self) -> None:
        """See `Ledger`."""
        with self._db.writing() as connection:
            states.replace_all(connection, projecting.rebuilt(self._projectors, self.events()))

    def export(self, out: IO[bytes]) -> None:
        """See `Ledger`."""
        from ldmrelease.ledger import transfer  # noqa: PLC0415 - for this alone

        with self._db.reading() as connection:
            transfer.write_text(out, self.uuid, rows.all_rows(connection), rows.all_blobs(connection))

    def checkpoint(self, at: datetime) -> Checkpoint:
        """See `Ledger`."""
        head = self.head()
        return Checkpoint(self.uuid, self.genesis, head.size, head.hash, times.whole(at))

    def extends(self, checkpoint: Checkpoint) -> LedgerProblem | None:
        """See `Ledger`."""
        with self._db.reading() as connection:
            return verify.not_extending(connection, self.uuid, self.genesis, checkpoint)

    def verify(
        self, checkpoint: Checkpoint | None = None, check: EventCheck | None = None
    ) -> tuple[LedgerProblem, ...]:
        """See `Ledger`."""
        try:
            with self._db.mapped(), self._db.reading() as connection:
                return verify.everything(connection, self.uuid, self._projectors, checkpoint, check)
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
        if first is None or first.kind != EventKind.CREATED or first.previous != log.FIRST_PREVIOUS:
            raise Damaged(f"{self.path} does not begin with the event of its creation")
        return first

    def _last_row(self) -> EventRow:
        row = self._db.row("SELECT * FROM events ORDER BY sequence DESC LIMIT 1")
        if row is None:
            raise Damaged(f"{self.path} has no events")
        log.checked(self.uuid, row)
        return EventRow(*row)

    def _bounding(self, last: EventRow, bounds: Callable[[Event], bool] | None) -> EventRow:
        """The latest row whose time bounds that of the next."""
        while bounds is not None and last.sequence > 1 and not bounds(log.checked(self.uuid, last)):
            row = self._db.row("SELECT * FROM events WHERE sequence = ?", (last.sequence - 1,))
            if row is None:
                raise Damaged(f"{self.path} has no event {last.sequence - 1}")
            last = EventRow(*row)
        return last

    def _put(self, digest: str, data: bytes) -> None:
        log.require_digest(digest, data)
        if not self.has_blob(digest):
            self._db.rows("INSERT INTO blobs (digest, data) VALUES (?, ?)", (digest, data))
            if not self.has_blob(digest):
                raise Damaged(f"{self.path}: blob {digest} was written and is not there: nothing was kept")


def _known_head(connection: sqlite3.Connection) -> Any:
    """The last event that the projections know, whatever stands there."""
    try:
        return states.state(connection, projecting.HEAD, projecting.HEAD_KEY)
    except Damaged:
        return None


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
        values += [stream_prefix, stream_prefix + projecting.LAST]
    return where, tuple(values)
