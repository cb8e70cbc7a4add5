"""The pages of the index in a file, which nobody believes: they are right by the signed roots, or are made anew.

A page that a later one took the place of stays until the next index is signed: another process may read by it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256

from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.index.merkle_pages import Pages
from ldmrelease.ledger.sqlite.connection import SqliteConnection


def page(connection: SqliteConnection, digest: bytes) -> bytes | None:
    """What is kept under a digest."""
    row = connection.row("SELECT page FROM index_pages WHERE digest = ?", (digest,))
    return bytes(row[0]) if row is not None else None


def keep_made(connection: sqlite3.Connection, pages: Pages, base: int, size: int) -> None:
    """Keep the pages of an index of `size` events that was made from one of `base`, and let go of older ones."""
    connection.execute("DELETE FROM index_pages WHERE replaced <= ?", (base,))
    marked = [(size, digest) for digest in pages.replaced]
    connection.executemany("UPDATE index_pages SET replaced = ? WHERE digest = ?", marked)
    _keep(connection, pages.made)


def keep_anew(connection: sqlite3.Connection, pages: Pages) -> None:
    """Keep the pages of an index that was made of all its events, and let go of edited ones; what else is there may be
    of a later index.
    """
    edited = [(digest,) for digest, kept in _all(connection) if sha256(kept).digest() != digest]
    connection.executemany("DELETE FROM index_pages WHERE digest = ?", edited)
    _keep(connection, pages.made)


def problems(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    """Pages that are not what they are kept as. One that is not kept is no problem: it is made anew."""
    for digest, kept in _all(connection):
        found = sha256(kept).digest()
        if found != digest:
            yield LedgerProblem("index", f"page {bytes(digest).hex()}", bytes(digest).hex(), found.hex())


def _all(connection: sqlite3.Connection) -> Iterator[tuple[bytes, bytes]]:
    yield from connection.execute("SELECT digest, page FROM index_pages ORDER BY digest")


def _keep(connection: sqlite3.Connection, made: Mapping[bytes, bytes]) -> None:
    sql = "INSERT OR REPLACE INTO index_pages (digest, page, replaced) VALUES (?, ?, NULL)"
    connection.executemany(sql, sorted(made.items()))
