"""Ledgers of which events are in signed indexes, everything that can be asked of them, and edits of their rows."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Ledger, create_ledger, log, open_ledger
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.sqlite.ledger import SqliteLedger

from .conftest import NOON
from .signed import Trust, sign
from .test_damage import edit

STREAMS, KINDS = ("a", "b", "release/x", "release/y", "alone"), ("test.one", "test.two", "test.three")


def fill(ledger: Ledger, count: int, *, seed: int = 0, start: int = 0) -> None:
    chosen = random.Random(seed)
    events = [
        NewEvent(chosen.choice(KINDS), chosen.choice(STREAMS[:4]), {"number": number})
        for number in range(start, start + count)
    ]
    ledger.append(events, at=NOON, actor="bob")


def make_indexed(path: Path) -> Path:
    """A file of which the first 400 events are in one signed index, and 2,600 in the next: 400 is older than the 2,000
    latest, which are looked at without an index, too.
    """
    with create_ledger(path, at=NOON, actor="alice", projectors=()) as made:
        fill(made, 398)
        made.append([NewEvent("test.once", "alone")], at=NOON, actor="bob")
        assert made.sign_index(at=NOON, actor="bob", sign=sign) is not None
        made.require_whole(Trust(made.genesis))
        fill(made, 2199, seed=1, start=400)
        assert made.sign_index(at=NOON, actor="bob", sign=sign) is not None
        fill(made, 50, seed=2, start=2600)
    return path


def opened(path: Path) -> SqliteLedger:
    ledger = open_ledger(path, projectors=())
    assert isinstance(ledger, SqliteLedger)
    try:
        ledger.require_whole(Trust(ledger.genesis))
    except BaseException:
        ledger.close()
        raise
    return ledger


def answers(ledger: Ledger) -> dict[str, Any]:
    """Everything that can be asked of the events of a ledger."""
    size = ledger.head().size
    marks = sorted({0, 1, 2, size // 3, size // 2, size - 1, size, size + 1, 400, 401, 2602})
    streams = (*STREAMS, "ledger", "checkpoints", "nothing")
    kinds = (*KINDS, "test.once", "index.signed", "test.none")
    found: dict[str, Any] = {
        "all": list(ledger.events()),
        "release": list(ledger.events(stream_prefix="release/")),
    }
    for stream in streams:
        found[f"version {stream}"] = ledger.version(stream)
        for kind in (None, *kinds):
            asked = None if kind is None else [kind]
            for mark in marks:
                found[f"{stream} {kind} after {mark}"] = list(ledger.events(stream, asked, after=mark))
            for upto in (None, *marks):
                found[f"last {stream} {kind} {upto}"] = ledger.last(stream, kind, upto)
        found[f"two of {stream}"] = list(ledger.events(stream, KINDS[:2]))
    for kind in kinds:
        for mark in marks:
            found[f"{kind} after {mark}"] = list(ledger.events(kinds=[kind], after=mark))
            found[f"rows {kind} after {mark}"] = list(ledger.rows([kind], after=mark))
    found["two kinds"] = list(ledger.events(kinds=KINDS[:2]))
    found |= {f"get {mark}": ledger.get(mark) for mark in marks}
    return found


def plain_answers(path: Path) -> dict[str, Any]:
    with open_ledger(path, projectors=()) as ledger:
        return answers(ledger)


def row_of(path: Path, sequence: int) -> EventRow:
    with open_ledger(path, projectors=()) as ledger:
        assert isinstance(ledger, SqliteLedger)
        found = ledger._db.row("SELECT * FROM events WHERE sequence = ?", (sequence,))
        assert found is not None
        return EventRow._make(found)


def last_of(path: Path, stream: str, upto: int) -> EventRow:
    with open_ledger(path, projectors=()) as ledger:
        found = ledger.last(stream, upto=upto)
        assert found is not None
        return row_of(path, found.sequence)


def delete(path: Path, row: EventRow) -> None:
    edit(path, f"DELETE FROM events WHERE sequence = {row.sequence}")


def replace(path: Path, row: EventRow) -> None:
    """With a right hash of its own."""
    forged = row._replace(body='{"number":99}')
    with open_ledger(path, projectors=()) as ledger:
        right = log.row_hash(ledger.uuid, forged)
    edit(
        path,
        f"UPDATE events SET body = '{forged.body}', hash = '{right}' WHERE sequence = {row.sequence}",
    )


def move(path: Path, row: EventRow) -> None:
    edit(
        path,
        f"UPDATE events SET stream = 'elsewhere', stream_version = 1 WHERE sequence = {row.sequence}",
    )


def move_and_hash(path: Path, row: EventRow) -> None:
    moved = row._replace(stream="elsewhere", stream_version=1)
    with open_ledger(path, projectors=()) as ledger:
        right = log.row_hash(ledger.uuid, moved)
    edit(
        path,
        f"UPDATE events SET stream = 'elsewhere', stream_version = 1, hash = '{right}' "
        f"WHERE sequence = {row.sequence}",
    )


def rename(path: Path, row: EventRow) -> None:
    edit(path, f"UPDATE events SET kind = 'test.other' WHERE sequence = {row.sequence}")


Attack = Callable[[Path, EventRow], None]
ATTACKS: tuple[Attack, ...] = (delete, replace, move, move_and_hash, rename)
