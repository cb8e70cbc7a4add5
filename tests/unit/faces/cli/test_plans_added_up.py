"""A plan says how long its whole chain takes at least, and who has to act, by name."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain import times
from tests.shop import NEW, OLD, new_shop
from tests.workspace import Site

_CHAIN = ("promote", NEW, "--target", "prod", "--through", "--dry-run")
_AT_ONCE = timedelta(0)


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = new_shop(tmp_path_factory.mktemp("shop") / "workspace")
    site.ok("promote", OLD, "-t", "dev")
    site.ok("release", "pin", NEW)
    return site


@pytest.fixture
def shop(shop_once: Site, tmp_path: Path) -> Site:
    """1.5.0 runs everywhere, and 1.6.0 is pinned."""
    return shop_once.copy(tmp_path / "workspace")


def soaks(site: Site) -> None:
    """What runs on development enters staging two hours later, and nobody has to do anything for it."""
    site.edit(
        lambda now: now[: now.index("    - id: accepted")] + now[now.index("    - id: no-return") :],
        "policies/staging.yaml",
    )
    site.edit(
        lambda now: now.replace("level: development", "level: development\n      for: 2h"),
        "policies/staging.yaml",
    )
    site.ok("trust", "agree", "--yes")


def plans(site: Site, *words: str, code: int) -> list[dict[str, Any]]:
    done = site.run(*words, "-o", "json")
    assert done.exit_code == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def earliest(plan: dict[str, Any]) -> list[timedelta | None]:
    """For each place of a plan, how long it takes until the release can be there."""
    now = times.instant(plan["decisions"][0]["now"])
    return [each["earliest"] and times.instant(each["earliest"]) - now for each in plan["plan"]]


def test_the_soaks_of_a_chain_are_added_up(shop: Site) -> None:
    soaks(shop)
    found = [earliest(each) for each in plans(shop, *_CHAIN, code=4)]
    assert found == [[_AT_ONCE], [timedelta(hours=2)], [timedelta(hours=26)]]
    told = [each for each in shop.run(*_CHAIN).stdout.splitlines() if "earliest at the last place" in each]
    assert [each.split()[5] for each in told] == ["staging/shop", "prod/shop"], "the first one begins at once"
    assert (told[0][-9:], told[1][-12:]) == ("Z (in 2h)", "Z (in 1d 2h)")


def test_what_no_time_makes_true_leaves_the_end_unknown(shop: Site) -> None:
    found = [earliest(each) for each in plans(shop, *_CHAIN, code=1)]
    assert found == [[_AT_ONCE], [None], [None]]
    told = shop.run(*_CHAIN).stdout
    assert told.count("earliest at the last place: not known, since staging/shop waits for accepted") == 2


def test_a_chain_that_needs_no_time_is_through_at_once(shop: Site) -> None:
    soaks(shop)
    for each in ("staging", "production"):
        shop.edit(lambda now: now.replace("for: 2h", "").replace("for: 1d", ""), f"policies/{each}.yaml")
    shop.ok("trust", "agree", "--yes")
    assert [earliest(each) for each in plans(shop, *_CHAIN, code=0)] == [[_AT_ONCE]] * 3
    assert "earliest" not in shop.ok(*_CHAIN)
    assert len(plans(shop, *_CHAIN[:-1], "--yes", code=0)) == 3, "the plan and the run agree"


def test_whoever_a_promotion_waits_for_is_named(shop: Site) -> None:
    shop.ok("promote", NEW, "-t", "dev")
    shop.ok("key", "new", "bob", "--out", str(shop.root / "bob.pem"))
    shop.ok(
        *("trust", "add-key", "bob", str(shop.root / "bob.pem"), "--person", "Bob Example"),
        *("--role", "runner", "--yes"),
    )
    assert shop.run("check-run", "acceptance", NEW, "-t", "dev").exit_code == 4
    waits = shop.run("promote", NEW, "-t", "staging")
    assert waits.exit_code == 4
    named = "runner (Bob Example)"
    assert f"waiting for {named}" in waits.stdout
    (row,) = [each for each in json.loads(shop.ok("promotions", "list", "-o", "json")) if each["who"]]
    assert row["who"] == [named]
    assert named in shop.ok("promotions", "list")
    shown = json.loads(shop.ok("promotions", "show", row["promotion"], "-o", "json"))
    assert shown["waits_for"]["who"] == [named]
    assert f"for {named}" in shop.ok("promotions", "show", row["promotion"]).splitlines()[0]
    assert f"for {named}" in shop.run("resume", row["promotion"]).stdout
    assert named in shop.run("promote", NEW, "-t", "staging", "--dry-run").stdout
