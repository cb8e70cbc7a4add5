"""Events and blobs as rows of a file."""

import sqlite3
from collections.abc import Iterator

from ldmrelease.ledger.interface import EventRow

_BATCH = 20
"""Rows that are fetched at once: so few that each is still in the processor's cache when it is looked at."""


def insert(connection: sqlite3.Connection, row: EventRow) -> None:
    """Write an event behind the others."""
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def all_rows(connection: sqlite3.Connection) -> Iterator[EventRow]:
    """All events in their order."""
    cursor = connection.execute("SELECT * FROM events ORDER BY sequence")
    while batch := cursor.fetchmany(_BATCH):
        yield from map(EventRow._make, batch)


def insert_blob(connection: sqlite3.Connection, digest: str, data: bytes) -> None:
    """Keep bytes that are not kept yet."""
    connection.execute("INSERT INTO blobs (digest, data) VALUES (?, ?)", (digest, data))


def all_blobs(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """All blobs by their digests."""
    yield from connection.execute("SELECT digest, data FROM blobs ORDER BY digest")
