"""Freeze, recall and lift as people do them: what is stopped, what the answer names, and what nobody may do."""

import json
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.acts import Hold, HoldKind
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.streams import HOLDS
from ldmrelease.services.acts.holds import known_holds
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.governance.holding import set_hold
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.unit.faces.cli.test_forged_rows import altered, forge
from tests.workspace import BASE, BEFORE, BEGIN, MENU, PLACE, TESTSTAND, WEEKLY, Site

WHY = ("--reason", "it segfaults")


def answer(site: Site, *words: str, code: int = 0) -> Any:
    done = site.run(*words, "-o", "json")
    assert done.exit_code == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def listed(site: Site, *words: str) -> list[tuple[str, str]]:
    return [(each["hold"], each["state"]) for each in answer(site, "holds", *words)["holds"]]


def held(site: Site, *words: str) -> list[dict[str, Any]]:
    """The holds that a decision names."""
    found = answer(site, "check", *words, code=1)
    findings = [each for decision in found["decisions"] for each in decision["findings"]]
    return [hold for each in findings if each["requirement"] == "held" for hold in each["values"]["holds"]]


def test_a_freeze_refuses_until_it_is_lifted_and_names_person_reason_and_remedy(ready: Site) -> None:
    refs = ready.refs()
    frozen = answer(ready, "freeze", "usdfdev", "--reason", "the mirror is out")
    assert (frozen["recorded"], frozen["hold"]["hold"], frozen["hold"]["scopes"]) == (
        True,
        "H-1",
        ["usdfdev"],
    )
    assert PLACE in frozen["places"]
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    assert "it is held: H-1 by release manager since 2023-04-20T12:00:00Z: the mirror is out" in done.stdout
    assert "next: ldmrelease lift H-1 --reason WHY" in done.stdout
    assert ready.refs() == refs
    ready.ok("lift", "H-1", "--reason", "it is back")
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_a_dry_run_and_a_bad_word_write_nothing(ready: Site) -> None:
    before = ready.everything()
    assert "nothing was recorded" in ready.ok("freeze", "summit", "-n", *WHY)
    assert "nothing was recorded" in ready.ok("recall", BEFORE, "--dry-run", *WHY)
    for words in (
        ("freeze", *WHY),
        ("freeze", "summit", "--everywhere", *WHY),
        ("freeze", "sumit", *WHY),
        ("freeze", "level:prod", *WHY),
        ("freeze", "summit"),
        ("freeze", "summit", "--reason", " "),
        ("freeze", "summit", "--until", "2023-04-20T11:00:00Z", *WHY),
        ("freeze", "summit", "--from", "2h", "--until", "1h", *WHY),
        ("freeze", "summit", "--until", "soon", *WHY),
        ("recall", *WHY),
        ("recall", "nonsense", *WHY),
        ("recall", BEFORE, "--component", "nope", *WHY),
        ("recall", "--having", 'release.kind == "weekly', *WHY),
        ("recall", "--having", "release.kind", *WHY),
        ("recall", "--having", 'state == "running"', *WHY),
        ("lift", "H-9", *WHY),
    ):
        done = ready.run(*words)
        assert done.exit_code == 2, words
    assert ready.everything() == before


@pytest.mark.parametrize(
    ("target", "scope"),
    [
        ("usdfdev", "usdfdev"),
        (PLACE, PLACE),
        ("level:commissioning", "level:commissioning"),
        ("commissioning", "level:commissioning"),
    ],
)
def test_a_freeze_takes_what_target_takes(ready: Site, target: str, scope: str) -> None:
    assert answer(ready, "freeze", target, *WHY)["hold"]["scopes"] == [scope]


