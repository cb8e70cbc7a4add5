"""The ledger on SQLite: an append-only chain of events with their blobs and projections (design section 7).

One file, made durable by each append (WAL, synchronous FULL). Optimistic concurrency is per stream.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event, EventKind, Head, Moved, NewEvent
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import log, projecting
from ldmrelease.ledger.checkpoints import not_extending
from ldmrelease.ledger.errors import Damaged, LedgerError, LedgerProblem
from ldmrelease.ledger.expectation import Expectation, expectation, moved
from ldmrelease.ledger.index.ledger_index import LedgerIndex
from ldmrelease.ledger.index.merkle_pages import PageMissing, Pages
from ldmrelease.ledger.interface import EventCheck, EventRow, IndexTrust, Sign, WriteObserver
from ldmrelease.ledger.sqlite import index_pages, opening_checks, rows, schema, states, verify
from ldmrelease.ledger.sqlite.connection import SqliteConnection
from ldmrelease.ledger.sqlite.event_reader import EventReader


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
        self._trust: IndexTrust | None = None
        self._unkept: Pages | None = None
        self._bring_forward()
        self.uuid = self._uuid()
        self._reader = EventReader(connection, self.uuid)
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

    def require_whole(self, trust: IndexTrust | None = None) -> None:
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
            roots = opening_checks.latest_index(connection, self.uuid, trust) if trust is not None else None
            index = self._index(roots) if roots is not None else None
            if index is None and (trust is None or not trust.expected):
                opening_checks.require_chain(connection, self.uuid, self.path, last.sequence)
            else:
                opening_checks.require_tail(connection, self.uuid, self.path, index)
        self._trust, self._reader.index = trust, index
        if index is not None:
            index.require_pages()
        self._keep_pages()

    def unindexed(self) -> int:
        """See `Ledger`."""
        row = self._db.row("SELECT max(sequence) FROM events NOT INDEXED")
        return (row[0] or 0 if row is not None else 0) - self._reader.covered

    def sign_index(
        self,
        *,
        at: datetime,
        actor: str,
        sign: Sign,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head | None:
        """See `Ledger`."""
        kind = str(EventKind.INDEX_SIGNED)
        self._observe("before", kind)
        base = self._reader.index.roots if self._reader.index is not None else None
        with self._db.writing() as connection:
            verify.require_schema(connection, self.path)
            trust = self._trust
            newest = opening_checks.latest_index(connection, self.uuid, trust) if trust is not None else None
            if newest is not None and newest != base:
                self._reader.index = self._index(newest)
                return None
            try:
                pages = self._pages()
                roots = opening_checks.extended(connection, self.uuid, self.path, base, pages)
                index_pages.keep_made(connection, pages, base.size if base is not None else 0, roots.size)
            except PageMissing:
                assert base is not None
                pages = opening_checks.made_anew(connection, self.uuid, self.path, base)
                roots = opening_checks.extended(connection, self.uuid, self.path, base, pages)
                index_pages.keep_anew(connection, pages)
            head = self._append(connection, [new_event(roots)], at, actor, sign, bounds)
        self._reader.index = self._index(roots)
        self._observe("after", kind)
        return head

    def _index(self, roots: IndexCheckpoint) -> LedgerIndex:
        return LedgerIndex(roots, self._pages(), partial(self._made_anew, roots))

    def _pages(self) -> Pages:
        return Pages(partial(index_pages.page, self._db))

    def _made_anew(self, roots: IndexCheckpoint) -> Pages:
        """The pages, made of all rows, and kept where the file can be written now."""
        with self._db.seeing() as connection:
            pages = self._unkept = opening_checks.made_anew(connection, self.uuid, self.path, roots)
        if not connection.in_transaction:
            self._keep_pages()
        return pages

    def _keep_pages(self) -> None:
        """Keep pages that were made anew; where the file cannot be written now the next one makes them again."""
        if self._unkept is not None:
            with suppress(LedgerError), self._db.writing() as connection:
                index_pages.keep_anew(connection, self._unkept)
            self._unkept = None

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        return self._reader.version(stream)

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
            head = self._append(connection, events, at, actor, sign, bounds)
        self._observe("after", kinds)
        return head

    def _append(
        self,
        connection: sqlite3.Connection,
        events: Sequence[NewEvent],
        at: datetime,
        actor: str,
        sign: Sign | None,
        bounds: Callable[[Event], bool] | None = None,
    ) -> Head:
        """Append events inside a transaction that holds the write lock."""
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
        return Head(self.uuid, before.sequence, before.hash)

    def events(
        self,
        stream: str | None = None,
        kinds: Iterable[str] | None = None,
        after: int = 0,
        stream_prefix: str | None = None,
    ) -> Iterator[Event]:
        """See `LedgerReader`."""
        for row in self._selected(stream, kinds, after, stream_prefix):
            yield log.readable(self.uuid, row)

    def _selected(
        self, stream: str | None, kinds: Iterable[str] | None, after: int, stream_prefix: str | None
    ) -> Iterator[EventRow]:
        if stream_prefix is not None or (stream is None and kinds is None):
            named = None if kinds is None else frozenset(map(str, kinds))
            for row in self._reader.all(stream_prefix or "", after):
                if stream in (None, row.stream) and (named is None or row.kind in named):
                    yield row
        elif stream is not None:
            yield from self._reader.of_stream(stream, kinds, after)
        elif kinds is not None:
            yield from self._reader.of_kinds(kinds, after)

    def rows(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """See `LedgerReader`."""
        return self._reader.of_kinds(kinds, after)

    def last(self, stream: str, kind: str | None = None, upto: int | None = None) -> Event | None:
        """See `LedgerReader`."""
        row = self._reader.last(stream, kind, upto)
        return None if row is None else log.readable(self.uuid, row)

    def get(self, sequence: int) -> Event | None:
        """See `LedgerReader`."""
        row = self._reader.get(sequence)
        return None if row is None else log.readable(self.uuid, row)

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
        # Read as any other event: where the chain is not walked, a hash that is only written there shows nothing.
        there = self._reader.get(checkpoint.size)
        return not_extending(
            checkpoint,
            ledger=self.uuid,
            genesis=self.genesis,
            size=self._last_row().sequence,
            hash_there=there.hash if there is not None else None,
        )

    def verify(
        self,
        checkpoint: Checkpoint | None = None,
        check: EventCheck | None = None,
        trust: IndexTrust | None = None,
    ) -> tuple[LedgerProblem, ...]:
        """See `Ledger`."""
        try:
            with self._db.mapped(), self._db.reading() as connection:
                return verify.everything(connection, self.uuid, self._projectors, checkpoint, check, trust)
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
