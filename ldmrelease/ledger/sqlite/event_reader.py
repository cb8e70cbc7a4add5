"""Reads events of a file. What a signed index covers is held against it: each row, and whether any is missing."""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path

from ldmrelease.domain import canonical
from ldmrelease.ledger import log, projecting
from ldmrelease.ledger.errors import Damaged
from ldmrelease.ledger.index.ledger_index import LedgerIndex
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.sqlite.connection import SqliteConnection

_FEW, _BATCH = 10, 500


class EventReader:
    """The events of an open file. `index` is what the latest believed checkpoint has the roots of, None without one.

    Behind the index, and without one, a row is believed as far as opening looked at it (docs/decisions/0033, 0067).
    """

    def __init__(self, connection: SqliteConnection, uuid: str) -> None:
        self._db = connection
        self._uuid = uuid
        self.index: LedgerIndex | None = None

    @property
    def covered(self) -> int:
        """How many events the index covers."""
        return self.index.size if self.index is not None else 0

    def version(self, stream: str) -> int:
        """See `LedgerReader`."""
        row = self._one("stream = ? ORDER BY stream_version DESC", (stream,))
        if self.index is not None:
            self._require_last(self.index.stream(stream).count, row, f"the stream {stream}", stream=stream)
        return row.stream_version if row is not None else 0

    def last(self, stream: str, kind: str | None, upto: int | None) -> EventRow | None:
        """See `LedgerReader`."""
        if self.index is None:
            where, values = _conditions(stream, None if kind is None else [str(kind)], None)
            last = canonical.LARGEST_INTEGER if upto is None else upto
            return self._one(f"sequence <= ?{where} ORDER BY sequence DESC", (last, *values))
        if upto is None or upto >= self.index.size:
            where, values = _conditions(stream, None if kind is None else [str(kind)], None)
            behind = canonical.LARGEST_INTEGER if upto is None else upto
            row = self._one(
                f"sequence > ? AND sequence <= ?{where} ORDER BY sequence DESC",
                (self.covered, behind, *values),
            )
            if row is None:
                return self._last_covered(self.index, stream, kind)
            if row.stream != stream or kind not in (None, row.kind):
                raise self._hidden(f"event {row.sequence}")
            return row
        row = self._last_before(stream, upto)
        while row is not None and kind not in (None, row.kind):
            row = self._of_version(stream, row.stream_version - 1)
        return row

    def _last_covered(self, index: LedgerIndex, stream: str, kind: str | None) -> EventRow | None:
        """The last event of a stream that the index covers, as it says itself."""
        end = index.stream(stream)
        if kind is None:
            return self._of_version(stream, end.count)
        there = end.kinds.get(str(kind))
        if there is None:
            return None
        row = self._one("sequence = ?", (there.last,))
        if row is None or (row.stream, row.kind) != (stream, str(kind)):
            raise self._hidden(f"event {there.last}")
        return row

    def _last_before(self, stream: str, upto: int) -> EventRow | None:
        """The last event of a stream up to a number that the index covers: the next one of the stream stands behind."""
        row = self._one("stream = ? AND sequence <= ? ORDER BY sequence DESC", (stream, upto))
        version = row.stream_version if row is not None else 0
        if version < self.version(stream):
            after = self._of_version(stream, version + 1)
            if after is None or after.sequence <= upto:
                raise self._hidden(f"event {version + 1} of the stream {stream}")
        return row

    def _of_version(self, stream: str, version: int) -> EventRow | None:
        """The event of a stream with a number of its own; None for what is before its first."""
        if version < 1:
            return None
        row = self._one("stream = ? AND stream_version = ?", (stream, version))
        if row is None or (row.stream, row.stream_version) != (stream, version):
            raise self._hidden(f"event {version} of the stream {stream}")
        return row

    def get(self, sequence: int) -> EventRow | None:
        """See `LedgerReader`."""
        row = self._one("sequence = ?", (sequence,))
        if row is None and 1 <= sequence <= self.covered:
            raise self._hidden(f"event {sequence}")
        return row

    def all(self, stream_prefix: str = "", after: int = 0) -> Iterator[EventRow]:
        """Of all streams, or of those that begin so: in the order of the log, and none is left out."""
        if self.index is None:
            where, values = _conditions(None, None, stream_prefix or None)
            yield from self._rows(where, values, after)
            return
        start = number = min(max(after, 0), self.covered)
        for row in self._rows("", (), start, " NOT INDEXED"):
            number += 1
            if row.sequence != number and number <= self.covered:
                raise self._hidden(f"event {number}")
            if row.sequence > after and row.stream.startswith(stream_prefix):
                yield row
        if number < self.covered:
            raise self._hidden(f"event {number + 1}")

    def of_kinds(self, kinds: Iterable[str], after: int = 0) -> Iterator[EventRow]:
        """Of these kinds, in all streams."""
        named = frozenset(map(str, kinds))
        index = self.index
        if index is None or after >= index.size:
            return self._selected(None, named, after)
        expected = sum(index.count_of_kind(each) for each in named)
        found = self._counted(self._selected(None, named, 0), expected, f"kind {', '.join(sorted(named))}")
        return (each for each in found if each.sequence > after)

    def of_stream(
        self, stream: str, kinds: Iterable[str] | None = None, after: int = 0
    ) -> Iterator[EventRow]:
        """Of one stream, of all or of these kinds."""
        named = None if kinds is None else frozenset(map(str, kinds))
        index = self.index
        if named is None and after <= 0:
            return self._numbered(stream, 0, 0)
        if index is None or after >= index.size:
            return self._selected(stream, named, after)
        if after > 0:
            before = self.last(stream, None, after)
            found = self._numbered(stream, before.stream_version if before is not None else 0, after)
            return (each for each in found if named is None or each.kind in named)
        end = index.stream(stream)
        counts = (each.count for kind, each in end.kinds.items() if named is None or kind in named)
        return self._counted(self._selected(stream, named, 0), sum(counts), f"the stream {stream}")

    def _numbered(self, stream: str, version: int, after: int) -> Iterator[EventRow]:
        """All events of a stream behind that of a number of its own: none of its numbers is missing."""
        for row in self._selected(stream, None, after):
            version += 1
            if row.stream_version != version:
                raise Damaged(
                    f"{self._path}: the stream {stream} lacks its event {version}: it was hidden or taken out; "
                    "`ledger verify` says more"
                )
            yield row
        if self.index is not None and version < self.index.stream(stream).count:
            raise self._hidden(f"event {version + 1} of the stream {stream}")

    def _counted(self, rows: Iterator[EventRow], expected: int, what: str) -> Iterator[EventRow]:
        """The rows, of which the index covers so many."""
        found = 0
        for row in rows:
            if row.sequence > self.covered and found != expected:
                break
            found += row.sequence <= self.covered
            yield row
        if found != expected:
            raise Damaged(
                f"{self._path}: {what} has {found} of the {expected} events that the signed index names: rows were "
                "hidden or taken out; `ledger verify` says more"
            )

    def _selected(self, stream: str | None, kinds: frozenset[str] | None, after: int) -> Iterator[EventRow]:
        """Rows by an index of SQLite, which is not believed: each has to be what was looked for."""
        where, values = _conditions(stream, kinds, None)
        for row in self._rows(where, values, after):
            if stream not in (None, row.stream) or (kinds is not None and row.kind not in kinds):
                raise self._hidden(f"event {row.sequence}")
            yield row

    def _rows(self, where: str, values: tuple[str, ...], after: int, way: str = "") -> Iterator[EventRow]:
        sql = f"SELECT * FROM events{way} WHERE sequence > ?{where} ORDER BY sequence LIMIT ?"  # noqa: S608
        # Few at first: who looks for the next one alone stops there.
        for limit in chain((_FEW,), repeat(_BATCH)):
            found = self._db.rows(sql, (after, *values, limit))
            if not found:
                return
            for row in map(EventRow._make, found):
                self._require_right(row)
                if row.sequence <= after:
                    raise self._hidden(f"what follows event {after}")
                after = row.sequence
                yield row

    def _one(self, where: str, values: tuple[object, ...]) -> EventRow | None:
        found = self._db.row(f"SELECT * FROM events WHERE {where} LIMIT 1", values)  # noqa: S608
        if found is None:
            return None
        row = EventRow._make(found)
        self._require_right(row)
        return row

    def _require_right(self, row: EventRow) -> None:
        """Raise `Damaged` where a row is not what was appended, whoever it is then shown to."""
        log.require_right(self._uuid, row)
        if row.sequence <= self.covered and self.index is not None and not self.index.is_there(row):
            raise Damaged(
                f"{self._path}: event {row.sequence} is not the one that the signed index names: it was replaced; "
                "`ledger verify` says more"
            )

    def _require_last(self, count: int, row: EventRow | None, what: str, *, stream: str) -> None:
        """Raise `Damaged` where a row is not the last one of a stream of which the index covers so many events."""
        version = row.stream_version if row is not None else 0
        right = row is None or row.stream == stream
        is_covered = row is not None and row.sequence <= self.covered
        if not right or version < count or (is_covered and version != count):
            raise Damaged(
                f"{self._path}: {what} has {version} of the {count} events that the signed index names: rows were "
                "hidden or taken out; `ledger verify` says more"
            )

    def _hidden(self, what: str) -> Damaged:
        return Damaged(
            f"{self._path}: {what} is not where it belongs: it was hidden or taken out; `ledger verify` says more"
        )

    @property
    def _path(self) -> Path:
        return self._db.path


def _conditions(
    stream: str | None, kinds: Iterable[str] | None, stream_prefix: str | None
) -> tuple[str, tuple[str, ...]]:
    where, values = "", []
    if stream is not None:
        where += " AND stream = ?"
        values.append(stream)
    if kinds is not None:
        named = sorted(kinds)
        where += f" AND kind IN ({', '.join('?' * len(named))})"
        values += named
    if stream_prefix is not None:
        where += " AND stream >= ? AND stream < ?"
        values += [stream_prefix, stream_prefix + projecting.LAST]
    return where, tuple(values)
