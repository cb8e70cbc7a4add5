"""A copy of a ledger as an export, whoever made it: put into a file of its own line by line, and read from there."""

import base64
import binascii
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from ldmrelease.domain import canonical
from ldmrelease.ledger import log
from ldmrelease.ledger.copies import (
    MOST_VALUES,
    VALUE_LIMIT,
    LedgerCopy,
    UnreadableCopy,
    has_too_many_values,
    opened,
)
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.sqlite.sqlite_copy import SqliteCopy, careful, event_row
from ldmrelease.ledger.transfer import FORMAT

_LONGEST_LINE = VALUE_LIMIT
_TABLES = """
CREATE TABLE events (sequence, time, actor, kind, stream, stream_version, body, previous, hash);
CREATE TABLE blobs (digest TEXT, data BLOB);
"""
_MOST = 100
"""Problems of lines that are kept."""


@contextmanager
def copy_in(path: Path) -> Iterator[LedgerCopy]:
    """The copy in an export. Raises `UnreadableCopy`."""
    with TemporaryDirectory(prefix="ldmrelease-") as folder:
        connection = sqlite3.connect(Path(folder) / "copy.db", isolation_level=None)
        try:
            careful(connection)
            connection.executescript(_TABLES)
            with opened(path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as lines:
                reading = _Reading(connection, path)
                connection.execute("BEGIN")
                reading.lines(lines)
                connection.execute("COMMIT")
            yield _ExportCopy(connection, reading)
        except sqlite3.Error as error:
            raise UnreadableCopy(f"{path} cannot be read into {folder}: {error}") from error
        finally:
            connection.close()


class _Reading:
    """An export that is being read: its records go into a file, what is none is a problem."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.uuid = ""
        self.problems: list[LedgerProblem] = []
        self._connection, self._path = connection, path
        self._events = self._blobs = 0
        self._head = ""
        self._ended = False

    def lines(self, file: IO[bytes]) -> None:
        """Read all. Raises `UnreadableCopy` where the first one does not say that it is an export."""
        self._header(file)
        number = 1
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                self._note(
                    number,
                    f"a line of at most {_LONGEST_LINE} bytes",
                    "a longer one; nothing behind it was read",
                )
                break
            if has_too_many_values(line):
                self._note(number, f"at most {MOST_VALUES} values", "more")
                continue
            try:
                self._take(canonical.parse_exactly(line.rstrip(b"\n")))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                self._note(number, "a record of an export", str(error))
        if not self._ended:
            self._note(number + 1, "the end of the export", "nothing: it is cut")

    def _header(self, file: IO[bytes]) -> None:
        line = file.readline(1024)
        try:
            header: Any = canonical.parse(line)
        except canonical.NotCanonical:
            header = None
        uuid = header.get("ledger") if isinstance(header, dict) else None
        if not isinstance(uuid, str) or header.get("format") != FORMAT:
            raise UnreadableCopy(f"{self._path} is not an export of a ledger ({FORMAT})")
        self.uuid = uuid

    def _take(self, record: Any) -> None:
        if not isinstance(record, dict) or len(record) != 1 or self._ended:
            raise ValueError("a record that has no place here")
        ((name, value),) = record.items()
        if name == "event":
            self._event(value)
        elif name == "blob":
            self._blob(value)
        elif name == "end":
            self._end(value)
        else:
            raise ValueError(f"an unknown record {name!r}")

    def _event(self, plain: dict[str, Any]) -> None:
        row = log.row_of(plain)
        self._events += 1
        found = event_row(row, self._events)
        if isinstance(found, LedgerProblem):
            raise ValueError(str(found))
        if plain["ledger"] != self.uuid:
            raise ValueError(f"event {self._events} is of the ledger {plain['ledger']!r}")
        self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._head = row.hash

    def _blob(self, plain: dict[str, Any]) -> None:
        try:
            data = base64.b64decode(plain["data"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"a blob that is not base64: {error}") from error
        self._connection.execute("INSERT INTO blobs VALUES (?, ?)", (str(plain["digest"]), data))
        self._blobs += 1

    def _end(self, plain: Any) -> None:
        self._ended = True
        found = {"blobs": self._blobs, "events": self._events, "head": self._head}
        if plain != found:
            raise ValueError(f"the end tells of {plain}, there are {found}")

    def _note(self, number: int, expected: str, found: str) -> None:
        if len(self.problems) < _MOST:
            self.problems.append(LedgerProblem("unreadable", f"line {number}", expected, found))


class _ExportCopy(SqliteCopy):
    """An export that was read."""

    form = "export"

    def __init__(self, connection: sqlite3.Connection, reading: _Reading) -> None:
        super().__init__(connection, reading.uuid)
        self._reading = reading

    def storage_problems(self) -> Iterator[LedgerProblem]:
        """Those of its lines: the file that they were put into is our own."""
        yield from self._reading.problems
