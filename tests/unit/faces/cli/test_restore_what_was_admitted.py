"""A failed promotion puts back what was let in or seen there, and nothing else: the place stays as it is, frozen."""

import json

from tests.workspace import PLACE, WEEKLY, Site

UNKNOWN = "al9-w_2023_12"


def fail_over_what_nobody_saw(site: Site) -> str:
    site.move_tag("scipipe", UNKNOWN)
    site.commit_by_hand(PLACE, "al9-w_2023_15", UNKNOWN)
    site.smoke(passes=False)
    done = site.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3, done.stdout
    return done.stdout


def test_what_nobody_let_in_or_saw_is_not_put_back(ready: Site) -> None:
    said = fail_over_what_nobody_saw(ready)
    assert f"{UNKNOWN} was never admitted there, nor seen to run" in said
    assert "al9-w_2023_16" in ready.committed(PLACE)
    shown = json.loads(ready.ok("promotions", "list", "-o", "json"))
    assert shown[-1]["state"] == "stuck"


def test_a_moved_tag_is_not_what_was_seen(ready: Site) -> None:
    ready.move_tag("scipipe", "al9-w_2023_15")
    ready.smoke(passes=False)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 3
    assert "al9-w_2023_16" in ready.committed(PLACE)


def test_the_place_is_let_go_by_who_decides_anew(ready: Site) -> None:
    fail_over_what_nobody_saw(ready)
    ready.smoke(passes=True)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert ready.ok("receipt", "show", PLACE, WEEKLY)
