"""What can be wrong with the file itself, beside what `ledger.verify` finds in the log."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import projecting
from ldmrelease.ledger.errors import Damaged, LedgerProblem
from ldmrelease.ledger.interface import EventCheck, EventRow, IndexTrust
from ldmrelease.ledger.sqlite import index_pages, rows, schema, states

_ROW = "SELECT * FROM events {} WHERE sequence = ? AND stream = ? AND kind = ? AND stream_version = ?"


def everything(
    connection: sqlite3.Connection,
    ledger: str,
    projectors: Sequence[Projector],
    checkpoint: Checkpoint | None,
    check: EventCheck | None,
    trust: IndexTrust | None,
) -> tuple[LedgerProblem, ...]:
    """All problems of a ledger, in one transaction of the caller."""
    from ldmrelease.ledger.verify import Verification  # noqa: PLC0415 - whoever opens a ledger asks for less

    broken = tuple(_file(connection))
    if broken:
        return broken
    found = list(schema_problems(connection))
    verification = Verification(ledger, projectors, check, trust)
    verification.events(rows.all_rows(connection))
    verification.blobs(rows.all_blobs(connection))
    verification.states(states.all_states(connection))
    found += verification.problems
    found += index_pages.problems(connection)
    if checkpoint is not None:
        behind = not_extending(connection, ledger, verification.walk.genesis, checkpoint)
        found += [behind] if behind else []
    return tuple(found)


def not_extending(
    connection: sqlite3.Connection, ledger: str, genesis: str, checkpoint: Checkpoint
) -> LedgerProblem | None:
    """What keeps this ledger from being a future of the checkpoint."""
    from ldmrelease.ledger import checkpoints  # noqa: PLC0415 - as above

    there = connection.execute("SELECT hash FROM events WHERE sequence = ?", (checkpoint.size,)).fetchone()
    (size,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
    return checkpoints.not_extending(
        checkpoint, ledger=ledger, genesis=genesis, size=size, hash_there=there[0] if there else None
    )


def _file(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    for (told,) in connection.execute("PRAGMA integrity_check(10)"):
        if told != "ok":
            yield LedgerProblem("unreadable", "file", "", str(told))


def schema_problems(connection: sqlite3.Connection) -> Iterator[LedgerProblem]:
    """Tables, indexes, triggers and views that are not as they were made."""
    expected, found = schema.as_made(), schema.as_found(connection)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield LedgerProblem("schema", name, expected.get(name, ""), found.get(name, ""))


def require_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `Damaged` where a table, index, trigger or view is not as it was made."""
    problem = next(schema_problems(connection), None)
    if problem is not None:
        raise Damaged(
            f"{path}: {problem.where!r} is not as a ledger has it: tables, indexes or triggers were changed, put in or "
            "taken out; `ledger verify` says which"
        )


def require_counted(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `Damaged` where an index does not have as many events as there are.

    Its SQL can be spelled as it should be and not be what it was built by.
    """
    (size,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM events NOT INDEXED").fetchone()
    for index in _indexes(connection):
        # A lone count(*) is taken from the smallest index, whichever INDEXED BY names.
        counting = f"SELECT count(*), 0 FROM events INDEXED BY {index}"  # noqa: S608 - a name of our own
        (count, _) = connection.execute(counting).fetchone()
        if count != size:
            raise Damaged(
                f"{path}: the index {index} has {count} events, and the log ends with event {size}: rows were hidden "
                "or taken out; `ledger verify` says more"
            )


def require_indexed(connection: sqlite3.Connection, path: Path, behind: int) -> None:
    """Raise `Damaged` where an index has an event behind the event `behind` elsewhere than where it belongs."""
    for index in _indexes(connection):
        (hidden,) = connection.execute(_misplaced(connection, index), (behind,)).fetchone()
        if hidden is not None:
            raise Damaged(
                f"{path}: the index {index} does not have event {hidden} where it belongs: it was hidden; "
                "`ledger verify` says more"
            )


def _misplaced(connection: sqlite3.Connection, index: str) -> str:
    """Finds the first event, of those behind a number, that an index has under another key than its own."""
    columns = [name for (name,) in connection.execute("SELECT name FROM pragma_index_info(?)", (index,))]
    same = " AND ".join(f"key.{name} = event.{name}" for name in dict.fromkeys((*columns, "sequence")))
    sought = f"SELECT 1 FROM events AS key INDEXED BY {index} WHERE {same}"  # noqa: S608 - names of our own
    return (
        f"SELECT min(sequence) FROM events AS event NOT INDEXED WHERE sequence > ? AND NOT EXISTS ({sought})"  # noqa: S608 - the same
    )


def require_kept(connection: sqlite3.Connection, path: Path, appended: Sequence[EventRow]) -> None:
    """Raise `Damaged` where events just written are not there by every index, or are not the end of the log."""
    ways = ["NOT INDEXED", *(f"INDEXED BY {index}" for index in _indexes(connection))]
    for row in appended:
        sought = (row.sequence, row.stream, row.kind, row.stream_version)
        for way in ways:
            _require_same(connection.execute(_ROW.format(way), sought).fetchone(), row, path)
    if not appended:
        return
    last = appended[-1]
    end = connection.execute("SELECT * FROM events NOT INDEXED ORDER BY sequence DESC LIMIT 1").fetchone()
    _require_same(end, last, path)
    known = states.state(connection, projecting.HEAD, projecting.HEAD_KEY)
    if known != {"sequence": last.sequence, "hash": last.hash}:
        raise _not_kept(path, last)


def _require_same(found: tuple[object, ...] | None, written: EventRow, path: Path) -> None:
    if found != tuple(written):
        raise _not_kept(path, written)


def _not_kept(path: Path, row: EventRow) -> Damaged:
    return Damaged(
        f"{path}: event {row.sequence} was written and is not there as it was written: triggers or indexes of the file "
        "were changed; nothing was appended, and `ledger verify` says more"
    )


def _indexes(connection: sqlite3.Connection) -> list[str]:
    """The indexes of the events by their names in the file, which are ours: `require_schema` comes first."""
    return [name for (name,) in connection.execute("SELECT name FROM pragma_index_list('events')")]
