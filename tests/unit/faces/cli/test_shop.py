"""What a stranger meets in the first hours, with two images and one git repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shop import NEW, OLD, build, new_shop, write, written
from tests.workspace import Site


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_shop(tmp_path_factory.mktemp("shop") / "workspace")


@pytest.fixture
def shop(shop_once: Site, tmp_path: Path) -> Site:
    """1.5.0 runs everywhere."""
    return shop_once.copy(tmp_path / "workspace")


def rows(site: Site, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok(*words, "-o", "json"))
    return found


def test_a_component_set_by_hand_takes_no_earlier_release_from_rollback(shop: Site) -> None:
    """The hand-made part is what ran before: it is no way further back, and does not hide one."""
    shop.ok("promote", OLD, "-t", "dev")
    shop.advance(minutes=5)
    shop.ok("promote", NEW, "-t", "dev")
    shop.advance(minutes=5)
    write(shop, "dev", worker=OLD)
    shop.ok("observe")
    shop.ok("rollback", "-t", "dev")
    assert written(shop, "dev").count(OLD) == 2


def test_two_builds_of_one_tag_are_told_apart_by_their_revision(shop: Site) -> None:
    shop.ok("release", "pin", NEW)
    shop.ok("promote", NEW, "-t", "dev")
    assert "(revision" not in shop.ok("where") + shop.ok("history")
    shop.advance(minutes=5)
    build(shop.root, "api", NEW, seed="built anew")
    shop.ok("release", "pin", NEW, "--reason", "a base image was mended")
    assert {each["revision"] for each in rows(shop, "where")} == {1}
    assert shop.ok("where", "dev").count("1.6.0 (revision 1)") == 2
    assert "revision" not in shop.ok("where", "prod"), "there is one of 1.5.0"
    shop.ok("promote", NEW, "-t", "dev")
    assert {each["revision"] for each in rows(shop, "where", "dev")} == {2}
    assert shop.ok("where", "dev").count("1.6.0 (revision 2)") == 2
    past = [each["revision"] for each in rows(shop, "history", NEW) if each["component"] == "api"]
    assert past == [1, 2]
    told = shop.ok("history", NEW)
    assert "(revision 1)" in told
    assert "(revision 2)" in told
