"""`why`: the decision behind what runs at a place, with who signed what, or honestly that there is none."""

import json
from typing import Any

import pytest

from tests.workspace import BASE, BEFORE, MENU, PLACE, TESTSTAND, WEEKLY, Site


def told(site: Site, *words: str, code: int = 0) -> list[dict[str, Any]]:
    done = site.run("why", *words, "-o", "json")
    assert done.exit_code == code, done.output
    places = json.loads(done.stdout)["places"]
    assert isinstance(places, list)
    return places


@pytest.fixture(scope="module")
def week_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """At the place: by hand, then promoted, then rolled back to what had been found there."""
    site = ready_once.copy(tmp_path_factory.mktemp("week") / "workspace")
    site.advance(hours=1)
    site.ok("promote", WEEKLY, "--target", PLACE, "--reason", "the weekly")
    site.advance(hours=1)
    site.ok("observe")
    site.advance(hours=1)
    site.ok("rollback", BEFORE, "--target", PLACE, "--reason", "too slow")
    site.advance(hours=1)
    site.ok("observe")
    return site


@pytest.fixture
def week(week_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return week_once.copy(tmp_path_factory.mktemp("copy") / "workspace")


def test_what_a_promotion_brought_is_told_with_its_decision_and_evidence(week: Site) -> None:
    before = week.everything()
    (place,) = told(week, PLACE, "--at", "2023-04-20T14:30:00Z")
    assert (place["place"], place["unobserved"], place["observed"]) == (PLACE, False, "2023-04-20T14:00:00Z")
    (reason,) = place["reasons"]
    assert (reason["decided"], reason["found"], reason["first"]) == (True, False, None)
    assert {each["release"] for each in reason["images"]} == {f"stack/{WEEKLY}"}
    promotion = reason["promotion"]
    assert (promotion["release"], promotion["intent"], promotion["reason"]) == (
        f"stack/{WEEKLY}", "promote", "the weekly",
    )  # fmt: skip
    assert (promotion["requested"], promotion["state"]) == ("2023-04-20T13:00:00Z", "succeeded")
    assert [each["stage"] for each in promotion["decisions"]] == ["enter", "confirm"]
    assert all(each["decision"]["verdict"] == "allowed" for each in promotion["decisions"])
    assert {each["component"] for each in promotion["receipts"]} == {"release", "scipipe"}
    (check,) = promotion["decisions"][1]["evidence"]
    assert (check["check"], check["result"], check["counted"]) == ("smoke", "PASSED", True)
    assert check["signer"] == "runner"
    assert week.everything() == before


def test_a_page_tells_it_to_people(week: Site) -> None:
    text = week.run("why", PLACE, "--at", "2023-04-20T14:30:00Z").stdout
    assert f"{PLACE} (level development) at 2023-04-20T14:30:00Z, as observed at 2023-04-20T14:00:00Z" in text
    assert f"promote stack/{WEEKLY} at {PLACE}: the weekly" in text
    assert "ALLOWED" in text
    assert "check smoke PASSED, signed by runner (runner)" in text
    assert len(text.splitlines()) < 40


def test_what_was_there_before_any_decision_is_said_to_be_so(week: Site) -> None:
    (place,) = told(week, PLACE, "--at", "2023-04-20T12:10:00Z", code=1)
    (reason,) = place["reasons"]
    assert (reason["decided"], reason["promotion"]) == (False, None)
    assert (reason["first"]["seen"], reason["first"]["basis"]) == ("2023-04-20T12:00:00Z", "committed")
    assert reason["first"]["by"] is None
    text = week.run("why", PLACE, "--at", "2023-04-20T12:10:00Z").stdout
    assert "WITHOUT A DECISION" in text
    assert "seen first  2023-04-20T12:00:00Z, committed at " in text


def test_a_rollback_to_what_was_only_found_is_no_decision_about_it(week: Site) -> None:
    (place,) = told(week, PLACE, code=1)
    (reason,) = place["reasons"]
    assert (reason["found"], reason["decided"]) == (True, False)
    promotion = reason["promotion"]
    assert (promotion["intent"], promotion["without_receipt"], promotion["receipts"]) == (
        "rollback",
        "found",
        [],
    )
    assert "FOUND, NOT DECIDED" in week.run("why", PLACE).stdout


def test_what_somebody_committed_is_told_with_the_author_of_the_line(week: Site) -> None:
    week.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    week.commit_by_hand(TESTSTAND, "image:", "# not the line\nimage:")
    week.advance(hours=1)
    week.ok("observe")
    (place,) = told(week, PLACE, code=1)
    (reason,) = place["reasons"]
    assert reason["promotion"] is None
    assert (reason["first"]["by"], reason["first"]["seen"]) == ("Ann <ann@x>", "2023-04-20T17:00:00Z")
    assert "changed     by Ann <ann@x> at " in week.run("why", PLACE).stdout


def test_between_observations_too_far_apart_nothing_is_guessed(week: Site) -> None:
    week.advance(days=10)
    week.ok("observe")
    (place,) = told(week, PLACE, "--at", "2023-04-25T12:00:00Z", code=3)
    assert (place["unobserved"], place["reasons"]) == (True, [])
    assert place["observed"] == "2023-04-20T16:00:00Z"
    assert place["next"] == "2023-04-30T16:00:00Z"
    assert "too far apart to say what ran" in week.run("why", PLACE, "--at", "2023-04-25T12:00:00Z").stdout
    (place,) = told(week, PLACE, "--at", "2023-04-01T12:00:00Z", code=3)
    assert (place["observed"], place["unobserved"]) == (None, True)


def test_what_was_restored_leaves_what_was_there_and_is_named(ready: Site) -> None:
    ready.smoke(passes=False)
    ready.advance(hours=1)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 1
    (place,) = told(ready, PLACE, code=1)
    (reason,) = place["reasons"]
    assert (reason["first"]["seen"], reason["first"]["cause"]) == ("2023-04-20T13:00:00Z", "restore")
    (other,) = place["others"]
    assert (other["release"], other["state"]) == (f"stack/{WEEKLY}", "halted")
    (place,) = told(ready, WEEKLY, "--target", PLACE)
    promotion = place["reasons"][0]["promotion"]
    assert promotion["promotion"] == other["promotion"]
    assert None not in (promotion["written"], promotion["restored"])
    assert promotion["receipts"] == []
    assert promotion["decisions"][-1]["decision"]["verdict"] == "refused"
    text = ready.run("why", other["promotion"]).stdout
    assert "FAILED" in text
    assert "what was there before was put back" in text


def test_why_not_is_told_of_a_release_that_waits(waiting: tuple[Site, str]) -> None:
    site, promotion = waiting
    for words in ((WEEKLY, "--target", BASE), (promotion, "--target", BASE), (promotion,)):
        (place,) = told(site, *words)
        (reason,) = place["reasons"]
        assert reason["promotion"]["promotion"] == promotion
        assert reason["promotion"]["state"] == "waiting"
        assert reason["promotion"]["decisions"][-1]["decision"]["verdict"] == "waiting"
        assert (place["at"], reason["images"]) == (None, [])


def test_a_release_that_came_without_a_decision_is_said_to_be_there(ready: Site) -> None:
    (place,) = told(ready, BEFORE, "--target", PLACE, code=1)
    (reason,) = place["reasons"]
    assert (reason["promotion"], reason["first"]["basis"]) == (None, "committed")


def test_all_places_of_a_level_are_answered_with_their_authors(ready: Site) -> None:
    places = told(ready, "development", code=1)
    assert len(places) > 2
    assert all(each["reasons"] for each in places)
    assert {reason["first"]["by"] for each in places for reason in each["reasons"]} != {None}


def test_each_entry_of_a_menu_has_the_author_of_its_own_line(ready: Site) -> None:
    values = "gitops/applications/nublado/values-usdfdev.yaml"
    ready.edit(lambda text: text.replace("w_2023_13", "w_2023_14"), values)
    ready.git("commit", "-q", "-a", "-m", "By hand")
    ready.advance(hours=1)
    ready.ok("observe")
    (place,) = told(ready, MENU, code=1)
    by = {
        image["spelling"]: reason["first"]["by"] for reason in place["reasons"] for image in reason["images"]
    }
    assert by["r24_0_0_rsp19"] != "Ann <ann@x>"
    assert by["w_2023_14"] == "Ann <ann@x>"


def test_a_place_where_nothing_runs_has_no_reason(week: Site) -> None:
    done = week.run("why", PLACE, "--component", "sciplat-lab", "--at", "2023-04-20T14:30:00Z")
    assert done.exit_code == 0
    assert "nothing of what is asked about was seen there" in done.stdout


def test_a_decision_is_named_by_its_digest(week: Site) -> None:
    (place,) = told(week, WEEKLY, "--target", PLACE)
    decision = place["reasons"][0]["promotion"]["decisions"][1]["decision"]
    (place,) = told(week, decision["digest"])
    assert [each["decision"] for each in place["reasons"][0]["promotion"]["decisions"]] == [decision]


def test_what_came_in_later_is_told_as_such(developed: Site) -> None:
    developed.smoke(passes=False)
    developed.advance(hours=1)
    assert developed.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 1
    (place,) = told(developed, PLACE)
    promotion = place["reasons"][0]["promotion"]
    (later,) = [each for each in promotion["later"] if each["result"] != "PASSED"]
    assert (later["check"], later["result"], later["received"]) == ("smoke", "FAILED", "2023-04-20T13:00:00Z")
    assert later["evidence"] not in {
        each["evidence"] for one in promotion["decisions"] for each in one["evidence"]
    }
    assert "since then  check smoke FAILED, signed by runner (runner)" in developed.run("why", PLACE).stdout


def test_what_was_not_known_then_is_left_out(week: Site) -> None:
    (place,) = told(week, PLACE, "--known-at", "2023-04-20T12:30:00Z", code=1)
    assert place["reasons"][0]["promotion"] is None


def test_one_component_is_asked_for(week: Site) -> None:
    (place,) = told(week, PLACE, "--component", "scipipe", "--at", "2023-04-20T14:30:00Z")
    assert [each["component"] for each in place["reasons"][0]["images"]] == ["scipipe"]


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere/at-all",),
        ("P-4711",),
        ("sha256:" + "0" * 64,),
        ("w.2022.01",),
        (PLACE, "--target", BASE),
        (WEEKLY, "--component", "scipipe"),
        (PLACE, "--component", "scipipee"),
        (WEEKLY, "--target", "summit/ocps"),
        (PLACE, "--at", "2033-04-20T14:30:00Z"),
    ],
)
def test_what_means_nothing_is_a_mistake(week: Site, words: tuple[str, ...]) -> None:
    assert week.run("why", *words).exit_code == 2