def test_a_freeze_holds_in_its_window_alone(ready: Site) -> None:
    ready.ok("freeze", PLACE, "--from", "1h", "--until", "2023-04-20T14:00:00Z", *WHY)
    assert listed(ready) == []
    assert listed(ready, "--all") == [("H-1", "to-come")]
    ready.advance(hours=1)
    assert listed(ready, "--target", PLACE) == [("H-1", "stands")]
    assert listed(ready, "--target", "summit") == []
    assert ready.run("check", WEEKLY, "--target", PLACE).exit_code == 1
    ready.advance(hours=1)
    assert listed(ready, "--all") == [("H-1", "ended")]
    assert ready.run("lift", "H-1", *WHY).exit_code == 1
    assert "held: there is no hold" in ready.run("check", WEEKLY, "--target", PLACE).stdout


def test_a_freeze_stops_a_rollback_unless_it_lets_it_pass(developed: Site) -> None:
    developed.ok("freeze", PLACE, *WHY)
    back = ("rollback", BEFORE, "--target", PLACE, "--reason", "worse")
    assert developed.run(*back).exit_code == 1
    developed.ok("lift", "1", *WHY)
    developed.ok("freeze", PLACE, "--let-rollbacks", *WHY)
    developed.ok(*back)
    assert developed.run("check", WEEKLY, "--target", PLACE).exit_code == 1


def test_a_recall_names_every_place_with_its_way_back_and_stops_the_rollback_to_it(developed: Site) -> None:
    found = answer(developed, "recall", WEEKLY, *WHY)
    assert found["hold"]["release"] == f"stack/{WEEKLY}"
    running = {each["place"]: each for each in found["running"]}
    assert {PLACE, TESTSTAND} <= running.keys()
    assert running[PLACE]["since"] == "2023-04-20T12:00:00Z"
    assert (running[PLACE]["desired"], running[PLACE]["state"]) == (True, "committed")
    way = running[PLACE]["next"]
    assert way[:5] == ["ldmrelease", "rollback", BEFORE, "--target", PLACE]
    developed.ok(*way[1:])
    assert developed.run("rollback", WEEKLY, "--target", PLACE).exit_code == 1
    again = answer(developed, "recall", WEEKLY, "--dry-run", *WHY)
    assert PLACE not in {each["place"] for each in again["running"]}


def test_a_recall_of_an_image_by_any_digest_of_it_finds_where_it_runs(developed: Site) -> None:
    shown = answer(developed, "release", "show", WEEKLY)
    part = next(each for each in shown["components"] if each["name"] == "scipipe")
    for digest in (part["digest"], part["platforms"][0]["manifest"], part["platforms"][0]["config"]):
        found = answer(developed, "recall", digest, "--dry-run", *WHY)
        assert PLACE in {each["place"] for each in found["running"]}, digest


def test_a_recall_with_a_condition_holds_where_it_is_true(developed: Site) -> None:
    condition = f'release.tag == "{WEEKLY}" && environment == "usdfdev"'
    found = answer(developed, "recall", "--having", condition, *WHY)
    sure = {each["place"] for each in found["running"] if each["unknown"] is None}
    assert sure == {PLACE}
    assert [each["hold"] for each in held(developed, WEEKLY, "--target", PLACE)] == ["H-1"]
    assert "held: there is no hold" in developed.run("check", WEEKLY, "--target", TESTSTAND).stdout


def test_a_condition_may_ask_for_the_schemas_of_the_environment(developed: Site) -> None:
    """What must not meet an older schema is held where that is; of places that state none nobody knows."""
    developed.edit(
        lambda text: text.replace("\n  usdfdev:\n", "\n  usdfdev:\n    provides: {apdb: '3.1'}\n", 1)
    )
    condition = 'version(interfaces["apdb"]) < version("4.0")'
    found = answer(developed, "recall", WEEKLY, "--having", condition, *WHY)
    assert PLACE in {each["place"] for each in found["running"] if each["unknown"] is None}
    assert [each["hold"] for each in held(developed, WEEKLY, "--target", PLACE)] == ["H-1"]
    done = developed.run("check", WEEKLY, "--target", TESTSTAND)
    assert "interfaces is not known: the workspace states none of the environment (`provides`)" in done.stdout


