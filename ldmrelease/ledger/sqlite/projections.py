"""Projections: states that follow from the events, kept beside them so that no read scans the log.

They are maintained in the transaction of the append, can be rebuilt at any time, and are never the truth.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.projections import pins, residences

Fold = Callable[[Callable[[str], Any], Event], Mapping[str, Any]]
"""From (the state of a key, or None; an event) to the states that change; None removes one. Pure."""

LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Projector:
    """A named fold over all events of a ledger."""

    name: str
    fold: Fold


HEAD = "head"
"""The projection that knows the last event: projections of a file whose end was cut know more than it has."""


def _fold_head(_get: Callable[[str], Any], event: Event) -> Mapping[str, Any]:
    return {"last": {"sequence": event.sequence, "hash": event.hash}}


PROJECTORS = (
    Projector(residences.PROJECTION, residences.fold_observations),
    Projector("pins", pins.fold_pins),
    Projector("digests", pins.fold_digests),
    Projector(HEAD, _fold_head),
)


def maintain(connection: sqlite3.Connection, projectors: Iterable[Projector], event: Event) -> None:
    """Bring every projection up to a new event."""
    for projector in projectors:

        def state_of(key: str, name: str = projector.name) -> Any:
            return state(connection, name, key)

        for key, value in projector.fold(state_of, event).items():
            _store(connection, projector.name, key, value)


def state(connection: sqlite3.Connection, name: str, key: str) -> Any:
    """The state of one key, None where there is none."""
    row = connection.execute(
        "SELECT value FROM states WHERE projection = ? AND key = ?", (name, key)
    ).fetchone()
    return None if row is None else json.loads(row[0])


def states(connection: sqlite3.Connection, name: str, prefix: str) -> dict[str, Any]:
    """The states of the keys that begin so, in the order of the keys."""
    rows = connection.execute(
        "SELECT key, value FROM states WHERE projection = ? AND key >= ? AND key < ? ORDER BY key",
        (name, prefix, prefix + LAST),
    )
    return {key: json.loads(value) for key, value in rows}


def rebuilt(projectors: Iterable[Projector], events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """The states by projection as the events alone make them."""
    found: dict[str, dict[str, Any]] = {projector.name: {} for projector in projectors}
    chosen = tuple(projectors)
    for event in events:
        for projector in chosen:
            own = found[projector.name]
            for key, value in projector.fold(own.get, event).items():
                if value is None:
                    own.pop(key, None)
                else:
                    own[key] = canonical.to_plain(value)
    return found


def replace_all(connection: sqlite3.Connection, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Put these states in place of all that are stored."""
    connection.execute("DELETE FROM states")
    for name, own in states.items():
        for key, value in own.items():
            _store(connection, name, key, value)


def _store(connection: sqlite3.Connection, name: str, key: str, value: Any) -> None:
    if value is None:
        connection.execute("DELETE FROM states WHERE projection = ? AND key = ?", (name, key))
        return
    connection.execute(
        "INSERT OR REPLACE INTO states (projection, key, value) VALUES (?, ?, ?)",
        (name, key, canonical.encode(value).decode()),
    )
