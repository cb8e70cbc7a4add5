"""Where the clock can be set a soak takes no time: what was signed by such a clock counts in no other workspace."""

import base64
import json
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.receipts import receipts_at
from tests.workspace import BASE, PLACE, TESTSTAND, WEEKLY, Site


@pytest.fixture(scope="module")
def promoted_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = ready_once.copy(tmp_path_factory.mktemp("promoted") / "workspace")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    site.advance(hours=3)
    site.ok("observe")
    return site


@pytest.fixture
def promoted(promoted_once: Site, tmp_path: Path) -> Site:
    """Put there, checked and soaked in a few seconds, at times that somebody made up."""
    return promoted_once.copy(tmp_path / "workspace")


@pytest.mark.parametrize("kind", [EventKind.OBSERVED, EventKind.REGISTERED, EventKind.RECEIPT])
def test_what_is_signed_by_a_clock_of_its_own_says_so(promoted: Site, kind: str) -> None:
    found = promoted.events(kind)
    assert found
    assert all(each.body["clock"] is True for each in found)


def test_the_published_receipt_says_so(promoted: Site) -> None:
    context = promoted.context()
    with context.ledger:
        found = list(receipts_at(context, Place.parse(TESTSTAND)))
    assert found
    for each in found:
        predicate = json.loads(base64.b64decode(json.loads(each.envelope)["payload"]))["predicate"]
        (extension,) = [value for name, value in predicate.items() if name.endswith("/receipt/v1")]
        assert extension["clock"] is True


def test_without_the_clock_none_of_it_counts(promoted: Site) -> None:
    assert promoted.run("check", WEEKLY, "--target", BASE).exit_code == 0
    promoted.wall_clock()
    before = promoted.committed(BASE)
    assert promoted.run("promote", WEEKLY, "--target", BASE).exit_code != 0
    assert promoted.committed(BASE) == before
    assert "never-observed" in promoted.ok("where", TESTSTAND, "-o", "json")
    context = promoted.context()
    with context.ledger:
        assert list(receipts_at(context, Place.parse(TESTSTAND))) == []


def test_nor_does_what_the_wall_clock_told_count_beside_a_clock(ready: Site) -> None:
    ready.begin_on_the_wall()
    assert "never-observed" not in ready.ok("where", PLACE, "-o", "json")
    ready.edit(lambda text: f"clock: 2030-01-01T00:00:00Z\n{text}")
    assert "2030" in ready.run("where", PLACE).stderr
    assert "never-observed" in ready.ok("where", PLACE, "-o", "json")


def test_the_ledger_says_why_it_does_not_count(promoted: Site) -> None:
    assert promoted.run("ledger", "verify").exit_code == 0
    promoted.wall_clock()
    done = promoted.run("ledger", "verify")
    assert done.exit_code == 1
    assert "a workspace with a clock of its own" in done.stdout + done.stderr
