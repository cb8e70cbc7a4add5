"""Nobody is told to type what would be refused: advice is planned before it is given."""

import json
from typing import Any

import pytest

from ldmrelease.services.promotions.advice import Planner
from tests.workspace import BASE, BEFORE, MENU, PLACE, SUMMIT, TESTSTAND, WEEKLY, Site


def drift(site: Site, target: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(site.run("drift", "--target", target, "-o", "json").stdout)[
        "drift"
    ]
    return told


def typed(command: list[str]) -> list[str]:
    return ["because" if each == "WHY" else each for each in command[1:]]


def test_what_is_advised_anywhere_is_let_through(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.commit_by_hand(PLACE, "al9-w_2023_16", "al9-w_2099_01")
    told = json.loads(ready.run("drift", "-o", "json").stdout)["drift"]
    assert any(each["fix"] for each in told)
    for each in told:
        assert each["fix"] or each["blocked"]
        if each["fix"]:
            done = ready.run(*typed(each["fix"]), "--dry-run")
            assert done.exit_code in (0, 4), (each["fix"], done.stdout, done.stderr)


def test_what_would_be_refused_is_not_advised_and_what_stands_in_the_way_is_said(ready: Site) -> None:
    """By hand at the summit, where nothing has soaked and nothing ran before."""
    ready.ok("observe")
    ready.release_weekly()
    ready.commit_by_hand(SUMMIT, "al9-w_2023_15", "al9-w_2023_16")
    found = [each for each in drift(ready, SUMMIT) if each["values"]["image"].endswith("w_2023_16")]
    assert found
    for each in found:
        if each["fix"]:
            assert each["fix"][1] == "rollback"
            continue
        assert each["blocked"]["command"][:2] == ["ldmrelease", "promote"]
        assert each["blocked"]["sentence"]
    text = ready.run("drift", "--target", SUMMIT).stdout
    assert ("would not be let through" in text) or ("rollback" in text)


def test_a_tag_that_names_nothing_in_a_menu_is_taken_out(ready: Site) -> None:
    file = "applications/nublado/values-usdfdev.yaml"
    ready.edit(lambda now: now.replace("- w_2023_13", "- w_2099_01\n        - w_2023_13"), f"gitops/{file}")
    ready.git("commit", "-q", "-m", "By hand", "--", file)
    (found,) = [each for each in drift(ready, MENU) if each["values"]["image"] == "w_2099_01"]
    assert found["code"] == "absent-image"
    assert found["fix"][:3] == ["ldmrelease", "retire", "w_2099_01"]
    assert (
        "take it out of the menu: ldmrelease retire w_2099_01" in ready.run("drift", "--target", MENU).stdout
    )
    ready.ok(*found["fix"][1:])
    assert not [each for each in drift(ready, MENU) if each["values"]["image"] == "w_2099_01"]


def test_going_back_to_what_was_only_found_is_advised_with_its_reason(ready: Site) -> None:
    ready.commit_by_hand(TESTSTAND, "al9-w_2023_15", "al9-w_2099_01")
    ready.advance(minutes=5)
    ready.ok("observe", "--target", TESTSTAND)
    (found,) = drift(ready, TESTSTAND)
    assert found["fix"][:3] == ["ldmrelease", "rollback", BEFORE]
    assert found["fix"][-2:] == ["--reason", "WHY"]
    ready.ok(*typed(found["fix"]))


def test_what_there_was_no_time_to_plan_is_only_to_be_looked_at(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Planner.__init__
    monkeypatch.setattr(Planner, "__init__", lambda self, context, _: made(self, context, -1))
    (found,) = drift(ready, PLACE)
    assert found["fix"][-1] == "--dry-run"
    assert "it was not planned: time limit" in ready.run("drift", "--target", PLACE).stdout


def test_check_advises_nothing_that_would_be_refused(ready: Site) -> None:
    """It ran there by hand alone: going back to it takes a reason."""
    ready.edit(
        lambda text: text.replace(
            "  enter:\n", "  enter:\n    - id: no-return\n      rule: not-returned\n", 1
        ),
        "policies/development.yaml",
    )
    ready.ok("trust", "agree", "--yes")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(minutes=5)
    told = json.loads(ready.run("check", BEFORE, "--target", PLACE, "-o", "json").stdout)
    commands = [each["next"] for each in told["decisions"][0]["findings"] if each["next"]]
    assert commands == [["ldmrelease", "rollback", BEFORE, "--target", PLACE, "--reason", "WHY"]]
    ready.ok(*typed(commands[0]))


@pytest.mark.parametrize("words", [("check",), ("promote", "--dry-run")])
def test_what_is_not_advised_is_said_once_for_all_places_that_it_would_help(
    ready: Site, words: tuple[str, ...]
) -> None:
    command, *more = words
    asked = (command, WEEKLY, "--target", "production", *more)
    told = json.loads(ready.run(*asked, "-o", "json").stdout)
    blocked = [f["blocked"] for each in told["decisions"] for f in each["findings"] if f["blocked"]]
    assert len(set(blocked)) < len(blocked), "programs are told each time"
    told_lines = [each for each in ready.run(*asked).stdout.splitlines() if "no command is advised" in each]
    assert len(told_lines) == len(set(told_lines)) == len(set(blocked))


def test_a_check_is_advised_where_the_release_runs_of_the_level_that_it_is_wanted_at(ready: Site) -> None:
    ready.release_weekly()
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(days=8)
    ready.ok("observe")
    told = json.loads(ready.run("check", WEEKLY, "--target", BASE, "-o", "json").stdout)
    (found,) = [
        each for each in told["decisions"][0]["findings"] if each["requirement"] == "smoke-on-development"
    ]
    assert found["next"] == ["ldmrelease", "check-run", "smoke", WEEKLY, "--target", PLACE]
    ready.ok(*typed(found["next"]))


def test_what_was_advised_at_a_refusal_is_planned_again_when_it_is_shown(ready: Site) -> None:
    ready.release_weekly()
    ready.run("promote", WEEKLY, "--target", BASE)
    (refused,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    name = refused["promotion"]
    assert f"next: ldmrelease promote {WEEKLY} --target development" in ready.ok("promotions", "show", name)
    ready.ok("promote", WEEKLY, "--target", "development")
    assert f"next: ldmrelease promote {WEEKLY}" not in ready.ok("promotions", "show", name)
    told = json.loads(ready.ok("promotions", "show", name, "-o", "json"))
    for each in told["decisions"][-1]["decision"]["findings"]:
        if each["next"]:
            assert ready.run(*typed(each["next"])).exit_code in (0, 4)


def test_a_promotion_that_is_through_advises_nothing(ready: Site) -> None:
    done = ready.ok("promote", WEEKLY, "--target", PLACE)
    assert "next:" not in done
    (promotion,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    assert "next:" not in ready.ok("promotions", "show", promotion["promotion"])


def test_a_plan_says_where_the_release_is_older_than_what_runs(ready: Site) -> None:
    planned = json.loads(ready.ok("promote", WEEKLY, "--target", PLACE, "--dry-run", "-o", "json"))
    assert [each["older"] for each in planned["changes"]] == [False]
    ready.ok("promote", WEEKLY, "--target", PLACE)
    told = ready.ok("promote", BEFORE, "--target", PLACE, "--dry-run")
    assert f"{PLACE}: {WEEKLY} -> {BEFORE} (older than what runs)" in told


def test_who_can_change_it_is_named_where_the_trust_document_has_a_person(ready: Site) -> None:
    told = ready.run("promote", WEEKLY, "--target", BASE).stdout
    assert "who can change it: ci\n" in told
    ready.edit(lambda now: now.replace("person: ci\n", "person: Ada Lovelace\n"), "trust.yaml")
    assert "who can change it: ci (Ada Lovelace)" in ready.run("check", WEEKLY, "--target", BASE).stdout
    refused = json.loads(ready.ok("promotions", "list", "-o", "json"))[0]["promotion"]
    assert "who can change it: ci (Ada Lovelace)" in ready.ok("promotions", "show", refused)
