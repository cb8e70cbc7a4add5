"""A failed promotion puts back what was let in or seen there, and nothing else: the place stays as it is, frozen."""

import json

from tests.workspace import BEFORE, PLACE, WEEKLY, Site

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


def test_restore_puts_back_something_recalled(ready: Site) -> None:
    """It stops, and leaves the place claimed: what was there before is not written again, nor is anything else."""
    ready.ok("recall", BEFORE, "--reason", "it loses data")
    ready.smoke(passes=False)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3, done.stdout
    assert "al9-w_2023_15 is held by H-1 of release manager: it loses data" in done.stdout
    assert "al9-w_2023_16" in ready.committed(PLACE)
    assert json.loads(ready.ok("promotions", "list", "-o", "json"))[-1]["state"] == "stuck"
    assert ready.run("promote", WEEKLY, "--target", PLACE, "--dry-run").exit_code in (0, 4)


def test_a_recall_elsewhere_does_not_keep_what_was_there_from_coming_back(ready: Site) -> None:
    ready.ok("recall", BEFORE, "--target", "summit", "--reason", "it loses data")
    ready.smoke(passes=False)
    ready.run("promote", WEEKLY, "--target", PLACE)
    assert "al9-w_2023_15" in ready.committed(PLACE)


def test_what_nobody_can_tell_to_be_recalled_is_not_put_back(ready: Site) -> None:
    condition = f'release.tag == "{BEFORE}" && release.version == "1.0"'
    ready.ok("recall", "--having", condition, "--target", PLACE, "--reason", "it loses data")
    ready.smoke(passes=False)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 3, done.stdout
    assert "nobody can tell whether it is meant: release.version is not known" in done.stdout
