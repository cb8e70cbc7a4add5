"""Ledgers that were cut, edited, forked or never were ledgers."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, NewEvent, event_hash
from ldmrelease.ledger import (
    Damaged,
    DiskFull,
    Ledger,
    LedgerError,
    LedgerExists,
    LedgerProblem,
    NoLedger,
    TooNew,
    create_ledger,
    open_ledger,
)
from ldmrelease.ledger.sqlite.new_file import created
from ldmrelease.projections.registry import PROJECTORS

from .conftest import NOON


def edit(path: Path, *statements: str) -> None:
    """Change a ledger as somebody with the file at hand would: triggers away first, and back afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in rows:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for _, sql in rows:
            db.execute(sql)


def found(ledger: Ledger) -> set[tuple[str, str]]:
    return {(each.code, each.where) for each in ledger.verify()}


def test_a_sound_ledger_has_no_problems(filled: Ledger) -> None:
    assert filled.verify(filled.checkpoint(NOON)) == ()


def test_no_file_is_no_ledger(path: Path) -> None:
    with pytest.raises(NoLedger, match=str(path)):
        open_ledger(path, projectors=PROJECTORS)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"garbage " * 1000, b"SQLite format 3\0" + b"\1" * 5000])
def test_what_is_no_database_is_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"ledger\.db"):
        open_ledger(path, projectors=PROJECTORS)


def test_a_database_that_is_no_ledger_is_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE cats (name TEXT)")
    with pytest.raises(Damaged, match="meta"):
        open_ledger(path, projectors=PROJECTORS)


@pytest.mark.parametrize("keep", [100, 4096, 8192, 20000])
def test_a_file_that_was_cut_is_damaged(filled: Ledger, path: Path, keep: int) -> None:
    filled.close()
    content = path.read_bytes()
    assert len(content) > keep
    path.write_bytes(content[:keep])
    with pytest.raises(Damaged):
        open_ledger(path, projectors=PROJECTORS)


def test_bytes_turned_over_in_the_file_never_pass(filled: Ledger, path: Path) -> None:
    filled.close()
    content = bytearray(path.read_bytes())
    place = content.index(b'{"number":7}')
    content[place + 10 : place + 11] = b"8"
    path.write_bytes(content)
    with open_ledger(path, projectors=PROJECTORS) as opened:
        assert ("hash", "event 9") in found(opened)
        with pytest.raises(Damaged, match="event 9 is not what was appended"):
            opened.get(9)
        with pytest.raises(Damaged, match="event 9"):
            list(opened.events())


def test_a_page_turned_over_is_told(filled: Ledger, path: Path) -> None:
    filled.close()
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_stream'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    with open_ledger(path, projectors=PROJECTORS) as opened:
        assert {each.code for each in opened.verify()} == {"unreadable"}


def test_an_index_that_does_not_fit_its_table_is_told(filled: Ledger, path: Path) -> None:
    filled.close()
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_kind'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    place = content.index(b"test", (page - 1) * size)
    content[place : place + 4] = b"past"
    path.write_bytes(content)
    with open_ledger(path, projectors=PROJECTORS) as opened:
        assert {each.code for each in opened.verify()} == {"unreadable"}


