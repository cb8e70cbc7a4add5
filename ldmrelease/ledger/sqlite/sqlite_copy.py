"""A copy of a ledger in a file of SQLite, whoever made it: nothing of it is run, and nothing is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from ldmrelease.ledger.copies import (
    BLOB_LIMIT,
    MOST_VALUES,
    VALUE_LIMIT,
    LedgerCopy,
    UnreadableCopy,
    has_too_many_values,
)
from ldmrelease.ledger.errors import LedgerError, LedgerProblem
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.sqlite import schema, verify

_NEEDED = ("meta", "events", "blobs")
_TYPES = (int, str, str, str, str, int, str, str, str)
_COLUMNS = "sequence, time, actor, kind, stream, stream_version, body, previous, hash"
_ROWS = f"SELECT rowid, {_COLUMNS} FROM events NOT INDEXED ORDER BY rowid"  # noqa: S608 - names of our own
_NEXT = "SELECT rowid FROM events NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1"
_ROW = f"SELECT {_COLUMNS} FROM events NOT INDEXED WHERE rowid = ?"  # noqa: S608 - see above
_LONGEST_NAME = 100


@contextmanager
def copy_in(path: Path) -> Iterator[LedgerCopy]:
    """The copy in a file; with what is still in the log beside it, if that came along. Raises `UnreadableCopy`."""
    beside = path.with_name(f"{path.name}-wal")
    if beside.is_symlink() or not beside.is_file() or not beside.stat().st_size:
        yield from _opened(path, "mode=ro&immutable=1")
        return
    # To read the log SQLite writes beside the file: it is given a copy to do that with.
    with TemporaryDirectory(prefix="ldmrelease-") as folder:
        own = Path(folder) / "ledger.db"
        copyfile(path, own)
        copyfile(beside, own.with_name("ledger.db-wal"), follow_symlinks=False)
        yield from _opened(own, "mode=rw", named=path)


def _opened(path: Path, mode: str, named: Path | None = None) -> Iterator[LedgerCopy]:
    told = named or path
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise UnreadableCopy(f"{told} cannot be opened: {error}") from error
    try:
        careful(connection)
        try:
            uuid = _ledger_uuid(connection, told)
        except (sqlite3.Error, LedgerError) as error:
            raise UnreadableCopy(f"{told} cannot be read as a ledger: {error}") from error
        yield SqliteCopy(connection, uuid)
    finally:
        connection.close()


def careful(connection: sqlite3.Connection) -> None:
    """Have a connection run nothing that a file brings along, and read no value that is too large."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
    # What is not UTF-8 shows where it stands, by a hash that differs.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    for each in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {each}")


def _ledger_uuid(connection: sqlite3.Connection, path: Path) -> str:
    expected, found = schema.as_made(), schema.as_found(connection)
    changed = [each for each in _NEEDED if expected.get(each) != found.get(each)]
    if changed:
        raise UnreadableCopy(f"the table {changed[0]!r} is not as a ledger has it")
    schema.version(connection, path)
    uuid = schema.meta(connection, "ledger")
    if not uuid or len(uuid) > _LONGEST_NAME:
        raise UnreadableCopy("it does not say of which ledger it is")
    return uuid


class SqliteCopy:
    """Reads the tables of a file row by row, without its indexes."""

    form = "SQLite"

    def __init__(self, connection: sqlite3.Connection, uuid: str) -> None:
        self._connection = connection
        self._blobs: dict[str, int] = {}
        self.uuid = uuid

    def storage_problems(self) -> Iterator[LedgerProblem]:
        """See `LedgerCopy`."""
        try:
            changed = list(verify.schema_problems(self._connection))
            yield from changed
            if changed:
                # The check would work out whatever expressions a foreign table brings along.
                return
            for (told,) in self._connection.execute("PRAGMA integrity_check(10)"):
                if told != "ok":
                    yield LedgerProblem("unreadable", "file", "", str(told))
        except sqlite3.Error as error:
            yield LedgerProblem("unreadable", "file", "", str(error))

    def rows(self) -> Iterator[EventRow | LedgerProblem]:
        """See `LedgerCopy`."""
        number, last = 0, -(2**63)
        try:
            for row, *values in self._connection.execute(_ROWS):
                number, last = number + 1, row
                yield event_row(tuple(values), number)
        except sqlite3.Error:
            # The cursor was ahead of what it gave out.
            yield from self._one_by_one(number, last)

    def _one_by_one(self, number: int, last: int) -> Iterator[EventRow | LedgerProblem]:
        """The rows behind one, those that cannot be read among them."""
        while True:
            number += 1
            try:
                found = self._connection.execute(_NEXT, (last,)).fetchone()
            except sqlite3.Error as error:
                yield LedgerProblem(
                    "unreadable", f"event {number}", "", f"{error}; nothing behind it was read"
                )
                return
            if found is None:
                return
            last = found[0]
            try:
                yield event_row(self._connection.execute(_ROW, (last,)).fetchone(), number)
            except sqlite3.Error as error:
                yield LedgerProblem("unreadable", f"event {number}", "", str(error))

    def blobs(self) -> Iterator[tuple[str, bytes] | LedgerProblem]:
        """See `LedgerCopy`."""
        read = "digest"
        try:
            for row, digest, size in self._connection.execute(
                "SELECT rowid, digest, length(data) FROM blobs NOT INDEXED ORDER BY rowid"
            ):
                read = str(digest)
                if not isinstance(size, int) or size > BLOB_LIMIT:
                    yield LedgerProblem("blob", read, f"at most {BLOB_LIMIT} bytes", f"{size} bytes")
                    continue
                self._blobs[read] = row
                yield read, self._data(row)
        except sqlite3.Error as error:
            yield LedgerProblem("unreadable", f"blob {read}", "", f"{error}; nothing behind it was read")

    def blob(self, digest: str) -> bytes | None:
        """See `LedgerCopy`."""
        row = self._blobs.get(digest)
        try:
            return self._data(row) if row is not None else None
        except sqlite3.Error:
            return None

    def _data(self, row: int) -> bytes:
        found = self._connection.execute("SELECT data FROM blobs WHERE rowid = ?", (row,)).fetchone()
        return found[0] if found is not None and isinstance(found[0], bytes) else b""


def event_row(values: tuple[Any, ...], number: int) -> EventRow | LedgerProblem:
    """The row of these values, the `number`th of the copy; a problem where they are not of an event's types."""
    for name, value, kind in zip(EventRow._fields, values, _TYPES, strict=True):
        if type(value) is not kind:
            return LedgerProblem(
                "encoding", f"event {number}", f"{name} as {kind.__name__}", type(value).__name__
            )
    row = EventRow._make(values)
    if has_too_many_values(row.body):
        return LedgerProblem("unreadable", f"event {number}", f"at most {MOST_VALUES} values", "more")
    return row
