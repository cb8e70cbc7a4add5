"""Append what is new in a history to what was imported of it. The same again changes nothing; a history that says
something else of the past than it did is told, and nothing of that application is taken.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import BusyError
from ldmrelease.domain.events import Event, NewEvent
from ldmrelease.domain.events.imported import ImportedRows
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.services.audit.imports.imported_rows import encode_rows
from ldmrelease.services.audit.imports.stored import ImportedPart, imported_parts, rows_of
from ldmrelease.services.needs import RecordKeeping

MOST_ROWS = 500
"""Rows of one event: so many changes are one signature."""
MOST_BYTES = 1_000_000
_EVENTS_AT_ONCE = 200
_LONGEST_NAME = 200

R = TypeVar("R", bound=Struct)
Where = tuple[str, str]
"""An environment and an application."""
Progress = Callable[[int, int], None]
"""Told how many rows are recorded, and of how many."""


class ImportKind(Struct, Generic[R], frozen=True):
    """A kind of history.

    body: what its events say. row: its rows. prefix: of its streams. identity: what of a row has to be the same when it
    is read again. time: when a row happened. subject: of rows that come in no order, what each is about.
    """

    body: type[ImportedRows]
    row: type[R]
    prefix: str
    identity: Callable[[R], Any]
    time: Callable[[R], datetime]
    subject: Callable[[R], Any] | None = None

    @property
    def is_set(self) -> bool:
        """Whether rows come in no order: each is about a subject, of which there can be one row."""
        return self.subject is not None


class RewrittenHistory(Struct, frozen=True):
    """The history says something else of the past than what was imported: `imported` is the row that was, `found` what
    stands in its place, None where nothing does."""

    environment: str
    application: str
    imported: Any
    found: Any


class RecordedPart(Struct, frozen=True):
    """What an import made of one application in one environment: how many rows were new, and were known."""

    environment: str
    application: str
    new: int
    known: int


class RecordedImport(Struct, frozen=True):
    """What an import made: `events` is how many were appended, or would be."""

    parts: tuple[RecordedPart, ...]
    differences: tuple[RewrittenHistory, ...]
    events: int


class ImportedHistory(Struct, frozen=True):
    """What was imported, from where, and what could not be read of it. `left_out` counts rows that name no image."""

    source: str
    recorded: RecordedImport
    unreadable: tuple[UnreadableChange, ...]
    left_out: int = 0


@lru_cache(4096)
def name_problem(environment: str, application: str) -> str | None:
    """What keeps an environment or an application from being one; None where nothing does."""
    for what, name in (("environment", environment), ("application", application)):
        if not name or len(name) > _LONGEST_NAME or "/" in name or not name.isprintable():
            return f"{name[:_LONGEST_NAME]!r} is not the name of an {what}"
    return None


def record(
    context: RecordKeeping,
    kind: ImportKind[R],
    source: str,
    rows: dict[Where, list[R]],
    *,
    since: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> RecordedImport:
    """Append what is new of `rows`, which are by application and in the order of the history.

    source: what was read. since: from when on the rows are the whole history; None where they are all of it.
    Raises `BusyError` where somebody else imports the same, `NoKey`, `KeyProblem`.
    """
    events_there = list(context.ledger.events(stream_prefix=kind.prefix))
    known = _known(context, kind, events_there)
    parts: list[RecordedPart] = []
    differences: list[RewrittenHistory] = []
    new: dict[Where, list[R]] = {}
    for where, found in rows.items():
        stored = [row for part in known.get(where, ()) for row in rows_of(context.ledger, part, kind.row)]
        fresh = _fresh(kind, where, stored, found, since)
        if isinstance(fresh, list):
            parts.append(RecordedPart(*where, len(fresh), len(found) - len(fresh)))
            new |= {where: fresh} if fresh else {}
        else:
            differences.append(fresh)
    differences += _vanished(context, kind, source, known, rows, since)
    # Of all events, or a row that nobody signed would be somebody else's import for ever.
    versions = {each.stream: each.stream_version for each in events_there}
    events = _appended(context, kind, source, new, versions, dry_run, progress)
    return RecordedImport(tuple(parts), tuple(differences), events)


def _known(
    context: RecordKeeping, kind: ImportKind[Any], events: Iterable[Event]
) -> dict[Where, list[ImportedPart[Any]]]:
    """What was imported before, by application: one pass over the streams, whatever their number."""
    found: dict[Where, list[ImportedPart[Any]]] = {}
    for part in imported_parts(context, events, kind.body):
        found.setdefault((part.body.environment, part.body.application), []).append(part)
    return found


def _fresh(
    kind: ImportKind[R], where: Where, stored: list[R], found: list[R], since: datetime | None
) -> list[R] | RewrittenHistory:
    """The rows that are not there yet."""
    if kind.subject is not None:
        return _fresh_of_set(kind, where, stored, found)
    before = [row for row in stored if since is None or kind.time(row) >= since]
    for index, row in enumerate(before):
        other = found[index] if index < len(found) else None
        if other is None or kind.identity(other) != kind.identity(row):
            return RewrittenHistory(*where, row, other)
    return found[len(before) :]


def _fresh_of_set(
    kind: ImportKind[R], where: Where, stored: list[R], found: list[R]
) -> list[R] | RewrittenHistory:
    assert kind.subject is not None, "asked where there is one"
    known = {kind.subject(row): row for row in stored}
    fresh: list[R] = []
    for row in found:
        there = known.setdefault(kind.subject(row), row)
        if there is row:
            fresh.append(row)
        elif kind.identity(there) != kind.identity(row):
            return RewrittenHistory(*where, there, row)
    return fresh


def _vanished(
    context: RecordKeeping,
    kind: ImportKind[R],
    source: str,
    known: dict[Where, list[ImportedPart[Any]]],
    rows: dict[Where, list[R]],
    since: datetime | None,
) -> Iterator[RewrittenHistory]:
    """Applications that this source told of, and tells nothing of any more."""
    if kind.is_set:
        return
    for where, there in known.items():
        own = [each for each in there if each.body.source == source]
        if where not in rows and any(since is None or each.body.last >= since for each in own):
            yield RewrittenHistory(*where, rows_of(context.ledger, own[0], kind.row)[0], None)


def _appended(
    context: RecordKeeping,
    kind: ImportKind[R],
    source: str,
    new: dict[Where, list[R]],
    versions: dict[str, int],
    dry_run: bool,
    progress: Progress,
) -> int:
    """How many events were appended: all of one append, or none."""
    total, done, count = sum(map(len, new.values())), 0, 0
    events: list[NewEvent] = []
    blobs: dict[str, bytes] = {}
    expect: dict[str, int] = {}
    for (environment, application), rows in new.items():
        for some, data in _chunks(rows):
            times = [kind.time(row) for row in some]
            digest = canonical.digest(data)
            body = kind.body(environment, application, source, digest, len(some), min(times), max(times))
            event = new_event(body)
            expect.setdefault(event.stream, versions.get(event.stream, 0))
            events.append(event)
            blobs[digest] = data
            done += len(some)
            count += 1
        if len(events) >= _EVENTS_AT_ONCE:
            _append(context, events, blobs, expect, dry_run)
            events, blobs, expect = [], {}, {}
            progress(done, total)
    _append(context, events, blobs, expect, dry_run)
    return count


def _append(
    context: RecordKeeping,
    events: list[NewEvent],
    blobs: dict[str, bytes],
    expect: dict[str, int],
    dry_run: bool,
) -> None:
    if events and not dry_run and (moved := context.append(events, expect=expect, blobs=blobs)) is not None:
        raise BusyError(f"somebody else imports history ({moved.stream} has new events); import it again")


def _chunks(rows: Sequence[R]) -> Iterator[tuple[Sequence[R], bytes]]:
    """Rows of one event each, with their bytes."""
    for start in range(0, len(rows), MOST_ROWS):
        yield from _small(rows[start : start + MOST_ROWS])


def _small(rows: Sequence[R]) -> Iterator[tuple[Sequence[R], bytes]]:
    data = encode_rows(rows)
    if len(data) <= MOST_BYTES or len(rows) == 1:
        yield rows, data
    else:
        half = len(rows) // 2
        yield from _small(rows[:half])
        yield from _small(rows[half:])