def test_a_closed_ledger_is_a_mistake_of_the_program(ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(sqlite3.ProgrammingError):
        ledger.head()


def test_a_ledger_of_a_newer_program_names_the_version_it_needs(ledger: Ledger, path: Path) -> None:
    edit(
        path,
        "UPDATE meta SET value = '2' WHERE key = 'schema'",
        "UPDATE meta SET value = '7.1.0' WHERE key = 'needs'",
    )
    with pytest.raises(TooNew, match=r"schema 2: it needs ldmrelease 7\.1\.0") as told:
        open_ledger(path, projectors=PROJECTORS)
    assert told.value.needs == "7.1.0"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM meta WHERE key = 'schema'", "schema version"),
        ("UPDATE meta SET value = 'zero' WHERE key = 'schema'", "schema version"),
        ("DELETE FROM meta WHERE key = 'ledger'", "which ledger"),
        ("UPDATE meta SET value = 'another' WHERE key = 'ledger'", "event 1"),
        ("DELETE FROM events WHERE sequence = 1", "creation"),
        ("DELETE FROM events", "creation"),
        ("UPDATE events SET kind = 'x' WHERE sequence = 1", "event 1"),
        ("UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE sequence = 1", "UTF-8"),
    ],
)
def test_a_ledger_that_lost_its_beginning_does_not_open(
    filled: Ledger, path: Path, statement: str, told: str
) -> None:
    filled.close()
    edit(path, statement)
    with pytest.raises(Damaged, match=told):
        open_ledger(path, projectors=PROJECTORS)


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        ("UPDATE events SET actor = 'mallory' WHERE sequence = 5", {("hash", "event 5")}),
        (
            "UPDATE events SET hash = 'sha256:0' WHERE sequence = 5",
            {("hash", "event 5"), ("chain", "event 6")},
        ),
        ("UPDATE events SET body = '{}' WHERE sequence = 5", {("hash", "event 5")}),
        ("UPDATE events SET body = '{\"number\": 3}' WHERE sequence = 5", {("encoding", "event 5")}),
        ("UPDATE events SET body = '[]' WHERE sequence = 5", {("encoding", "event 5")}),
        ("UPDATE events SET body = '{' WHERE sequence = 5", {("encoding", "event 5")}),
        (
            "UPDATE events SET time = '2023-04-20T14:00:00+02:00' WHERE sequence = 5",
            {("encoding", "event 5")},
        ),
        ("UPDATE events SET time = 'noon' WHERE sequence = 5", {("encoding", "event 5")}),
        (
            "DELETE FROM events WHERE sequence = 5",
            {("sequence", "event 6"), ("chain", "event 6")}
            | {("stream-version", f"event {number}") for number in range(6, 12)},
        ),
        ("UPDATE blobs SET data = x'00'", {("blob", canonical.digest(b"x"))}),
        (
            "INSERT INTO states VALUES ('pins', 'stack/w.2023.16', '[]')",
            {("projection", "pins stack/w.2023.16")},
        ),
        ("CREATE TABLE cats (name TEXT)", {("schema", "cats")}),
        ("DROP INDEX events_by_kind", {("schema", "events_by_kind")}),
    ],
)
def test_an_edit_is_found_where_it_was_made(
    filled: Ledger, path: Path, statement: str, problems: set[tuple[str, str]]
) -> None:
    edit(path, statement)
    assert found(filled) == problems


