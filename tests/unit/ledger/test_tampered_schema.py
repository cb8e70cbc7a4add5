"""A ledger that is open while somebody changes its triggers and indexes: appends are kept whole, or not at all."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import Damaged, Ledger
from ldmrelease.ledger.interface import EventRow
from ldmrelease.ledger.sqlite import schema, verify
from ldmrelease.ledger.sqlite.ledger import SqliteLedger
from ldmrelease.ledger.sqlite.ledger_files import open_ledger

from .conftest import NOON, add

IGNORE = "CREATE TRIGGER quiet {} BEGIN SELECT RAISE(IGNORE); END"


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for each in statements:
            db.execute(each)


def rebuilt(path: Path, index: str, columns: str, between: Callable[[], object] = lambda: None) -> None:
    """Build an index in another way, and spell it as before."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"DROP INDEX {index}")
        db.execute(f"CREATE INDEX {index} ON events {columns}")
        between()
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (schema.as_made()[index], index))


def nothing_is_kept(ledger: Ledger, told: str, **more: object) -> None:
    before = ledger.head()
    with pytest.raises(Damaged, match=told):
        add(ledger, "a", "b", **more)
    assert ledger.head() == before


@pytest.mark.parametrize(
    "when",
    [
        "BEFORE INSERT ON events WHEN NEW.stream = 'b'",
        "BEFORE INSERT ON states WHEN NEW.projection = 'head'",
        "BEFORE INSERT ON states WHEN NEW.projection <> 'head'",
        "BEFORE INSERT ON blobs",
    ],
)
def test_a_trigger_put_in_meanwhile_stops_the_next_append(ledger: Ledger, path: Path, when: str) -> None:
    add(ledger, "a")
    execute(path, IGNORE.format(when))
    nothing_is_kept(ledger, "'quiet' is not as a ledger has it")
    execute(path, "DROP TRIGGER quiet")
    add(ledger, "a", "b")
    ledger.require_whole()


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("BEFORE INSERT ON events WHEN NEW.stream = 'b'", "event 4 was written and is not there"),
        ("BEFORE INSERT ON states WHEN NEW.projection = 'head'", "event 4 was written and is not there"),
        ("BEFORE INSERT ON blobs", "was written and is not there: nothing was kept"),
    ],
)
def test_what_was_dropped_silently_is_missed_in_the_same_transaction(
    ledger: Ledger, path: Path, when: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ledger, "a")
    execute(path, IGNORE.format(when))
    monkeypatch.setattr(verify, "require_schema", lambda _connection, _path: None)
    nothing_is_kept(ledger, told, blobs={canonical.digest(b"x"): b"x"})
    assert not ledger.has_blob(canonical.digest(b"x"))


def test_an_append_that_an_index_would_hide_is_not_kept(ledger: Ledger, path: Path) -> None:
    """SQLite writes by the schema that it has read, and is not told that the text was put back."""
    add(ledger, "a")
    leaving_out = "(stream, sequence) WHERE sequence < 3"
    rebuilt(path, "events_by_stream", leaving_out, between=lambda: ledger.version("a"))
    nothing_is_kept(ledger, "no query solution")


@pytest.mark.parametrize(
    ("index", "columns"),
    [
        ("events_by_stream", "(stream, sequence)"),
        ("events_by_stream_and_kind", "(stream, kind, sequence)"),
        ("events_by_kind", "(kind, sequence)"),
    ],
)
def test_every_index_is_counted(ledger: Ledger, path: Path, index: str, columns: str) -> None:
    ledger.append([NewEvent("test", "a") for _ in range(9)], at=NOON, actor="bob")
    rebuilt(path, index, columns)
    ledger.require_whole()
    rebuilt(path, index, f"{columns} WHERE sequence NOT IN (4, 7)")
    with pytest.raises(Damaged, match=f"the index {index} has 8 events, and the log ends with event 10"):
        ledger.require_whole()
    assert {each.code for each in ledger.verify()} == {"unreadable"}


@pytest.mark.parametrize(
    ("index", "columns"),
    [
        ("events_by_stream", "(CASE sequence WHEN 4 THEN 'b' ELSE stream END, sequence)"),
        ("events_by_stream_and_kind", "(stream, CASE sequence WHEN 4 THEN 'x' ELSE kind END, sequence)"),
        ("events_by_kind", "(CASE sequence WHEN 4 THEN 'x' ELSE kind END, sequence)"),
    ],
)
def test_an_event_that_an_index_has_elsewhere_is_missed(
    ledger: Ledger, path: Path, index: str, columns: str
) -> None:
    """Built by an expression, and spelled as before: every count is right, and every hash."""
    ledger.append([NewEvent("test", "a") for _ in range(9)], at=NOON, actor="bob")
    rebuilt(path, index, columns)
    with pytest.raises(Damaged, match=f"the index {index} does not have event 4 where it belongs"):
        ledger.require_whole()


def test_a_stream_without_one_of_its_events_is_not_read_over_it(ledger: Ledger, path: Path) -> None:
    """However long ago it was: those before the latest are not looked for when a ledger is opened."""
    ledger.append([NewEvent("test", "a") for _ in range(9)], at=NOON, actor="bob")
    columns = "(CASE sequence WHEN 4 THEN 'b' ELSE stream END, sequence)"
    rebuilt(path, "events_by_stream", columns)
    with pytest.raises(Damaged, match="the stream a lacks its event 3"):
        list(ledger.events(stream="a"))


def test_an_append_while_a_ledger_is_looked_at_is_no_cut(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ledger, "a")
    real = SqliteLedger._last_row

    def last_row(own: SqliteLedger) -> EventRow:
        found = real(own)
        if own is ledger:
            with open_ledger(path, projectors=()) as other:
                other.append([NewEvent("test", "a")], at=NOON, actor="bob")
        return found

    monkeypatch.setattr(SqliteLedger, "_last_row", last_row)
    ledger.require_whole()
    monkeypatch.undo()
    ledger.require_whole()
    assert ledger.version("a") == 2


def test_a_trigger_behind_the_name_of_an_index_is_found(ledger: Ledger, path: Path) -> None:
    index = schema.as_made()["events_by_kind"]
    trigger = IGNORE.replace("quiet", "events_by_kind").format("BEFORE INSERT ON blobs")
    execute(path, "DROP INDEX events_by_kind", trigger, index)
    with pytest.raises(Damaged, match="'events_by_kind' is not as a ledger has it"):
        ledger.require_whole()
    assert [(each.code, each.where) for each in ledger.verify()] == [("schema", "events_by_kind")]
