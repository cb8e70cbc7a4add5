"""`drift` and `where --live`: trees, decisions and what runs, side by side, as they are now."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.drift import DRIFT_WORDS, FIXES
from ldmrelease.services.inventory.drift import DRIFTS
from tests.workspace import BEFORE, MENU, PLACE, WEEKLY, Site, copy_site

TAG = "al9-w_2023_16"


@pytest.fixture(scope="module")
def promoted_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = copy_site(template, tmp_path_factory.mktemp("promoted") / "workspace")
    site.release_weekly()
    site.ok("promote", WEEKLY, "--target", PLACE)
    return site


@pytest.fixture
def promoted(promoted_once: Site, tmp_path: Path) -> Site:
    """The weekly is at a GitOps place, and in a menu beside what is there by hand."""
    return promoted_once.copy(tmp_path / "workspace")


def drift(site: Site, *words: str, code: int = ExitCode.REFUSED) -> list[dict[str, Any]]:
    done = site.run("drift", "-o", "json", *words)
    assert done.exit_code == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["drift"]
    return found


def rows(site: Site, *words: str, code: int = ExitCode.OK) -> list[dict[str, Any]]:
    done = site.run("where", "--live", "-o", "json", *words)
    assert done.exit_code == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_every_drift_has_its_words_and_its_way_out():
    assert set(DRIFT_WORDS) == set(FIXES) == set(DRIFTS)


def test_what_was_promoted_is_as_decided_on_all_sides(promoted: Site):
    (row,) = rows(promoted, PLACE)
    assert (
        row["desired"]["release"]
        == row["decided"]["release"]
        == row["observed"]["release"]
        == "stack/w.2023.16"
    )
    assert row["desired"]["digest"] == row["decided"]["digest"] == row["observed"]["digests"][0]
    assert (row["observed"]["basis"], row["drift"]) == ("committed", [])
    assert drift(promoted, "--target", PLACE, code=ExitCode.OK) == []
    assert "no drift" in promoted.ok("drift", "--target", PLACE)


def test_what_somebody_commits_by_hand_is_told_with_who_and_how_to_go_back(promoted: Site):
    promoted.commit_by_hand(PLACE, TAG, "al9-w_2023_15")
    (found,) = drift(promoted, "--target", PLACE)
    assert (found["code"], found["values"]["decided"]) == ("undecided", TAG)
    assert "Ann" in found["values"]["by"]
    assert found["fix"] == ["ldmrelease", "promote", "w.2023.16", "--product", "stack", "--target", PLACE]
    assert promoted.ok(*found["fix"][1:])
    assert drift(promoted, "--target", PLACE, code=ExitCode.OK) == []


def test_who_could_settle_it_is_told_with_all_three_states(promoted: Site):
    promoted.commit_by_hand(PLACE, TAG, "al9-w_2023_15")
    (found,) = drift(promoted, "--target", PLACE)
    assert found["between"] == ["desired", "decided"]
    assert found["desired"]["spelling"] == "al9-w_2023_15"
    assert found["decided"]["release"] == "stack/w.2023.16"
    assert found["observed"]["basis"] == "committed"
    manager = next(each for each in found["settled_by"] if each["role"] == "release-manager")
    author = next(each for each in found["settled_by"] if each["role"] == "author")
    assert manager["command"] == found["fix"]
    assert author["people"] == [found["values"]["by"]]
    assert author["command"] == ["git", "revert", found["values"]["commit"]]
    assert "who could settle it: " in promoted.run("drift", PLACE).stdout


def test_what_is_taken_back_in_the_tree_is_told_as_that(ready: Site):
    for each in (BEFORE, WEEKLY):
        ready.advance(minutes=5)
        ready.ok("promote", each, "--target", PLACE)
    ready.commit_by_hand(PLACE, TAG, "al9-w_2023_15")
    (found,) = drift(ready, "--target", PLACE)
    assert (found["code"], found["values"]["decided"]) == ("reverted", TAG)
    assert ready.ok(*found["fix"][1:])
    assert drift(ready, "--target", PLACE, code=ExitCode.OK) == []


def test_what_is_there_without_a_decision_can_be_decided_about(site: Site):
    (found,) = drift(site, "--target", PLACE)
    assert found["code"] == "undecided"
    assert found["fix"][:3] == ["ldmrelease", "promote", "w.2023.15"]


def test_a_tag_that_moved_is_told(promoted: Site):
    promoted.move_tag("scipipe", TAG)
    (found,) = drift(promoted, "--target", PLACE)
    assert found["code"] == "moved-tag"
    assert found["values"]["digest"] != found["values"]["decided"]
    assert found["fix"][:4] == ["ldmrelease", "release", "pin", "w.2023.16"]


def test_a_tag_without_an_image_is_told(promoted: Site):
    promoted.commit_by_hand(PLACE, TAG, "al9-w_2099_01")
    (found,) = drift(promoted, "--target", PLACE)
    assert (found["code"], found["fix"][:3]) == ("absent-image", ["ldmrelease", "promote", WEEKLY])
    promoted.ok(*found["fix"][1:])


def test_each_release_of_a_menu_was_let_in_by_itself(promoted: Site):
    promoted.ok("promote", WEEKLY, "--target", MENU)
    by_tag = {each["desired"]["spelling"]: each for each in rows(promoted, MENU)}
    assert by_tag["w_2023_16"]["drift"] == []
    assert by_tag["w_2023_16"]["decided"]["release"] == "stack/w.2023.16"
    assert [each["code"] for each in by_tag["w_2023_13"]["drift"]] == ["undecided"]
    assert len(by_tag) > 2


def test_who_put_a_release_into_a_menu_is_not_who_put_another_beside_it(promoted: Site):
    promoted.ok("promote", WEEKLY, "--target", MENU)
    found = drift(promoted, "--target", MENU)
    assert len(found) > 1
    assert {each["values"]["by"].split(" <")[0] for each in found} == {"SQuaRE"}


def test_a_tree_that_cannot_be_asked_holds_nobody_up_and_is_exit_3(promoted: Site):
    promoted.edit(lambda text: text.replace("repository: gitops", "repository: nowhere", 1))
    done = promoted.run("where", "--live")
    assert done.exit_code == ExitCode.UNDECIDED
    assert "nowhere" in done.stderr
    assert "unreachable" in done.stdout
    assert "as decided" in done.stdout


def test_drift_that_was_found_counts_more_than_who_could_not_be_asked(promoted: Site):
    promoted.edit(lambda text: text.replace("repository: gitops", "repository: nowhere", 1))
    told = json.loads(promoted.run("drift", "-o", "json").stdout)
    (missed,) = told["unreachable"]
    place = missed["place"]
    assert [(each["code"], "nowhere" in each["sentence"]) for each in missed["why"]] == [
        ("no-repository", True)
    ]
    assert drift(promoted, "--target", place, code=ExitCode.UNDECIDED) == []
    said = promoted.run("drift", "--target", place).stdout
    assert said == "0 of 1 places answered, nothing is known\n"
    assert drift(promoted)


def test_of_how_many_places_something_is_said_comes_first(promoted: Site):
    promoted.edit(lambda text: text.replace("repository: gitops", "repository: nowhere", 1))
    told = json.loads(promoted.run("drift", "-o", "json").stdout)
    assert (told["answered"], told["places"]) == (
        told["places"] - 1,
        len(promoted.context().topology.applications),
    )
    said = promoted.run("drift").stdout.splitlines()
    assert said[0] == (
        f"{told['answered']} of {told['places']} places answered; not all that differs may be known:"
    )
    assert len(said) > 1


def test_where_everybody_answered_that_is_not_said(promoted: Site):
    assert promoted.ok("drift", "--target", PLACE) == "no drift was found\n"
    assert "places answered" not in promoted.run("drift").stdout


def test_a_registry_that_cannot_be_asked_leaves_the_rest_of_the_tree(promoted: Site):
    (promoted.root / "images" / "scipipe" / "index.json").write_text("not json")
    (row,) = rows(promoted, PLACE, code=ExitCode.UNDECIDED)
    assert (row["desired"]["spelling"], row["desired"]["digest"]) == (TAG, None)
    assert row["decided"]["release"] == "stack/w.2023.16"
    assert [each["code"] for each in row["unreachable"]] == ["unavailable"]


def test_only_what_is_about_the_release_is_told(promoted: Site):
    assert [each["place"] for each in rows(promoted, WEEKLY)] == ["usdfdev/batch"]
    assert {each["product"] for each in rows(promoted, "--product", "cycle")} == {"cycle"}
    assert {each["place"].partition("/")[0] for each in rows(promoted, "-e", "summit")} == {"summit"}


def test_looking_changes_nothing(promoted: Site):
    before = promoted.everything()
    rows(promoted)
    drift(promoted)
    assert promoted.everything() == before


def test_a_target_or_timeout_that_means_nothing_is_a_mistake(site: Site):
    assert site.run("drift", "--target", "sumit").exit_code == ExitCode.BAD_INPUT
    assert site.run("drift", "--timeout", "0").exit_code == ExitCode.BAD_INPUT


def test_nothing_of_the_live_look_is_imported_without_it():
    script = "import sys, ldmrelease.faces.cli.where; print(*sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"ldmrelease.services.inventory.live", "ldmrelease.render.drift"} & set(done.stdout.split())
