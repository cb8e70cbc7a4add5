"""The ledger in a file: where it is made, what keeps it from being changed, and what is there again."""

import sqlite3
from pathlib import Path

import pytest

from ldmrelease.domain import canonical
from ldmrelease.ledger import Ledger, LedgerError, LedgerExists, NoLedger, create_ledger, open_ledger
from ldmrelease.projections.registry import PROJECTORS

from .conftest import NOON, add


def test_a_ledger_is_never_created_over_a_file(ledger: Ledger, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerExists):
        create_ledger(path, at=NOON, actor="mallory", projectors=PROJECTORS)
    assert path.read_bytes() == before


def test_creating_leaves_nothing_but_the_ledger(ledger: Ledger, path: Path) -> None:
    ledger.close()
    assert [each.name for each in path.parent.iterdir()] == ["ledger.db"]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="unable to open"):
        create_ledger(tmp_path / "missing" / "ledger.db", at=NOON, actor="alice", projectors=PROJECTORS)


def test_what_was_appended_is_there_after_reopening(ledger: Ledger, path: Path) -> None:
    head = add(ledger, "a")
    stored = ledger.get(2)
    ledger.close()
    with open_ledger(path, projectors=PROJECTORS) as again:
        assert again.head() == head
        assert again.get(2) == stored
        assert (again.uuid, again.genesis) == (ledger.uuid, ledger.genesis)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET actor = 'mallory' WHERE sequence = 2",
        "DELETE FROM events WHERE sequence = 2",
        "INSERT OR REPLACE INTO events SELECT sequence, time, 'mallory', kind, stream, stream_version, "
        "body, previous, hash FROM events WHERE sequence = 2",
        "INSERT OR REPLACE INTO events SELECT 3, time, 'mallory', kind, stream, stream_version, "
        "body, previous, hash FROM events WHERE sequence = 2",
        "UPDATE blobs SET data = x'00'",
        "DELETE FROM blobs",
        "INSERT OR REPLACE INTO blobs SELECT digest, x'00' FROM blobs",
    ],
)
def test_nothing_that_was_appended_can_be_changed_by_sql(ledger: Ledger, path: Path, sql: str) -> None:
    add(ledger, "a", blobs={canonical.digest(b"x"): b"x"})
    before = list(ledger.events())
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|only"):
        other.execute(sql)
    other.close()
    assert list(ledger.events()) == before
    assert ledger.blob(canonical.digest(b"x")) == b"x"


def test_an_address_may_name_its_store(ledger: Ledger, path: Path) -> None:
    with open_ledger(f"sqlite:{path}", projectors=PROJECTORS) as again:
        assert (again.uuid, again.address) == (ledger.uuid, str(path))


def test_an_address_of_an_unknown_store_is_told(path: Path) -> None:
    with pytest.raises(NoLedger, match="known are sqlite, and paths"):
        open_ledger("cassandra://there/ledger", projectors=PROJECTORS)
    assert list(path.parent.iterdir()) == []
