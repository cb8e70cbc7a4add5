"""What runs where keeps its name, its receipts and its soak, whatever is pinned afterwards."""

import json
from typing import Any

import pytest

from tests.workspace import BASE, BEFORE, MENU, PLACE, SUMMIT, TESTSTAND, WEEKLY, Site


def where(site: Site, *words: str) -> list[dict[str, Any]]:
    return json.loads(site.ok("where", *words, "-o", "json"))


def names(site: Site, *words: str) -> dict[tuple[str, str, str], tuple[str | None, str, str | None]]:
    return {
        (each["place"], each["component"], each["digest"]): (
            each["release"],
            each["named"],
            each["promotion"],
        )
        for each in where(site, *words)
    }


def test_another_revision_of_a_tag_takes_no_receipt_and_no_soak(developed: Site) -> None:
    before = names(developed, TESTSTAND)
    assert {each[:2] for each in before.values()} == {(f"stack/{WEEKLY}", "admitted")}
    developed.move_tag("scipipe", "al9-w_2023_16")
    developed.ok("release", "pin", WEEKLY, "--reason", "built anew")
    assert names(developed, TESTSTAND) == before
    developed.ok("observe")
    assert names(developed, TESTSTAND) == before
    developed.advance(hours=2)
    developed.ok("observe")
    (row,) = [
        each
        for each in json.loads(developed.ok("history", TESTSTAND, "-o", "json"))
        if each["component"] == "scipipe" and each["ended"] is None
    ]
    assert (row["release"], row["observed"]) == (f"stack/{WEEKLY}", 2 * 3600), "the soak goes on"


def test_a_second_spelling_of_a_release_renames_nothing(ready: Site) -> None:
    ready.ok("observe")
    before = names(ready)
    ready.ok("release", "pin", "v24.0.0")
    assert names(ready) == before
    ready.ok("observe")
    assert names(ready) == before


def test_what_ran_before_the_first_pin_is_named_by_it_and_can_be_gone_back_to(site: Site) -> None:
    """A team's first rollback."""
    site.release_weekly()
    site.ok("observe")
    assert {value[:2] for value in names(site, PLACE).values()} == {(None, "image")}
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.ok("release", "pin", BEFORE)
    history = json.loads(site.ok("history", PLACE, "-o", "json"))
    assert [(each["release"], each["named"]) for each in history] == [
        (f"stack/{BEFORE}", "spelled"),
        (f"stack/{WEEKLY}", "admitted"),
    ]
    site.ok("rollback", BEFORE, "--target", PLACE, "--reason", "exposures fail")
    assert {value[:2] for value in names(site, PLACE).values()} == {(f"stack/{BEFORE}", "admitted")}
    # The level does not ask for `not-returned`: the weekly may come again.
    site.ok("check", WEEKLY, "--target", PLACE)


def test_levels_can_be_asked_for_and_what_is_nothing_is_a_mistake(ready: Site) -> None:
    places = {each["place"] for each in where(ready, "commissioning")}
    assert {SUMMIT, BASE} <= places
    assert PLACE not in places
    wrong = ready.run("where", "summitt")
    assert wrong.exit_code == 2
    assert "summit" in wrong.stderr
    ready.ok("release", "pin", WEEKLY)
    assert "not deployed anywhere" in ready.ok("where", WEEKLY)
    never = ready.run("where", "w.2020.01")
    assert never.exit_code == 2
    assert "is not pinned, and nothing of it was observed" in never.stderr


@pytest.mark.parametrize("place", [PLACE, MENU])
def test_a_check_is_not_run_for_a_release_that_is_not_there(ready: Site, place: str) -> None:
    ready.ok("release", "pin", WEEKLY)
    before = ready.head()
    done = ready.run("check-run", "smoke", WEEKLY, "--target", place)
    assert done.exit_code == 3
    assert f"does not run at {place}" in done.stdout
    assert ready.head() == before
