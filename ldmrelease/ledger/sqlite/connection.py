"""The connection to a ledger file: durable, patient, and telling in plain words what went wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ldmrelease.ledger.errors import Damaged, DiskFull, LedgerBusy, LedgerError, NoLedger

PATIENCE = 30
"""Seconds that a write waits for another process's write."""

VALUE_LIMIT = 64 * 1024 * 1024
"""Bytes of a value that is read or written. Events have kilobytes, and blobs 10 MB at most."""

_PAGE_SIZE = 16 * 1024
"""Bytes of a page of a new file. Opening goes along all rows: of SQLite's usual 4 KB, in which few events
have room for a second, it would read twice as many bytes in four times as many calls."""

_MAPPED = 1 << 40
"""More than SQLite maps at most."""

_KINDS: dict[int, type[LedgerError]] = {
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_BUSY: LedgerBusy,
    sqlite3.SQLITE_LOCKED: LedgerBusy,
    sqlite3.SQLITE_CORRUPT: Damaged,
    sqlite3.SQLITE_NOTADB: Damaged,
    sqlite3.SQLITE_ERROR: Damaged,
    sqlite3.SQLITE_CANTOPEN: NoLedger,
}


class SqliteConnection:
    """An open ledger file. Reads outside a transaction see the last committed append."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file; `create` makes it. Raises `LedgerError`."""
        self.path = path
        if not create and not path.exists():
            raise NoLedger(f"there is no ledger at {path}")
        with self.told():
            self._sqlite = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}",
                uri=True,
                timeout=PATIENCE,
                isolation_level=None,
            )
            self._sqlite.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
            try:
                if create:
                    self._sqlite.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
                    self._sqlite.execute("PRAGMA journal_mode = WAL")
                self._sqlite.execute("PRAGMA synchronous = FULL")
            except BaseException:
                self._sqlite.close()
                raise

    def close(self) -> None:
        """Close the file; committed appends are safe with or without it."""
        self._sqlite.close()

    def settle(self) -> None:
        """Bring everything from the log into the file. Raises `DiskFull`, `LedgerError`."""
        with self.told():
            busy, *_ = self._sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LedgerError(f"{self.path}: somebody else reads it, and it cannot be completed")

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query: no cursor stays open, so none holds up a later write."""
        with self.told():
            return self._sqlite.execute(sql, values).fetchall()

    def row(self, sql: str, values: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        found = self.rows(sql, values)
        return found[0] if found else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start: all of it is kept, or nothing."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One transaction whose reads all see the same state."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def seeing(self) -> Iterator[sqlite3.Connection]:
        """The transaction that is under way, else one as `reading` has."""
        if self._sqlite.in_transaction:
            yield self._sqlite
        else:
            with self.reading() as connection:
                yield connection

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Inside, the file is read from memory that it is mapped to, at half the cost: for who reads all of it.

        Who cuts the file meanwhile ends the process, so whoever reads little does without.
        """
        with self.told():
            self._sqlite.execute(f"PRAGMA mmap_size = {_MAPPED}")
            try:
                yield
            finally:
                self._sqlite.execute("PRAGMA mmap_size = 0")

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise what SQLite reports as a `LedgerError` that names the file."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.told():
            self._sqlite.execute(begin)
            try:
                yield self._sqlite
                self._sqlite.execute("COMMIT")
            finally:
                if self._sqlite.in_transaction:
                    self._sqlite.execute("ROLLBACK")


def _explained(error: sqlite3.Error, path: Path) -> LedgerError:
    # Text that is not UTF-8 is reported by the sqlite3 module itself, without a code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return DiskFull(f"{path}: no room for the shared-memory file beside it")
    if code == sqlite3.SQLITE_TOOBIG:
        return Damaged(
            f"{path}: a value has more than {VALUE_LIMIT // 1024 // 1024} MiB, which nothing in a ledger has; "
            "`ledger verify` says more"
        )
    return _KINDS.get(code & 0xFF, LedgerError)(f"{path}: {error}")