def test_a_guard_taken_away_is_found(filled: Ledger, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER events_stay")
    assert found(filled) == {("schema", "events_stay")}


def test_reads_of_an_unreadable_event_are_damage(filled: Ledger, path: Path) -> None:
    edit(path, "UPDATE events SET body = '[]' WHERE sequence = 5")
    with pytest.raises(Damaged, match="event 5 cannot be read"):
        filled.get(5)


@pytest.mark.parametrize("edited", ["body = '{}'", "actor = 'mallory'", "stream = 'elsewhere'"])
def test_an_edited_row_is_never_looked_at(filled: Ledger, path: Path, edited: str) -> None:
    kinds = {each.kind for each in filled.events()}
    assert len(list(filled.rows(kinds))) == filled.head().size
    edit(path, f"UPDATE events SET {edited} WHERE sequence = 5")
    with pytest.raises(Damaged, match="event 5 is not what was appended"):
        list(filled.rows(kinds))
    assert [each.sequence for each in filled.rows(kinds, after=5)] == list(range(6, filled.head().size + 1))


def test_an_edited_blob_is_never_read(filled: Ledger, path: Path) -> None:
    edit(path, "UPDATE blobs SET data = x'00'")
    with pytest.raises(Damaged, match="bytes differ"):
        filled.blob(canonical.digest(b"x"))


def test_a_ledger_emptied_under_a_reader_is_told(filled: Ledger, path: Path) -> None:
    edit(path, "DELETE FROM events")
    assert ("cut", "event 1") in found(filled)
    with pytest.raises(Damaged, match="has no events"):
        filled.head()


def rechain(path: Path, ledger: Ledger, change: Callable[[Event], Event]) -> None:
    """Forge the last event and give it a hash that is right."""
    last = list(ledger.events())[-1]
    forged = change(last)
    forged = replace(forged, hash=event_hash(forged))
    body, time = canonical.encode(forged.body).decode(), forged.time.strftime("%Y-%m-%dT%H:%M:%SZ")
    edit(
        path,
        f"UPDATE events SET body = '{body}', time = '{time}', hash = '{forged.hash}' "
        f"WHERE sequence = {forged.sequence}",
    )


def test_a_recomputed_chain_passes_alone_and_fails_its_checkpoint(filled: Ledger, path: Path) -> None:
    kept = filled.checkpoint(NOON)
    rechain(path, filled, lambda last: replace(last, body={"number": 99}))
    filled.rebuild_projections()
    assert filled.verify() == ()
    problem = filled.extends(kept)
    assert problem is not None
    assert (problem.code, problem.where, problem.expected) == ("fork", "event 11", kept.head)
    assert filled.verify(kept) == (problem,)


def test_a_time_that_goes_back_is_found_even_with_a_right_hash(filled: Ledger, path: Path) -> None:
    rechain(path, filled, lambda last: replace(last, time=NOON - timedelta(hours=1)))
    filled.rebuild_projections()
    assert found(filled) == {("time", "event 11")}


def test_a_cut_tail_fails_its_checkpoint(filled: Ledger, path: Path) -> None:
    kept = filled.checkpoint(NOON)
    edit(path, "DELETE FROM events WHERE sequence > 8")
    filled.rebuild_projections()
    assert filled.verify() == ()
    problem = filled.extends(kept)
    assert problem is not None
    assert (problem.code, problem.where, problem.found) == ("cut", "event 11", "8")
    assert str(problem) == "cut at event 11: expected at least 11 events, found 8"


def test_a_cut_tail_shows_at_one_look_unless_the_projections_were_cut_with_it(
    filled: Ledger, path: Path
) -> None:
    filled.require_whole()
    edit(path, "DELETE FROM events WHERE sequence > 8")
    with pytest.raises(Damaged, match="ends with event 8, and its projections have seen 11"):
        filled.require_whole()
    filled.rebuild_projections()
    filled.require_whole()


def test_a_ledger_that_grew_extends_its_checkpoint(filled: Ledger) -> None:
    kept = filled.checkpoint(NOON)
    filled.append([NewEvent("test", "a")], at=NOON, actor="bob")
    assert filled.extends(kept) is None


def test_another_ledger_does_not_extend_a_checkpoint(filled: Ledger, tmp_path: Path) -> None:
    with create_ledger(tmp_path / "other.db", at=NOON, actor="alice", projectors=PROJECTORS) as other:
        kept = other.checkpoint(NOON)
    problem = filled.extends(kept)
    assert problem is not None
    assert problem.code == "other-ledger"
    problem = filled.extends(replace(kept, ledger=filled.uuid))
    assert problem is not None
    assert problem.code == "other-genesis"


def test_a_full_disk_appends_nothing_and_breaks_nothing(filled: Ledger) -> None:
    sqlite = filled._db._sqlite
    (pages,) = sqlite.execute("PRAGMA page_count").fetchone()
    sqlite.execute(f"PRAGMA max_page_count = {pages}")
    large = [NewEvent("test", "a", {"text": "x" * 50_000})]
    with pytest.raises(DiskFull, match=r"ledger\.db"):
        filled.append(large, at=NOON, actor="bob", blobs={canonical.digest(b"y"): b"y"})
    assert filled.head().size == 11
    assert not filled.has_blob(canonical.digest(b"y"))
    sqlite.execute("PRAGMA max_page_count = 1000000")
    filled.append(large, at=NOON, actor="bob")
    assert filled.verify() == ()


def test_a_failed_creation_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LedgerError("broken")

    monkeypatch.setattr("ldmrelease.ledger.sqlite.schema.create_tables", broken)
    with pytest.raises(LedgerError, match="broken"):
        create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS)
    assert list(path.parent.iterdir()) == []


def test_of_two_that_create_at_once_one_is_told(path: Path) -> None:
    with pytest.raises(LedgerExists), created(path):
        create_ledger(path, at=NOON, actor="faster", projectors=PROJECTORS).close()
    with open_ledger(path, projectors=PROJECTORS) as ledger:
        assert ledger.verify() == ()
    assert [each.name for each in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EPERM, LedgerError)])
def test_a_name_that_cannot_be_given_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[LedgerError]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(kind, match=os.strerror(number)):
        create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS)
    assert list(path.parent.iterdir()) == []


def test_a_problem_without_values_is_its_code_and_place() -> None:
    assert str(LedgerProblem("unreadable", "file")) == "unreadable at file"


def test_an_older_ledger_is_brought_forward(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldmrelease.ledger.sqlite.schema.SCHEMA", 2)
    monkeypatch.setattr(
        "ldmrelease.ledger.sqlite.schema.MIGRATIONS",
        {1: "CREATE TABLE notes (text TEXT) STRICT;\nCREATE INDEX notes_by_text ON notes (text);"},
    )
    with open_ledger(path, projectors=PROJECTORS) as opened:
        assert found(opened) == {("schema", "notes"), ("schema", "notes_by_text")}
    with open_ledger(path, projectors=PROJECTORS) as again:
        assert again.head() == ledger.head()
    monkeypatch.undo()
    with pytest.raises(TooNew):
        open_ledger(path, projectors=PROJECTORS)
