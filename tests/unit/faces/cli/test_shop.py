"""What a stranger meets in the first hours, with two images and one git repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shop import NEW, OLD, new_shop, write, written
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
