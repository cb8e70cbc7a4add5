"""Events and blobs as rows of a file."""

import sqlite3
from collections.abc import Iterator

from ldmrelease.domain import canonical
from ldmrelease.ledger.interface import EventRow

_BATCH = 20
"""Rows that are fetched at once: so few that each is still in the processor's cache when it is looked at."""


def insert(connection: sqlite3.Connection, row: EventRow) -> None:
    """Write an event behind the others."""
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def all_rows(
    connection: sqlite3.Connection, after: int = 0, upto: int = canonical.LARGEST_INTEGER
) -> Iterator[EventRow]:
    """All events in their order, or those behind one and up to another."""
    sql = "SELECT * FROM events NOT INDEXED WHERE sequence > ? AND sequence <= ? ORDER BY sequence"
    cursor = connection.execute(sql, (after, upto))
    while batch := cursor.fetchmany(_BATCH):
        yield from map(EventRow._make, batch)


def insert_blob(connection: sqlite3.Connection, digest: str, data: bytes) -> None:
    """Keep bytes that are not kept yet."""
    connection.execute("INSERT INTO blobs (digest, data) VALUES (?, ?)", (digest, data))


def all_blobs(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """All blobs by their digests."""
    yield from connection.execute("SELECT digest, data FROM blobs ORDER BY digest")
