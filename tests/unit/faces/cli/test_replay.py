"""Replay of what real promotions decided: from the ledger alone, the same bytes in any process and year."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.facts import Facts
from tests.workspace import WEEKLY, Site, said

REPLAY = """
import json, sys
from pathlib import Path
from ldmrelease.ledger import open_ledger
from ldmrelease.domain.events.promotion import DecisionMade
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.decisions.replay import replay
with open_ledger(Path(sys.argv[1]), projectors=()) as ledger:
    events = [
        event
        for each in sys.argv[2:]
        for event in ledger.events(stream=promotion_stream(each), kinds=["decision.made"])
    ]
    made = [claimed_body(each, DecisionMade) for each in events]
    print(json.dumps([[each.stage, each.digest, each.again] for each in replay(ledger, made)]))
"""


@pytest.fixture
def decided(developed: Site) -> Site:
    """A promotion over the places of a level, and one that was refused."""
    site = developed
    assert site.run("promote", WEEKLY, "--target", "usdf-cm").exit_code == 1
    return site


def ids(site: Site) -> list[str]:
    return [each["promotion"] for each in json.loads(site.ok("promotions", "list", "-o", "json"))]


@pytest.mark.parametrize(("zone", "seed"), [("America/Santiago", "1"), ("Pacific/Kiritimati", "4711")])
def test_another_process_zone_and_seed_give_the_same_bytes(decided: Site, zone: str, seed: str) -> None:
    """Of the workspace only the ledger is left."""
    alone = decided.root.parent / "alone.db"
    with sqlite3.connect(decided.root / "ledger.db") as source, sqlite3.connect(alone) as copy:
        source.backup(copy)
    done = subprocess.run(
        [sys.executable, "-c", REPLAY, str(alone), *ids(decided)],
        env=os.environ | {"TZ": zone, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    replayed = json.loads(done.stdout)
    assert all(again == recorded for _, recorded, again in replayed)
    stages = {stage for stage, _, _ in replayed}
    assert {"ask", "enter", "confirm"} <= stages


def test_a_policy_of_today_does_not_change_what_was_decided(decided: Site) -> None:
    decided.edit(lambda text: text.replace("max-age: 24h", "max-age: 1h"), "policies/development.yaml")
    before = decided.everything()
    said = decided.ok("promotions", "replay", ids(decided)[0])
    assert "confirm" in said
    assert said.count("same bytes") == len(said.splitlines()) - 1
    assert decided.everything() == before


def test_facts_that_are_read_and_written_keep_their_digest(decided: Site) -> None:
    with decided.context().ledger as ledger:
        for event in ledger.events(kinds=[EventKind.DECIDED]):
            body = said(event)
            facts = ledger.blob(body["facts"])
            assert canonical.encode(canonical.decode(facts, Facts)) == facts
            decision = canonical.decode(ledger.blob(body["decision"]), Decision)
            assert (decision.facts, str(decision.verdict)) == (body["facts"], body["verdict"])
            kept = canonical.decode(facts, Facts)
            assert ledger.has_blob(kept.policy)
            assert ledger.has_blob(kept.keyring)


def test_a_decision_that_does_not_follow_from_its_facts_is_told(
    decided: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldmrelease.policy.engine.verdict_of", lambda _findings: "waiting")
    done = decided.run("promotions", "replay", ids(decided)[0], "-o", "json")
    assert done.exit_code == 1
    assert not any(each["same"] for each in json.loads(done.stdout))


def test_a_promotion_that_is_not_there_is_a_mistake(site: Site) -> None:
    assert site.run("promotions", "replay", "P-4711").exit_code == 2
