"""The tables of a ledger file, their version, and the way forward between versions."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from ldmrelease.ledger.errors import Damaged, TooNew

SCHEMA = 1
NEEDS = "0.1.0"
"""The first ldmrelease that reads this schema."""

# REPLACE deletes without firing delete triggers, so the insert triggers refuse every row that would
# collide with one that is there.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    stream TEXT NOT NULL,
    stream_version INTEGER NOT NULL,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (stream, stream_version)
) STRICT;
CREATE INDEX events_by_stream ON events (stream, sequence);
CREATE INDEX events_by_stream_and_kind ON events (stream, kind, sequence);
CREATE INDEX events_by_kind ON events (kind, sequence);

CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_stay BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_follow BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
  OR NEW.stream_version IS NOT
     (SELECT coalesce(max(stream_version), 0) + 1 FROM events WHERE stream = NEW.stream)
BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;

CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TRIGGER blobs_are_kept BEFORE DELETE ON blobs
BEGIN SELECT RAISE(ABORT, 'blobs are never deleted'); END;
CREATE TRIGGER blobs_stay BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'blobs are never changed'); END;
CREATE TRIGGER blobs_follow BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'blobs are never replaced'); END;

CREATE TABLE index_pages (
    digest BLOB PRIMARY KEY,
    page BLOB NOT NULL,
    replaced INTEGER
) STRICT;

CREATE TABLE states (
    projection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (projection, key)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: dict[int, str] = {}
"""The SQL that leads from a schema to the next one."""


def create_tables(connection: sqlite3.Connection, ledger: str) -> None:
    """Make the tables of a new ledger, inside the caller's transaction."""
    for statement in _statements(TABLES):
        connection.execute(statement)
    rows = [("schema", str(SCHEMA)), ("needs", NEEDS), ("ledger", ledger)]
    connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", rows)


def version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of a ledger that this program can read. Raises `TooNew` and `Damaged`."""
    text = meta(connection, "schema") or ""
    if not text.isdecimal() or int(text) < 1:
        raise Damaged(f"{path} names no schema version")
    if int(text) > SCHEMA:
        raise TooNew(path, int(text), meta(connection, "needs") or "unknown")
    return int(text)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older ledger to this schema, inside the caller's transaction."""
    for older in range(version(connection, path), SCHEMA):
        for statement in _statements(MIGRATIONS[older]):
            connection.execute(statement)
    rows = [("schema", str(SCHEMA)), ("needs", NEEDS)]
    connection.executemany("UPDATE meta SET value = ?2 WHERE key = ?1", rows)


def meta(connection: sqlite3.Connection, key: str) -> str | None:
    """A value of the ledger's own description."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def as_found(connection: sqlite3.Connection) -> dict[str, str]:
    """The SQL of every table, index, trigger and view, by name; the type of an index that SQLite made itself.

    A trigger may have the name of a table or an index: the texts of a name follow each other.
    """
    rows = connection.execute(
        "SELECT name, group_concat(coalesce(sql, type), '; ') FROM sqlite_schema GROUP BY name"
    )
    return dict(rows.fetchall())


@cache
def as_made() -> dict[str, str]:
    """The same of a new ledger."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_tables(connection, "")
        return as_found(connection)


def _statements(script: str) -> list[str]:
    """The statements of a script: `executescript` would commit the transaction it is run in."""
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
