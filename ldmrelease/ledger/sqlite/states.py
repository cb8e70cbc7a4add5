"""Projections' states as rows."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.domain.events import Event
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import projecting
from ldmrelease.ledger.errors import Damaged
from ldmrelease.ledger.projecting import LAST, Stored


def maintain(connection: sqlite3.Connection, projectors: Iterable[Projector], event: Event) -> None:
    """Bring every projection up to a new event."""
    projecting.maintain(
        projectors,
        event,
        state=lambda name, key: state(connection, name, key),
        store=lambda name, key, value: _store(connection, name, key, value),
    )


def state(connection: sqlite3.Connection, name: str, key: str) -> Any:
    """The state of one key, None where there is none. Raises `Damaged` where it cannot be read."""
    row = connection.execute(
        "SELECT value FROM states WHERE projection = ? AND key = ?", (name, key)
    ).fetchone()
    return None if row is None else _parsed(name, key, row[0])


def states(connection: sqlite3.Connection, name: str, prefix: str) -> dict[str, Any]:
    """The states of the keys that begin so, in the order of the keys. Raises `Damaged` as `state` does."""
    rows = connection.execute(
        "SELECT key, value FROM states WHERE projection = ? AND key >= ? AND key < ? ORDER BY key",
        (name, prefix, prefix + LAST),
    )
    return {key: _parsed(name, key, value) for key, value in rows}


def all_states(connection: sqlite3.Connection) -> Stored:
    """Everything that is stored, as it is spelled."""
    found: Stored = {}
    for name, key, value in connection.execute("SELECT projection, key, value FROM states"):
        found.setdefault(name, {})[key] = value
    return found


def replace_all(connection: sqlite3.Connection, stored: Stored) -> None:
    """Put these states in place of all that are stored."""
    connection.execute("DELETE FROM states")
    for name, own in stored.items():
        for key, value in own.items():
            _store(connection, name, key, value)


def _parsed(name: str, key: str, text: str) -> Any:
    # No transaction of ours wrote what cannot be read: too deep, or no JSON at all.
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(
            f"the state {key!r} of the projection {name!r} cannot be read: {error}; projections are made anew "
            "by `ledger export` and `ledger import`"
        ) from error


def _store(connection: sqlite3.Connection, name: str, key: str, value: str | None) -> None:
    if value is None:
        connection.execute("DELETE FROM states WHERE projection = ? AND key = ?", (name, key))
        return
    connection.execute(
        "INSERT OR REPLACE INTO states (projection, key, value) VALUES (?, ?, ?)", (name, key, value)
    )
