"""`audit replay`: what real promotions decided, from the ledger's blobs, in another process and another place."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.answers.audit_replays import audit_replay_answer
from ldmrelease.domain import canonical
from ldmrelease.domain.events import EventKind
from ldmrelease.render.audit_replays import audit_replay_text
from ldmrelease.services.audit.differences import FirstDifference
from ldmrelease.services.audit.regather import KeyringsOfThen
from ldmrelease.services.audit.replay_all import other_surroundings, recorded_decisions
from ldmrelease.services.audit.replay_decision import ReplayedDecision, ReplayState, replay_decision
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, said


@pytest.fixture(scope="module")
def decided_once(developed_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Promotions over the places of a level, one that waits, one that was refused, a rollback."""
    site = developed_once.copy(tmp_path_factory.mktemp("decided") / "workspace")
    assert site.run("promote", WEEKLY, "--target", "usdf-cm").exit_code == 1
    site.advance(hours=1)
    site.ok("rollback", BEFORE, "--target", PLACE, "--reason", "too slow")
    return site


@pytest.fixture
def decided(decided_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return decided_once.copy(tmp_path_factory.mktemp("copy") / "workspace")


def replayed(site: Site, *words: str) -> tuple[int, dict[str, Any]]:
    done = site.run("audit", "replay", *(words or ("--all",)), "-o", "json")
    return done.exit_code, json.loads(done.stdout)


def decisions(site: Site) -> list[dict[str, Any]]:
    return [said(each) for each in site.events(EventKind.DECIDED)]


def other_blob(site: Site, digest: str, data: bytes | None) -> None:
    """Whoever can write the file puts other bytes in a blob's place, or none, and leaves no other trace."""
    with closing(sqlite3.connect(site.root / "ledger.db")) as connection, connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        if data is None:
            connection.execute("DELETE FROM blobs WHERE digest = ?", (digest,))
        else:
            connection.execute("UPDATE blobs SET data = ? WHERE digest = ?", (data, digest))
        for _, made in guards:
            connection.execute(made)


def test_every_decision_comes_out_with_the_same_bytes(decided: Site) -> None:
    before = decided.everything()
    code, found = replayed(decided, "--all", "--jobs", "2")
    assert (code, found["same"], found["differ"], found["uncounted"]) == (0, found["decisions"], 0, 0)
    assert found["decisions"] == len(decisions(decided)) > 6
    assert {"ask", "enter", "confirm"} <= {each["stage"] for each in found["replays"]}
    assert [each["event"] for each in found["replays"]] == sorted(each["event"] for each in found["replays"])
    assert found["surroundings"]["zone"] == "Pacific/Chatham"
    assert decided.everything() == before


def test_a_promotion_is_no_decision_and_leads_to_its_own(decided: Site) -> None:
    done = decided.run("audit", "replay", "P-12")
    assert done.exit_code == 2
    assert "P-12 is a promotion; `ldmrelease promotions show P-12` names its decisions" in done.stderr


def test_it_says_what_of_the_facts_it_read_again(decided: Site) -> None:
    _, found = replayed(decided)
    gathered = {name for each in found["replays"] for name in each["gathered"]}
    assert gathered >= {"release", "statements", "runs", "residences"}
    stored = {name for each in found["replays"] for name in each["as_stored"]}
    assert "images" in stored
    assert not gathered & stored


def test_one_is_named_by_the_beginning_of_its_digest(decided: Site) -> None:
    digest = decisions(decided)[0]["decision"]
    for name in (digest, digest.removeprefix("sha256:")[:12]):
        code, found = replayed(decided, name)
        assert (code, {each["decision"] for each in found["replays"]}) == (0, {digest})
    told = decided.ok("audit", "replay", digest)
    assert told.startswith("same bytes: decision sha256:")
    assert "read again from the ledger: release" in told


def test_a_workspace_of_today_does_not_change_what_was_decided(decided: Site) -> None:
    decided.edit(lambda text: text.replace("max-age: 24h", "max-age: 1h"), "policies/development.yaml")
    decided.edit(lambda text: text.replace("tests: [names-a-release,", "tests: [more, names-a-release,"))
    assert replayed(decided)[0] == 0


@pytest.mark.parametrize("part", ["decision", "facts"])
def test_a_blob_that_is_missing_is_told_and_the_others_are_made(decided: Site, part: str) -> None:
    lost = decisions(decided)[-1][part]
    other_blob(decided, lost, None)
    code, found = replayed(decided)
    missing = [each for each in found["replays"] if each["state"] == "missing"]
    assert (code, found["differ"]) == (3, 0)
    assert found["same"] + len(missing) == found["decisions"]
    assert found["same"]
    assert all(lost in (each["decision"], each["facts"]) and lost in each["detail"] for each in missing)


def test_a_statement_whose_envelope_is_missing_is_told(decided: Site) -> None:
    taken = said(decided.events(EventKind.RECEIVED)[0])["blob"]
    other_blob(decided, taken, None)
    code, found = replayed(decided)
    assert code == 3
    assert any(taken in (each["detail"] or "") for each in found["replays"])


def test_bytes_that_were_exchanged_are_not_taken_for_what_was_stored(decided: Site) -> None:
    digest = decisions(decided)[0]["decision"]
    other_blob(decided, digest, canonical.encode({"verdict": "allowed"}))
    code, found = replayed(decided)
    assert code == 3
    states = {each["state"] for each in found["replays"] if each["decision"] == digest}
    assert states == {"missing"}


def changed(site: Site, part: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> ReplayedDecision:
    """The last confirmation made again, as if a promoter had signed another of its blobs."""
    with site.context().ledger as ledger:
        recorded = [each for each in recorded_decisions(site.context()) if each.stage == "confirm"][-1]
        plain = canonical.parse(ledger.blob(getattr(recorded, part)))
        other = ledger.put_blob(canonical.encode(change(plain)))
        if part == "facts":
            decision = canonical.parse(ledger.blob(recorded.decision)) | {"facts": other}
            recorded = replace(recorded, decision=ledger.put_blob(canonical.encode(decision)))
        return replay_decision(KeyringsOfThen(ledger), replace(recorded, **{part: other}))


def test_a_decision_that_does_not_follow_from_its_facts_is_told_with_the_first_difference(
    decided: Site,
) -> None:
    found = changed(decided, "decision", lambda plain: plain | {"verdict": "waiting"})
    assert found.state is ReplayState.DECISION_DIFFERS
    assert found.difference == FirstDifference("verdict", "waiting", "allowed")


def uncounted(facts: dict[str, Any]) -> dict[str, Any]:
    first, *others = facts["statements"]
    return facts | {"statements": [first | {"counted": not first["counted"]}, *others]}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (uncounted, "statements/0/counted"),
        (lambda facts: facts | {"statements": facts["statements"][1:]}, "statements/"),
        (lambda facts: facts | {"runs": []}, "runs/0"),
        (
            lambda facts: facts | {"release": facts["release"] | {"content": "sha256:" + "0" * 64}},
            "release/content",
        ),
    ],
)
def test_facts_that_the_ledger_does_not_tell_are_told_with_the_first_difference(
    decided: Site, change: Callable[[dict[str, Any]], dict[str, Any]], path: str
) -> None:
    found = changed(decided, "facts", change)
    assert found.state is ReplayState.FACTS_DIFFER
    assert found.difference is not None
    assert found.difference.path.startswith(path)


def test_other_bytes_are_a_refusal(decided: Site) -> None:
    found = changed(decided, "facts", uncounted)
    answer = audit_replay_answer([found], other_surroundings({}), 0)
    assert answer.exit_code == 1
    told = audit_replay_text(answer)
    assert "OTHER FACTS: decision sha256:" in told
    assert "first difference at statements/0/counted" in told


def test_a_name_that_is_no_decision_is_a_mistake(decided: Site) -> None:
    for words in (("4711",), ("0" * 12,), ("sha256:" + "0" * 64,), (), ("--all", "0" * 12)):
        done = decided.run("audit", "replay", *words)
        assert done.exit_code == 2, words


def test_a_ledger_without_decisions_has_nothing_that_differs(ready: Site) -> None:
    code, found = replayed(ready)
    assert (code, found["decisions"]) == (0, 0)
