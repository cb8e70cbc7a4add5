"""`adopt --baseline`: what runs is known as found, and not decided."""

import json

from tests.workspace import BEFORE, PLACE, WEEKLY, Site


def test_what_runs_is_pinned_and_observed_and_nothing_says_that_it_was_let_in(site: Site) -> None:
    site.release_weekly()
    answer = json.loads(site.ok("adopt", "--baseline", "-o", "json"))
    assert {"product": "stack", "tag": BEFORE, "pinned": True, "problem": None} in answer["releases"]
    (row,) = json.loads(site.ok("where", PLACE, "-o", "json"))
    assert row["release"] == f"stack/{BEFORE}"
    assert json.loads(site.run("receipt", "show", BEFORE, "-o", "json").stdout) == []


def test_the_first_rollback_knows_it_as_found(site: Site) -> None:
    site.release_weekly()
    site.ok("adopt", "--baseline")
    site.advance(minutes=5)
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(minutes=5)
    refused = site.run("rollback", "--target", PLACE)
    assert refused.exit_code == 2
    assert "found" in refused.stderr
    site.ok("rollback", "--target", PLACE, "--reason", "the weekly does not start")
    (row,) = json.loads(site.ok("where", PLACE, "-o", "json"))
    assert row["release"] == f"stack/{BEFORE}"


def test_said_again_it_pins_nothing_anew(site: Site) -> None:
    site.release_weekly()
    first = json.loads(site.ok("adopt", "--baseline", "-o", "json"))
    site.advance(minutes=5)
    assert json.loads(site.ok("adopt", "--baseline", "-o", "json")) == first


def test_an_image_that_is_not_there_costs_a_note(site: Site) -> None:
    done = site.run("adopt", "--baseline", "-o", "json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    notes = [each for each in answer["releases"] if not each["pinned"]]
    assert all(each["problem"] for each in notes)


def test_a_place_that_was_not_seen_is_said_by_the_exit_code(site: Site) -> None:
    (site.root / "gitops").rename(site.root / "away")
    done = site.run("adopt", "--baseline", "-o", "json")
    assert done.exit_code == 3
    assert all(each["missed"] for each in json.loads(done.stdout)["places"])


def test_it_is_about_a_workspace_and_no_tree(site: Site) -> None:
    done = site.run("adopt", "somewhere", "--baseline")
    assert done.exit_code == 2
    assert "leave REPO out" in done.stderr
