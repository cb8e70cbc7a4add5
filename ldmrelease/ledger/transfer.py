"""A ledger as text: one JSON record per line, for a backup and for moving it (`ledger export`, `import`).

    {"format": "ldmrelease-ledger/1", "ledger": UUID}
    {"event": {...}}                                    every event in order, with its hash
    {"blob": {"digest": "sha256:...", "data": BASE64}}  every blob, by digest
    {"end": {"blobs": COUNT, "events": COUNT, "head": HASH}}

Projections are not in it: they follow from the events.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.ledger import log
from ldmrelease.ledger.errors import Damaged, NotImportable
from ldmrelease.ledger.interface import EventRow

FORMAT = "ldmrelease-ledger/1"


class BlobRecord(NamedTuple):
    """Bytes that a ledger keeps, by their digest."""

    digest: str
    data: bytes


def write_text(
    out: IO[bytes], ledger: str, rows: Iterable[EventRow], blobs: Iterable[tuple[str, bytes]]
) -> None:
    """Write everything: events in their order, blobs by digest. Raises `Damaged`."""
    _line(out, {"format": FORMAT, "ledger": ledger})
    events, head = 0, ""
    for row in rows:
        event = log.checked(ledger, row)
        _line(out, {"event": event})
        events, head = events + 1, event.hash
    count = 0
    for digest, data in blobs:
        if canonical.digest(data) != digest:
            raise Damaged(f"blob {digest} is not what was stored: its bytes differ")
        _line(out, {"blob": {"digest": digest, "data": base64.b64encode(data).decode()}})
        count += 1
    _line(out, {"end": {"events": events, "blobs": count, "head": head}})


def read_text(source: Iterable[bytes]) -> tuple[str, Iterator[EventRow | BlobRecord]]:
    """The UUID of the ledger that a text tells of, and its records, each checked as it comes.

    Nothing of it is to be kept unless all records came: raises `NotImportable`, which names the line, for
    anything that is not a complete export that verifies.
    """
    lines = _lines(source)
    number, header = next(lines, (1, {}))
    if header.get("format") != FORMAT or not isinstance(header.get("ledger"), str):
        raise NotImportable(f"line {number}: no export of a ledger ({FORMAT})")
    return header["ledger"], _records(header["ledger"], lines, number)


def _records(
    ledger: str, lines: Iterator[tuple[int, dict[str, Any]]], line: int
) -> Iterator[EventRow | BlobRecord]:
    reading = _Reading(ledger)
    for number, record in lines:
        line = number
        try:
            found = reading.take(record)
        except (KeyError, TypeError, ValueError) as error:
            raise NotImportable(f"line {line}: {error}") from error
        if found is not None:
            yield found
    if not reading.ended:
        raise NotImportable(f"line {line}: the text is cut, its end is missing")


class _Reading:
    """A text that is being read, record by record. Raises `ValueError` for what cannot be taken."""

    def __init__(self, ledger: str) -> None:
        self.ended = False
        self._walk = log.Walk(ledger)
        self._head = ""
        self._blobs: set[str] = set()

    def take(self, record: dict[str, Any]) -> EventRow | BlobRecord | None:
        if self.ended or len(record) != 1:
            raise ValueError("a record that has no place here")
        ((name, value),) = record.items()
        if name == "event":
            return self._event(value)
        if name == "blob":
            return self._blob(value)
        if name != "end":
            raise ValueError(f"an unknown record {name!r}")
        self._end(value)
        return None

    def _event(self, plain: dict[str, Any]) -> EventRow:
        canonical.from_plain(plain, Event)
        if plain["ledger"] != self._walk.ledger:
            raise ValueError(f"an event of the ledger {plain['ledger']}")
        row = log.row_of(plain)
        problems = self._walk.step(row)
        if problems:
            raise ValueError("; ".join(map(str, problems)))
        self._head = row.hash
        return row

    def _blob(self, plain: dict[str, Any]) -> BlobRecord:
        try:
            data = base64.b64decode(plain["data"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"a blob that is not base64: {error}") from error
        digest = canonical.digest(data)
        if digest != plain["digest"] or digest in self._blobs:
            raise ValueError(f"the bytes of a blob have the digest {digest}, not a new {plain['digest']}")
        self._blobs.add(digest)
        return BlobRecord(digest, data)

    def _end(self, plain: dict[str, Any]) -> None:
        found = {"events": self._walk.size, "blobs": len(self._blobs), "head": self._head}
        if not self._walk.size or plain != found:
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
