"""The whole check of a ledger: what `verify` finds, and what a checkpoint kept elsewhere shows."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event, event_hash
from ldmrelease.ledger.errors import LedgerProblem
from ldmrelease.ledger.sqlite import chain, projections, schema


def everything(
    connection: sqlite3.Connection,
    ledger: str,
    projectors: Sequence[projections.Projector],
    checkpoint: Checkpoint | None,
) -> tuple[LedgerProblem, ...]:
    """All problems of a ledger, in one transaction of the caller."""
    broken = tuple(_file(connection))
    if broken:
        return broken
    found = list(_guards(connection))
    walk = Walk(ledger)
    for row in connection.execute("SELECT * FROM events ORDER BY sequence").fetchall():
        found += walk.step(row)
    if not walk.events:
        found.append(LedgerProblem("cut", "event 1", "the event of its creation", ""))
    found += _blobs(connection)
    found += _projections(connection, projectors, walk.events)
    if checkpoint is not None:
        genesis = walk.events[0].hash if walk.events else ""
        behind = not_extending(connection, ledger, genesis, checkpoint)
        found += [behind] if behind else []
    return tuple(found)


def not_extending(
    connection: sqlite3.Connection, ledger: str, genesis: str, checkpoint: Checkpoint
) -> LedgerProblem | None:
    """What keeps this ledger from being a future of the checkpoint."""
    if checkpoint.ledger != ledger:
        return LedgerProblem("other-ledger", "ledger", checkpoint.ledger, ledger)
    if checkpoint.genesis != genesis:
        return LedgerProblem("other-genesis", "event 1", checkpoint.genesis, genesis)
    row = connection.execute("SELECT hash FROM events WHERE sequence = ?", (checkpoint.size,)).fetchone()
    if row is None:
        (size,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
        return LedgerProblem(
            "cut", f"event {checkpoint.size}", f"at least {checkpoint.size} events", str(size)
        )
    if row[0] != checkpoint.head:
        return LedgerProblem("fork", f"event {checkpoint.size}", checkpoint.head, str(row[0]))
    return None


@dataclass(slots=True)
class Walk:
    """A walk along the chain, event by event: what must follow, and what was seen so far."""

    ledger: str
    events: list[Event] = field(default_factory=list)
    _sequence: int = 0
    _previous: str = chain.FIRST_PREVIOUS
    _time: datetime | None = None
    _versions: dict[str, int] = field(default_factory=dict)

    def step(self, row: Iterable[Any]) -> Iterator[LedgerProblem]:
        """Take the next row and tell what is wrong with it."""
        row = tuple(row)
        yield from self._compared("sequence", row, str(self._sequence + 1), str(row[0]))
        yield from self._compared("chain", row, self._previous, str(row[7]))
        self._sequence, self._previous = row[0], row[8]
        self._versions[row[4]] = version = self._versions.get(row[4], 0) + 1
        yield from self._compared("stream-version", row, str(version), str(row[5]))
        try:
            event = chain.unchecked(self.ledger, row)
        except ValueError as error:
            yield LedgerProblem("encoding", f"event {row[0]}", "the canonical spelling", str(error))
            return
        yield from self._compared("hash", row, event_hash(event), event.hash)
        if self._time is not None and event.time < self._time:
            expected = f"{times.spell(self._time)} or later"
            yield LedgerProblem("time", f"event {row[0]}", expected, times.spell(event.time))
        self._time = event.time
        self.events.append(event)

    def _compared(
        self, code: str, row: tuple[Any, ...], expected: str, found: str
    ) -> Iterator[LedgerProblem]:
        if expected != found:
            yield LedgerProblem(code, f"event {row[0]}", expected, found)


def _file(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    for (told,) in connection.execute("PRAGMA integrity_check(10)"):
        if told != "ok":
            yield LedgerProblem("unreadable", "file", "", str(told))


def _guards(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    """Tables, indexes and triggers that are not as they were made: somebody took a guard away."""
    expected, found = schema.as_made(), schema.as_found(connection)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield LedgerProblem("schema", name, expected.get(name, ""), found.get(name, ""))


def _blobs(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    for digest, data in connection.execute("SELECT digest, data FROM blobs ORDER BY digest"):
        if canonical.digest(data) != digest:
            yield LedgerProblem("blob", digest, digest, canonical.digest(data))


def _projections(
    connection: sqlite3.Connection, projectors: Sequence[projections.Projector], events: Sequence[Event]
) -> Iterator[LedgerProblem]:
    try:
        rebuilt = projections.rebuilt(projectors, events)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # A fold trusts the shape of what its own program appended; this event was written by another hand.
        yield LedgerProblem("projection", "rebuilding", found=f"an event that cannot be folded: {error!r}")
        return
    expected = {
        (name, key): canonical.encode(value).decode()
        for name, own in rebuilt.items()
        for key, value in own.items()
    }
    stored = {
        (name, key): value
        for name, key, value in connection.execute("SELECT projection, key, value FROM states")
    }
    for name, key in sorted(expected.keys() | stored.keys()):
        wanted, found = expected.get((name, key), ""), stored.get((name, key), "")
        if wanted != found:
            yield LedgerProblem("projection", f"{name} {key}", wanted, found)