def test_what_a_condition_cannot_be_told_of_is_undecided(ready: Site) -> None:
    ready.ok("recall", "--having", 'release.version == "24.0.0"', "--target", PLACE, *WHY)
    done = ready.run("check", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3
    assert "nobody can tell whether it is held: H-1" in done.stdout
    assert "release.version is not known: a weekly has no version" in done.stdout


def test_a_release_that_is_not_pinned_is_held_by_its_name(site: Site) -> None:
    done = site.run("recall", WEEKLY, *WHY)
    assert done.exit_code == 0
    assert f"stack/{WEEKLY} is not pinned; it is held by its name" in done.stderr
    site.release_weekly()
    assert [each["hold"] for each in held(site, WEEKLY, "--target", PLACE)] == ["H-1"]


def test_a_recall_between_two_environments_stops_the_second(waiting: tuple[Site, str]) -> None:
    """It waits for its soak at the first; the decision that lets it into the second is made after the recall."""
    site, promotion = waiting
    before = site.committed(BASE)
    stopped = answer(site, "recall", WEEKLY, *WHY)["promotions"]
    assert [(each["promotion"], each["places"]) for each in stopped] == [(promotion, [BASE])]
    site.advance(hours=3)
    site.ok("observe")
    done = site.run("resume", promotion)
    assert done.exit_code == 1
    assert "held: it is held: H-1" in done.stdout + done.stderr
    assert answer(site, "promotions", "show", promotion)["state"] == "refused"
    assert site.committed(BASE) == before


def test_what_was_lifted_lets_the_promotion_that_waits_go_on(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    site.ok("recall", WEEKLY, *WHY)
    site.ok("lift", "H-1", *WHY)
    site.advance(hours=1)
    assert site.run("resume", promotion).exit_code == 4


@pytest.mark.parametrize("kind", [EventKind.HELD, EventKind.HOLD_LIFTED])
def test_a_row_that_nobody_signed_is_seen_and_not_counted(ready: Site, kind: EventKind) -> None:
    ready.ok("freeze", PLACE, *WHY)
    (signed,) = ready.events(EventKind.HELD)
    fields = {"hold": "H-1" if kind is EventKind.HOLD_LIFTED else "H-2", "scopes": [TESTSTAND]}
    forge(ready, HOLDS, kind, altered({"envelope": signed.body["envelope"]}, **fields))
    assert listed(ready) == [("H-1", "stands")]
    (row,) = answer(ready, "holds", "--all")["uncounted"]
    assert row["code"] == "bad-signature"
    assert ready.run("check", WEEKLY, "--target", PLACE).exit_code == 1
    assert "held: there is no hold" in ready.run("check", WEEKLY, "--target", TESTSTAND).stdout


def test_holds_are_listed_as_of_a_time(ready: Site) -> None:
    ready.ok("freeze", "summit", *WHY)
    ready.advance(hours=2)
    ready.ok("lift", "H-1", *WHY)
    assert listed(ready) == []
    assert listed(ready, "--at", "2023-04-20T13:00:00Z") == [("H-1", "stands")]
    assert listed(ready, "--at", "2h ago", "--known-at", "2023-04-20T13:00:00Z") == [("H-1", "stands")]
    assert "lifted" in ready.ok("holds", "--all")


def test_a_key_without_the_role_sets_and_lifts_nothing(ready: Site) -> None:
    ready.ok("freeze", "summit", *WHY)
    ready.edit(lambda text: text.replace("lift, ", ""), "trust.yaml")
    before = ready.head()
    assert "would not count: wrong-role" in ready.run("lift", "H-1", *WHY).stderr
    ready.edit(lambda text: text.replace("hold, ", ""), "trust.yaml")
    for words in (("freeze", "base", *WHY), ("recall", BEFORE, *WHY)):
        assert "would not count: wrong-role" in ready.run(*words).stderr
    assert ready.head() == before
    assert "(hold.set) does not count: wrong-role" in ready.ok("holds")


def test_a_name_of_a_menu_does_not_move_to_what_is_recalled(ready: Site) -> None:
    ready.ok("release", "pin", "w.2023.13")
    ready.ok("observe")
    ready.ok("recall", "w.2023.13", *WHY)
    done = ready.run("alias", "move", "recommended", "w.2023.13", "--target", MENU)
    assert done.exit_code == 1
    assert "it is held: H-1" in done.stdout


def promoted_while(site: Site, moment: str, body: Hold) -> PromotionOutcome:
    """A promotion during which somebody sets a hold, right after the decision of a stage or as a step begins."""
    context = site.context()
    pinned = find_or_pin(context, context.topology.products[0], WEEKLY)
    assert isinstance(pinned, Pinned)

    def act(_code: str, values: dict[str, Any]) -> None:
        if moment in (values.get("stage"), values.get("kind")) and not known_holds(context):
            set_hold(context, body)

    with context.ledger:
        found = promote(context, PromotionSpec(pinned, PLACE), act)
    assert isinstance(found, Promoted)
    return found.outcome


RECALL = Hold("", HoldKind.RECALL, (), BEGIN, "it segfaults", product="stack", tag=WEEKLY)
FREEZE = Hold("", HoldKind.FREEZE, (PLACE,), BEGIN, "the mirror is out")


@pytest.mark.parametrize("body", [RECALL, FREEZE], ids=["recall", "freeze"])
@pytest.mark.parametrize("moment", ["claim", "enter"])
def test_a_hold_that_comes_before_the_first_write_stops_it(ready: Site, moment: str, body: Hold) -> None:
    """The decision was made, under the claim even: it is made again before anything is written."""
    before = ready.committed(PLACE)
    found = promoted_while(ready, moment, body)
    assert found.state is PromotionState.REFUSED
    assert ready.committed(PLACE) == before


def test_a_recall_of_what_was_just_written_takes_it_back(ready: Site) -> None:
    before = ready.committed(PLACE)
    found = promoted_while(ready, "confirm", RECALL)
    assert (found.state, found.cause["cause"]) == (PromotionState.HALTED, "not-confirmed")
    assert ready.committed(PLACE) == before
    assert ready.events(EventKind.RECEIPT) == []


def test_a_freeze_leaves_what_was_just_written(ready: Site) -> None:
    found = promoted_while(ready, "confirm", FREEZE)
    assert found.state is PromotionState.SUCCEEDED
    assert "al9-w_2023_16" in ready.committed(PLACE)


def test_where_marks_what_is_recalled_as_of_its_time(developed: Site) -> None:
    developed.advance(hours=1)
    developed.ok("recall", WEEKLY, "--target", "usdfdev", *WHY)
    developed.ok("observe")
    line = (
        "held: usdfdev/batch stack/scipipe: H-1 by release manager since 2023-04-20T13:00:00Z: it segfaults"
    )
    assert line in developed.ok("where")
    rows = {each["place"]: each["findings"] for each in answer(developed, "where", WEEKLY)}
    assert [(each["code"], each["values"]["hold"]) for each in rows[PLACE]] == [("held", "H-1")]
    assert rows[TESTSTAND] == []
    assert "held:" not in developed.ok("where", "--at", "2023-04-20T12:30:00Z")
    developed.ok("lift", "H-1", *WHY)
    assert "held:" not in developed.ok("where")


def test_drift_marks_what_is_recalled_and_asked_for_all_the_same(developed: Site) -> None:
    assert answer(developed, "drift", PLACE)["held"] == []
    developed.ok("recall", WEEKLY, *WHY)
    (found,) = answer(developed, "drift", PLACE, code=1)["held"]
    assert (found["component"], found["desired"], found["values"]["hold"]) == ("scipipe", True, "H-1")
    said = developed.run("drift", PLACE).stdout
    assert "held: usdfdev/batch stack/scipipe in git: H-1 by release manager" in said
