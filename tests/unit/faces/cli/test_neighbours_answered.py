"""A place that nobody can be asked about is undecided with its reason, and its neighbours are answered."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.shop import NEW, new_shop
from tests.workspace import Site

_AWAY = "http://127.0.0.1:9/deploy.git"
_NO_RETURN = "  enter:\n    - id: no-return\n      rule: not-returned\n"
_IMAGES = "    - id: images\n      rule: images\n"


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = new_shop(tmp_path_factory.mktemp("shop") / "workspace")
    for level in ("staging", "production"):
        site.edit(lambda now, level=level: now.replace(f"level: {level}", "level: development", 1))
        site.edit(lambda now, level=level: now.replace(f": {level}\n", ": development\n", 1), "trust.yaml")
    site.edit(
        lambda now: now.replace("environments: [dev]", "environments: [dev, staging, prod]"), "trust.yaml"
    )
    site.ok("trust", "agree", "--yes")
    site.ok("release", "pin", NEW)
    return site


@pytest.fixture
def shop(shop_once: Site, tmp_path: Path) -> Site:
    """Three places of one level."""
    return shop_once.copy(tmp_path / "workspace")


def staging_is_away(site: Site) -> None:
    def move(text: str) -> str:
        at = text.index("  staging:\n")
        return text[:at] + text[at:].replace("repository: deploy", f"repository: {_AWAY}", 1)

    site.edit(move)
    site.ok("trust", "agree", "--yes")


def only_staging_asks_for_images(site: Site) -> None:
    def move(text: str) -> str:
        assert _IMAGES in text
        asked = "".join(f"    {line}\n" for line in _IMAGES.splitlines())
        there = f"  environments:\n    staging:\n      enter:\n{asked}"
        return text.replace("  enter:\n" + _IMAGES, _NO_RETURN).rstrip() + "\n" + there

    site.edit(move, "policies/development.yaml")
    site.edit(_only_staging_runs_the_worker)
    site.ok("trust", "agree", "--yes")


def _only_staging_runs_the_worker(text: str) -> str:
    head, dev, staging, prod = re.split(r"(?=^  (?:dev|staging|prod):$)", text, flags=re.MULTILINE)
    return "".join((head, _without_worker(dev), staging, _without_worker(prod)))


def _without_worker(environment: str) -> str:
    lines = environment.replace(", shop/worker]", "]").splitlines(keepends=True)
    return "".join(each for each in lines if "component: shop/worker" not in each)


def answer(site: Site, *words: str, code: int) -> dict[str, Any]:
    done = site.run(*words, "-o", "json")
    assert done.exit_code == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


ASKED = [("check", NEW, "-t", "development"), ("promote", NEW, "-t", "development", "--dry-run")]


@pytest.mark.parametrize("asked", ASKED, ids=("check", "dry-run"))
def test_a_repository_that_is_away_leaves_the_places_of_the_others(
    shop: Site, asked: tuple[str, ...]
) -> None:
    staging_is_away(shop)
    found = answer(shop, *asked, code=3)
    assert {each["place"]: each["verdict"] for each in found["decisions"]} == {
        "dev/shop": "allowed",
        "prod/shop": "allowed",
    }
    assert [(each["place"], each["code"]) for each in found["refusals"]] == [("staging/shop", "unavailable")]
    told = shop.run(*asked)
    assert told.stdout.count("ALLOWED: shop/1.6.0 may enter") == 2
    assert "UNDECIDED: staging/shop: " in told.stdout
    assert "127.0.0.1" in told.stdout


@pytest.mark.parametrize("asked", ASKED, ids=("check", "dry-run"))
def test_a_registry_that_is_away_leaves_the_places_that_do_not_ask_for_it(
    shop: Site, asked: tuple[str, ...]
) -> None:
    only_staging_asks_for_images(shop)
    (shop.root / "images" / "worker" / "index.json").write_text("not json")
    found = answer(shop, *asked, code=3)
    assert {each["place"]: each["verdict"] for each in found["decisions"]} == {
        "dev/shop": "allowed",
        "prod/shop": "allowed",
    }
    (refusal,) = found["refusals"]
    assert (refusal["place"], refusal["code"]) == ("staging/shop", "unavailable")
    assert "oci:images/worker" in refusal["sentence"]


def test_nothing_is_written_while_one_of_its_places_cannot_be_asked(shop: Site) -> None:
    staging_is_away(shop)
    before, head = shop.refs("deploy"), shop.head()
    done = shop.run("promote", NEW, "-t", "development")
    assert done.exit_code == 3
    assert (shop.refs("deploy"), shop.head()) == (before, head)


def test_who_is_away_for_several_places_is_told_in_one_line(shop: Site) -> None:
    shop.edit(lambda text: text.replace("repository: deploy", f"repository: {_AWAY}"))
    shop.ok("trust", "agree", "--yes")
    done = shop.run("check", NEW, "-t", "development")
    assert done.exit_code == 3
    assert len([each for each in done.stdout.splitlines() if "127.0.0.1" in each]) == 1
    assert "dev/shop, staging/shop and prod/shop" in done.stdout
