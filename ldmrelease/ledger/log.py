"""The log, whatever stores it: events as rows, the links of their chain, and a walk that checks them.

The hash of an event is over the canonical JSON of all its other fields. A row has the body as those bytes
already, so what is hashed is put together from what is stored and nothing is encoded again.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from ldmrelease.domain import canonical, streams, times
from ldmrelease.domain.events import Event, EventKind, NewEvent
from ldmrelease.ledger.errors import ClockWentBack, Damaged, LedgerError, LedgerProblem
from ldmrelease.ledger.interface import PATIENCE, EventRow, Position, Sign

FIRST_STREAM = streams.LEDGER
FIRST_PREVIOUS = ""
"""What the first event of a chain names as the hash before it."""

_encode = msgspec.json.Encoder().encode


class _Hashed(Struct, frozen=True):
    """What the hash of an event is over, in the order of canonical JSON."""

    actor: str
    body: Raw
    kind: str
    ledger: str
    previous: str
    sequence: int
    stream: str
    stream_version: int
    time: str


def first(ledger: str, body: Mapping[str, Any], *, at: datetime, actor: str) -> EventRow:
    """The event that a new chain begins with."""
    kind = str(EventKind.CREATED)
    return _hashed(
        ledger, EventRow(1, times.spell(at), actor, kind, FIRST_STREAM, 1, _encoded(body), FIRST_PREVIOUS, "")
    )


def link(
    new: NewEvent,
    before: EventRow,
    *,
    ledger: str,
    genesis: str,
    version: int,
    at: datetime,
    actor: str,
    sign: Sign | None = None,
) -> EventRow:
    """Give a new event its place behind the event before it. Raises `NotCanonical`, and what `sign` raises."""
    kind = str(new.kind)
    sequence, time = before.sequence + 1, times.spell(at)
    body: Any = new.body
    if sign is not None:
        position = Position(ledger, genesis, sequence, before.hash, time, new.stream, version, kind)
        body = sign(position, body)
    row = EventRow(
        sequence=sequence,
        time=time,
        actor=actor,
        kind=kind,
        stream=new.stream,
        stream_version=version,
        body=_encoded(body),
        previous=before.hash,
        hash="",
    )
    return _hashed(ledger, row)


def require_digest(digest: str, data: bytes) -> None:
    """Raise `LedgerError` where a blob is given under a digest that is not its own."""
    own = canonical.digest(data)
    if own != digest:
        raise LedgerError(f"the blob given as {digest} has the digest {own}")


def not_before(before: EventRow, at: datetime) -> datetime:
    """The time of an event behind `before`. Raises `ClockWentBack` (`Ledger.append` says when)."""
    last, at = times.instant(before.time), times.whole(at)
    if at >= last:
        return at
    if last - at > timedelta(seconds=PATIENCE):
        raise ClockWentBack(
            f"{times.spell(at)} is before the last event's time {before.time} (event {before.sequence}); "
            "one of the clocks that write here is wrong, or was when that event was written"
        )
    return last


def row_hash(ledger: str, row: EventRow) -> str:
    """The hash over everything else of the event, ledger UUID and sequence included: `domain.events.event_hash`."""
    sequence, time, actor, kind, stream, version, body, previous, _ = row
    hashed = _Hashed(actor, Raw(body), kind, ledger, previous, sequence, stream, version, time)
    return canonical.digest(_encode(hashed))


def row_of(plain: Mapping[str, Any]) -> EventRow:
    """The row that the plain JSON of an event makes. Raises `KeyError` and `NotCanonical`."""
    return EventRow(
        plain["sequence"],
        plain["time"],
        plain["actor"],
        plain["kind"],
        plain["stream"],
        plain["stream_version"],
        _encoded(plain["body"]),
        plain["previous"],
        plain["hash"],
    )


def read(ledger: str, row: Iterable[Any]) -> Event:
    """The event of a row as it stands there. Raises `ValueError` where it cannot be one."""
    sequence, time, actor, kind, stream, version, body, previous, own = row
    plain = canonical.parse_exactly(body.encode())
    if not isinstance(plain, dict):
        raise canonical.NotCanonical("the body is not the canonical JSON of an object")
    return Event(ledger, sequence, _instant(time), actor, kind, stream, version, plain, previous, own)


def checked(ledger: str, row: Iterable[Any]) -> Event:
    """The event of a row whose hash is right: an edited one is never taken for what was appended.

    Raises `Damaged`.
    """
    row = EventRow(*row)
    event = readable(ledger, row)
    require_hash(ledger, row)
    return event


def readable(ledger: str, row: EventRow) -> Event:
    """The event of a row whose hash was looked at already. Raises `Damaged` where it cannot be one."""
    try:
        return read(ledger, row)
    except ValueError as error:
        raise _unreadable(row, error) from error


def require_right(ledger: str, row: EventRow) -> None:
    """Raise what `checked` raises, without reading a row that is right."""
    try:
        right = row_hash(ledger, row) == row.hash
    except ValueError:
        right = False
    if not right:
        checked(ledger, row)


def require_hash(ledger: str, row: EventRow) -> None:
    """Raise `Damaged` where a row is not what was appended."""
    try:
        found = row_hash(ledger, row)
    except ValueError as error:
        raise _unreadable(row, error) from error
    if found != row.hash:
        raise Damaged(f"event {row.sequence} is not what was appended: its hash differs")


def _unreadable(row: EventRow, error: ValueError) -> Damaged:
    return Damaged(f"event {row.sequence} cannot be read: {error}")


class Walk(Struct):
    """A walk along the chain, event by event: what must follow, and what was seen so far."""

    ledger: str
    size: int = 0
    genesis: str = ""
    last: Event | None = None
    """The event of the last row that could be read."""
    _sequence: int = 0
    _previous: str = FIRST_PREVIOUS
    _time: str = ""
    _versions: dict[str, int] = field(default_factory=dict)

    def step(self, row: EventRow, *, is_read: bool = False) -> list[LedgerProblem]:
        """Take the next row and tell what is wrong with it; `last` is its event, None where it cannot be read.

        `is_read` says that the spelling of its body was looked at already: then `last` is None, too.
        """
        sequence, time, _, _, stream, version, _, previous, own = row
        self._versions[stream] = expected = self._versions.get(stream, 0) + 1
        found: list[LedgerProblem] = []
        if sequence != self._sequence + 1 or previous != self._previous or version != expected:
            found += _compared("sequence", row, str(self._sequence + 1), str(sequence))
            found += _compared("chain", row, self._previous, str(previous))
            found += _compared("stream-version", row, str(expected), str(version))
        self._sequence, self._previous, self.last = sequence, own, None
        try:
            event, right = None if is_read else read(self.ledger, row), row_hash(self.ledger, row)
            if time != self._time:
                _instant(time)
        except ValueError as error:
            return [
                *found,
                LedgerProblem("encoding", f"event {sequence}", "the canonical spelling", str(error)),
            ]
        if right != own:
            found += _compared("hash", row, right, own)
        # Spelled times of one form are in the order of their text.
        if time < self._time:
            found.append(LedgerProblem("time", f"event {sequence}", f"{self._time} or later", time))
        self._time, self.last = time, event
        self.size, self.genesis = self.size + 1, self.genesis or own
        return found


def _compared(code: str, row: EventRow, expected: str, found: str) -> Iterator[LedgerProblem]:
    if expected != found:
        yield LedgerProblem(code, f"event {row.sequence}", expected, found)


def _hashed(ledger: str, row: EventRow) -> EventRow:
    return row._replace(hash=row_hash(ledger, row))


def _encoded(body: Any) -> str:
    return canonical.encode(body).decode()


def _instant(time: str) -> datetime:
    """A time of a row, which has one spelling. Raises `ValueError`."""
    # The standard reader takes other forms of ISO 8601 as well: weeks, commas, the hour 24.
    if len(time) != 20 or time[4::3] != "--T::Z" or time[11:13] == "24":
        raise ValueError(f"the time {time!r} is not in whole seconds UTC")
    return datetime.fromisoformat(time)
