"""Who appends signs the ledger's index from time to time, and what is then read rests on it."""

import itertools
import json

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.services import context
from tests.unit.faces.cli.test_ledger_attacks import edited
from tests.workspace import PLACE, Site


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "INDEX_EVERY", 3)


def signed(site: Site) -> int:
    return len(site.events(EventKind.INDEX_SIGNED))


def without_ledger_key(site: Site) -> None:
    site.edit(lambda text: "".join(each for each in text.splitlines(True) if "ledger: keys/" not in each))


def test_who_appends_signs_the_index_when_many_events_came(ready: Site) -> None:
    assert signed(ready) == 0
    ready.ok("observe")
    assert signed(ready) > 0
    assert "the chain holds" in ready.ok("ledger", "verify")
    numbers = [each.sequence for each in ready.events(EventKind.INDEX_SIGNED)]
    assert all(after - before > 3 for before, after in itertools.pairwise(numbers))


def test_who_has_no_key_for_it_appends_all_the_same(ready: Site) -> None:
    without_ledger_key(ready)
    ready.ok("observe")
    assert signed(ready) == 0


def test_an_old_event_that_was_moved_is_noticed_by_who_reads_it(ready: Site) -> None:
    for _ in range(3):
        ready.ok("observe")
    first = f"(SELECT min(sequence) FROM events WHERE stream = 'environment/{PLACE}')"
    edited(ready, f"UPDATE events SET stream = 'elsewhere', stream_version = 1 WHERE sequence = {first}")
    done = ready.run("history", PLACE)
    assert done.exit_code == 3
    assert "hidden or taken out" in done.stderr or "is not what was appended" in done.stderr


def test_a_checkpoint_that_is_asked_for_signs_the_index_where_it_is_far_behind(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ldmrelease.faces.cli import ledger  # noqa: PLC0415

    size = ready.head().size
    ready.ok("ledger", "checkpoint")
    assert (signed(ready), ready.head().size) == (0, size)
    monkeypatch.setattr(ledger, "_INDEXED_AT_HAND", 3)
    told = json.loads(ready.ok("ledger", "checkpoint"))
    assert (signed(ready), ready.head().size) == (1, size + 1)
    assert "payload" in told


def test_an_export_has_events_alone_and_the_index_is_made_of_them(ready: Site) -> None:
    ready.ok("observe")
    there = ready.ok("where", "--output", "json")
    ready.ok("ledger", "export", str(ready.root / "backup.jsonl"))
    for each in ready.root.glob("ledger.db*"):
        each.unlink()
    ready.ok("ledger", "import", str(ready.root / "backup.jsonl"))
    assert ready.ok("where", "--output", "json") == there
    with ready.context().ledger as ledger:
        assert ledger.unindexed() < ledger.head().size
    assert "the chain holds" in ready.ok("ledger", "verify")


def test_pages_that_somebody_took_away_are_told_when_asked(
    ready: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldmrelease.logs._enabled", True)
    ready.ok("observe")
    there = ready.ok("where")
    edited(ready, "DELETE FROM index_pages")
    with caplog.at_level("INFO", logger="ldmrelease.ledger"):
        assert ready.ok("where") == there
    assert "its pages are lost or edited" in caplog.text
