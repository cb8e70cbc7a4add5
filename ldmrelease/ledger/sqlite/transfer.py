"""A ledger as text: one JSON record per line, for a backup and for moving it (`ledger export`, `import`).

    {"format": "ldmrelease-ledger/1", "ledger": UUID}
    {"event": {...}}                                    every event in order, with its hash
    {"blob": {"digest": "sha256:...", "data": BASE64}}  every blob, by digest
    {"end": {"blobs": COUNT, "events": COUNT, "head": HASH}}

Projections are not in it: they follow from the events.
"""

import base64
import binascii
import sqlite3
from collections.abc import Iterable, Iterator
from typing import IO, Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.ledger.errors import Damaged, NotImportable
from ldmrelease.ledger.sqlite import chain, projections, schema
from ldmrelease.ledger.sqlite.verify import Walk

FORMAT = "ldmrelease-ledger/1"


def write_text(connection: sqlite3.Connection, ledger: str, out: IO[bytes]) -> None:
    """Write everything, as one transaction of the caller sees it. Raises `Damaged`."""
    _line(out, {"format": FORMAT, "ledger": ledger})
    events, head = 0, ""
    for row in connection.execute("SELECT * FROM events ORDER BY sequence"):
        event = chain.checked(ledger, row)
        _line(out, {"event": event})
        events, head = events + 1, event.hash
    blobs = 0
    for digest, data in connection.execute("SELECT digest, data FROM blobs ORDER BY digest"):
        if canonical.digest(data) != digest:
            raise Damaged(f"blob {digest} is not what was stored: its bytes differ")
        _line(out, {"blob": {"digest": digest, "data": base64.b64encode(data).decode()}})
        blobs += 1
    _line(out, {"end": {"events": events, "blobs": blobs, "head": head}})


def fill(
    connection: sqlite3.Connection,
    source: Iterable[bytes],
    projectors: Iterable[projections.Projector],
) -> None:
    """Fill an empty file with what the text has, inside the caller's transaction.

    Raises `NotImportable`, which names the line, for anything that is not a complete export that verifies.
    """
    lines = _lines(source)
    number, header = next(lines, (1, {}))
    if header.get("format") != FORMAT or not isinstance(header.get("ledger"), str):
        raise NotImportable(f"line {number}: no export of a ledger ({FORMAT})")
    filling = _Filling(connection, header["ledger"], tuple(projectors))
    schema.create_tables(connection, header["ledger"])
    for number, record in lines:
        try:
            filling.take(record)
        except (KeyError, TypeError, ValueError) as error:
            raise NotImportable(f"line {number}: {error}") from error
    if not filling.ended:
        raise NotImportable(f"line {number}: the text is cut, its end is missing")


class _Filling:
    """A ledger that is being filled, record by record. Raises `ValueError` for what cannot be taken."""

    def __init__(
        self, connection: sqlite3.Connection, ledger: str, projectors: tuple[projections.Projector, ...]
    ) -> None:
        self.ended = False
        self._connection = connection
        self._projectors = projectors
        self._walk = Walk(ledger)
        self._blobs: set[str] = set()

    def take(self, record: dict[str, Any]) -> None:
        if self.ended or len(record) != 1:
            raise ValueError("a record that has no place here")
        ((name, value),) = record.items()
        takers = {"event": self._event, "blob": self._blob, "end": self._end}
        if name not in takers:
            raise ValueError(f"an unknown record {name!r}")
        takers[name](value)

    def _event(self, plain: dict[str, Any]) -> None:
        canonical.from_plain(plain, Event)
        if plain["ledger"] != self._walk.ledger:
            raise ValueError(f"an event of the ledger {plain['ledger']}")
        problems = list(self._walk.step(chain.row_of(plain)))
        if problems:
            raise ValueError("; ".join(map(str, problems)))
        event = self._walk.events[-1]
        chain.insert(self._connection, event)
        projections.maintain(self._connection, self._projectors, event)

    def _blob(self, plain: dict[str, Any]) -> None:
        try:
            data = base64.b64decode(plain["data"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"a blob that is not base64: {error}") from error
        digest = canonical.digest(data)
        if digest != plain["digest"] or digest in self._blobs:
            raise ValueError(f"the bytes of a blob have the digest {digest}, not a new {plain['digest']}")
        self._blobs.add(digest)
        self._connection.execute("INSERT INTO blobs (digest, data) VALUES (?, ?)", (digest, data))

    def _end(self, plain: dict[str, Any]) -> None:
        events = self._walk.events
        found = {"events": len(events), "blobs": len(self._blobs), "head": events[-1].hash if events else ""}
        if not events or plain != found:
            raise ValueError(f"the end tells of {plain}, there are {found}")
        self.ended = True


def _line(out: IO[bytes], record: dict[str, Any]) -> None:
    out.write(canonical.encode(record) + b"\n")


def _lines(source: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(source, 1):
        try:
            record = canonical.parse(line)
        except canonical.NotCanonical as error:
            raise NotImportable(f"line {number}: {error}") from error
        if not isinstance(record, dict):
            raise NotImportable(f"line {number}: not a record")
        yield number, record
