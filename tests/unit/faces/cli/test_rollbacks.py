"""`rollback` goes further back each time, and never signs for what nobody had decided about."""

import json
from typing import Any

import pytest

from tests.workspace import BEFORE, PLACE, TESTSTAND, WEEKLY, Site

OLDER = "w.2023.14"
OLDEST = "w.2023.13"


def tag(release: str) -> str:
    return "al9-" + release.replace(".", "_")


def there(site: Site) -> str:
    (row,) = json.loads(site.ok("where", PLACE, "-o", "json"))
    return str(row["release"]).partition("/")[2]


def row(site: Site) -> dict[str, Any]:
    (found,) = json.loads(site.ok("where", PLACE, "-o", "json"))
    return dict(found)


@pytest.fixture
def three(ready: Site) -> Site:
    """Three releases were promoted one after the other."""
    for each in (OLDER, BEFORE, WEEKLY):
        ready.advance(minutes=5)
        ready.ok("promote", each, "--target", PLACE)
    ready.advance(minutes=5)
    return ready


def test_the_second_rollback_goes_further_back(three: Site) -> None:
    three.ok("rollback", "--target", PLACE)
    assert there(three) == BEFORE
    three.advance(minutes=5)
    three.ok("rollback", "--target", PLACE)
    assert there(three) == OLDER


def test_what_was_rolled_back_from_comes_back_by_its_name_alone(three: Site) -> None:
    three.ok("rollback", OLDER, "--target", PLACE)
    three.advance(minutes=5)
    # By hand the middle one was there before all of these, too: it was left all the same.
    done = three.run("rollback", "--target", PLACE)
    assert done.exit_code == 2
    assert f"but for {WEEKLY} and {BEFORE}, which was rolled back from" in done.stderr
    three.ok("rollback", WEEKLY, "--target", PLACE)
    assert there(three) == WEEKLY
    three.advance(minutes=5)
    three.ok("rollback", "--target", PLACE)
    assert there(three) == OLDER, "it follows what it was rolled forward from"


def test_a_promotion_after_a_rollback_can_be_rolled_back(three: Site) -> None:
    three.ok("rollback", "--target", PLACE)
    three.advance(minutes=5)
    three.ok("promote", OLDEST, "--target", PLACE)
    three.advance(minutes=5)
    three.ok("rollback", "--target", PLACE)
    assert there(three) == BEFORE


def test_where_nothing_is_further_back_that_is_said_with_what_was_left(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(minutes=5)
    ready.ok("rollback", "--target", PLACE, "--reason", "exposures fail")
    ready.advance(minutes=5)
    before = ready.everything()
    done = ready.run("rollback", "--target", PLACE, "--reason", "again")
    assert done.exit_code == 2
    assert f"but for {WEEKLY}, which was rolled back from; name the release" in done.stderr
    assert ready.everything() == before


def test_what_was_only_found_takes_a_reason_and_gets_no_receipt(ready: Site) -> None:
    """What ran by hand before the first promotion."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(minutes=5)
    before = ready.everything()
    for words in ((), ("--dry-run",)):
        done = ready.run("rollback", BEFORE, "--target", PLACE, *words)
        assert done.exit_code == 2
        assert "no decision has ever let it in there" in done.stderr
        assert "--reason" in done.stderr
    assert ready.everything() == before
    dry = ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "exposures fail", "--dry-run")
    assert "it was found there, not decided: no policy has let it in" in dry
    said = ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "exposures fail")
    assert "(found, not decided)" in said
    assert ready.run("receipt", "show", PLACE, BEFORE).exit_code != 0
    assert not [each for each in ready.events("receipt.signed") if each.body["name"] == f"stack/{BEFORE}"]
    found = row(ready)
    assert (found["release"], found["found"], found["allowed"]) == (f"stack/{BEFORE}", True, None)
    assert "(found, not decided)" in ready.ok("where", PLACE)
    assert "nothing to do" in ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "exposures fail")
    assert ready.ok("drift", "--target", PLACE) == "no drift was found\n"
    ready.ok("promote", BEFORE, "--target", PLACE)
    assert ready.ok("receipt", "show", PLACE, BEFORE), "a decision makes it what any other is"
    assert (row(ready)["found"], row(ready)["allowed"] is None) == (False, False)


def test_a_hand_made_change_is_not_washed_by_a_failure_and_a_rollback(ready: Site) -> None:
    """Commit by hand, observe, let a promotion fail, roll back by name: no receipt, no soak."""
    ready.ok("release", "pin", OLDER)
    ready.ok("promote", BEFORE, "--target", TESTSTAND)
    ready.commit_by_hand(TESTSTAND, tag(BEFORE), tag(OLDER))
    ready.advance(minutes=5)
    ready.ok("observe", "--target", TESTSTAND)
    ready.smoke(passes=False)
    assert ready.run("promote", WEEKLY, "--target", TESTSTAND).exit_code == 1
    ready.smoke(passes=True)
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    ready.advance(minutes=5)
    assert ready.run("rollback", OLDER, "--target", TESTSTAND).exit_code == 2
    ready.ok("rollback", OLDER, "--target", TESTSTAND, "--reason", "back")
    assert not [each for each in ready.events("receipt.signed") if each.body["name"] == f"stack/{OLDER}"]
    for _ in range(4):
        ready.advance(hours=1)
        ready.ok("observe", "--target", TESTSTAND)
    told = json.loads(ready.run("check", OLDER, "--target", "base", "-o", "json").stdout)
    (soak,) = [
        each
        for decision in told["decisions"]
        for each in decision["findings"]
        if each["requirement"] == "ran-on-development"
    ]
    assert soak["outcome"] != "satisfied", "it ran for hours, and nobody had let it in"
