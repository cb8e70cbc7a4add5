"""Whoever can write the ledger's file, the fences and the registry: what is noticed, and what stops nobody."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from ldmrelease.domain.events import EventKind, NewEvent
from ldmrelease.ledger import open_ledger
from ldmrelease.ledger.sqlite.ledger import SqliteLedger
from ldmrelease.projections.registry import PROJECTORS
from tests.unit.faces.cli.test_forged_rows import forge
from tests.workspace import BEFORE, PLACE, WEEKLY, Site


def edited(site: Site, *statements: str) -> None:
    """Without the guards, as whoever has the file can."""
    with closing(sqlite3.connect(site.root / "ledger.db")) as connection, connection:
        (guard,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'events_stay'").fetchone()
        connection.execute("DROP TRIGGER events_stay")
        for each in statements:
            connection.execute(each)
        connection.execute(guard)


@pytest.mark.parametrize(
    "change",
    [
        "stream = stream || 'x', stream_version = 1",
        "body = replace(body, 'A', 'B')",
        "actor = 'me'",
        "kind = 'x'",
    ],
)
@pytest.mark.parametrize("kind", ["observation.made", "release.pinned"])
def test_a_row_that_was_renamed_or_changed_in_place_is_noticed_on_opening(
    ready: Site, kind: str, change: str
) -> None:
    last = f"(SELECT max(sequence) FROM events WHERE kind = '{kind}')"
    edited(ready, f"UPDATE events SET {change} WHERE sequence = {last}")
    for words in (("where",), ("history",), ("promote", WEEKLY, "--target", PLACE)):
        done = ready.run(*words)
        assert done.exit_code == 3, words
        assert "is not what was appended" in done.stderr or "does not follow" in done.stderr


def test_a_blob_that_was_taken_out_is_missed(ready: Site) -> None:
    ready.ok("ledger", "verify")
    with closing(sqlite3.connect(ready.root / "ledger.db")) as connection, connection:
        (guard,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'blobs_are_kept'"
        ).fetchone()
        connection.execute("DROP TRIGGER blobs_are_kept")
        connection.execute("DELETE FROM blobs")
        connection.execute(guard)
    done = ready.run("ledger", "verify", "-o", "json")
    assert done.exit_code == 1
    assert {each["code"] for each in json.loads(done.stdout)["problems"]} == {"missing"}


@pytest.mark.parametrize("junk", ["7", "[1]", '"text"', "no JSON", "{}", "null"])
def test_junk_for_the_head_is_told_plainly(ready: Site, junk: str) -> None:
    edited(ready, f"UPDATE states SET value = '{junk}' WHERE projection = 'head'")
    done = ready.run("where")
    assert done.exit_code == 3
    assert "the file was cut or edited" in done.stderr


def test_a_forged_date_far_ahead_stops_nobody(ready: Site) -> None:
    with open_ledger(ready.root / "ledger.db", projectors=PROJECTORS) as ledger:
        far = [NewEvent(EventKind.OBSERVED, f"environment/{PLACE}", {"x": 1})]
        ledger.append(far, at=ready.now + timedelta(days=30000), actor="x", expect={}, blobs={})
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(hours=1)
    ready.ok("observe")


def test_a_signed_date_far_ahead_is_named(ready: Site) -> None:
    now = ready.now
    ready.advance(days=300)
    ready.ok("observe", "--target", PLACE)
    ready.clock(now)
    done = ready.run("observe")
    assert done.exit_code == 3
    assert f"(event {ready.head().size})" in done.stderr
    assert f"event {ready.head().size} is of 2024" in ready.run("doctor").stdout


@pytest.mark.parametrize("version", [2, 10**9, 10**14])
def test_an_unsigned_row_of_a_newer_trust_document_stops_nobody(ready: Site, version: int) -> None:
    (real, *_) = ready.events("trust.adopted")
    forge(ready, real.stream, "trust.adopted", {"version": version, "digest": "sha256:" + "0" * 64})
    forged = {**real.body["envelope"], "signatures": [{"keyid": None, "sig": "AAAA"}]}
    forge(ready, real.stream, "trust.adopted", {"envelope": forged})
    ready.ok("promote", WEEKLY, "--target", PLACE)
    told = ready.run("doctor").stdout
    assert "(trust.adopted) does not count: unsigned" in told


def test_a_ledger_that_nobody_has_seen_is_a_finding(ready: Site) -> None:
    """Fences and the registry's checkpoint were deleted, and the tail cut: the doctor says that nobody can tell."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    for ref in [each for each in ready.refs() if each.startswith("refs/ldmrelease/")]:
        ready.git("update-ref", "-d", ref)
    shutil.rmtree(ready.root / "images/releases")
    done = ready.run("doctor", "-o", "json")
    assert done.exit_code == 1
    (found,) = [each for each in json.loads(done.stdout) if each["what"] == "ledger checkpoint"]
    assert found["health"] == "bad"
    assert "no checkpoint anywhere" in found["message"]
    assert ready.run("release", "show", BEFORE).exit_code == 0


def reindexed(site: Site, where: str) -> None:
    """Have the indexes of the events leave rows out, and spell them as before."""
    with closing(sqlite3.connect(site.root / "ledger.db", isolation_level=None)) as connection:
        made = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, sql in made:
            connection.execute(f"DROP INDEX {name}")
            connection.execute(f"{sql} WHERE {where}")
        connection.execute("PRAGMA writable_schema = ON")
        connection.executemany("UPDATE sqlite_schema SET sql = ?2 WHERE name = ?1", made)


def test_rows_that_the_indexes_leave_out_are_noticed_on_opening(ready: Site) -> None:
    """A fence of a release or an end of a promotion would be hidden that way, and every hash would be right."""
    reindexed(ready, f"sequence <> {ready.events('release.pinned')[0].sequence}")
    size = ready.head().size
    for words in (("where",), ("promote", WEEKLY, "--target", PLACE), ("resume", "--all")):
        done = ready.run(*words)
        assert done.exit_code == 3, words
        assert f"has {size - 1} events, and the log ends with event {size}" in done.stderr
    assert ready.run("ledger", "verify").exit_code != 0
    assert ready.head().size == size


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER quiet BEFORE INSERT ON events WHEN NEW.kind = 'x' BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER meta BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END",
        "CREATE VIEW one AS SELECT * FROM events",
        "CREATE INDEX one ON events (actor)",
        "DROP TRIGGER events_follow",
    ],
)
def test_a_changed_schema_is_noticed_on_opening(ready: Site, statement: str) -> None:
    with closing(sqlite3.connect(ready.root / "ledger.db")) as connection, connection:
        connection.execute(statement)
    for words in (("where",), ("promote", WEEKLY, "--target", PLACE)):
        done = ready.run(*words)
        assert done.exit_code == 3, words
        assert f"{statement.split()[2]!r} is not as a ledger has it" in done.stderr


@pytest.mark.parametrize("after", [0, 1])
def test_a_ledger_that_contradicts_itself_is_not_asked_for_ever(
    waiting: tuple[Site, str], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """A stream's version and its rows are read by different indexes: every append would be refused."""
    site, promotion = waiting
    stream, count = f"promotion/{promotion}", len(site.events(None, f"promotion/{promotion}"))
    real = SqliteLedger.version

    def version(ledger: SqliteLedger, name: str) -> int:
        found = real(ledger, name)
        return found + 1 if name == stream and found >= count + after else found

    monkeypatch.setattr(SqliteLedger, "version", version)
    done = site.run("abort", promotion)
    assert done.exit_code == 3
    assert "the ledger refused 5 appends in a row" in done.stderr
