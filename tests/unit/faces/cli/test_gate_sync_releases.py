"""`gate sync` at places that run several components: one release each, also of a cycle; and where places are alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from tests.cycle_site import PLACE as CONTROL
from tests.cycle_site import cycle_site
from tests.shop import NEW, OLD, new_shop
from tests.workspace import Site


@pytest.fixture
def shop(tmp_path: Path) -> Site:
    return new_shop(tmp_path / "shop")


def digest(site: Site, component: str, tag: str) -> str:
    found = Registries(site.root).open(parse_reference(f"oci:images/{component}")).resolve(tag)
    assert found is not None
    return found.digest


def gate(site: Site, code: int, target: str, images: list[str], *words: str) -> dict[str, Any]:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    file = site.root / "pod.json"
    file.write_text(json.dumps({"kind": "Pod", "spec": {"containers": containers}}))
    done = site.run("gate", "sync", "-f", str(file), "--target", target, *words, "-o", "json")
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def image(site: Site, component: str, tag: str, *, spelled: bool = False) -> str:
    return f"oci:images/{component}{f':{tag}' if spelled else ''}@{digest(site, component, tag)}"


def test_components_of_one_release_are_decided_together(shop: Site) -> None:
    answer = gate(shop, 0, "dev", [image(shop, "api", OLD), image(shop, "worker", OLD)])
    assert {each["release"] for each in answer["images"]} == {f"shop/{OLD}"}


def test_components_of_two_releases_are_a_mixture(shop: Site) -> None:
    shop.ok("release", "pin", NEW)
    answer = gate(shop, 1, "dev", [image(shop, "api", OLD), image(shop, "worker", NEW)])
    (finding,) = answer["images"][0]["findings"]
    assert finding["code"] == "mixed-releases"
    assert finding["sentence"].endswith(f"api of shop/{OLD}; worker of shop/{NEW}")


def test_an_image_that_two_releases_share_is_of_the_one_that_the_others_are_of(shop: Site) -> None:
    from tests.shop import build  # noqa: PLC0415 - for this test alone

    build(shop.root, "worker", "1.7.0", seed=f"worker {NEW}")
    build(shop.root, "api", "1.7.0")
    for each in (NEW, "1.7.0"):
        shop.ok("release", "pin", each)
    assert digest(shop, "worker", NEW) == digest(shop, "worker", "1.7.0")
    answer = gate(shop, 0, "dev", [image(shop, "worker", NEW), image(shop, "api", "1.7.0")])
    assert {each["release"] for each in answer["images"]} == {"shop/1.7.0"}
    answer = gate(shop, 0, "dev", [image(shop, "worker", "1.7.0", spelled=True)])
    assert answer["images"][0]["release"] == "shop/1.7.0"


def test_every_place_of_a_level_that_runs_it_is_decided(shop: Site) -> None:
    text = (shop.root / "ldmrelease.yaml").read_text()
    assert "staging" in text
    answer = gate(shop, 1, "prod", [image(shop, "api", OLD)])
    assert [each["place"] for each in answer["images"]] == ["prod/shop"]


def test_builds_of_a_cycle_that_nobody_has_pinned_together_are_of_that_cycle(tmp_path: Path) -> None:
    builds = {"mtmount": ["c0042.001", "c0042.002"], "athexapod": ["c0042.001", "c0042.002"]}
    site = cycle_site(tmp_path / "site", builds, dict.fromkeys(builds))
    images = [
        image(site, "mtmount", "c0042.001", spelled=True),
        image(site, "athexapod", "c0042.002", spelled=True),
    ]
    answer = gate(site, 0, CONTROL, images)
    assert {each["release"] for each in answer["images"]} == {"telescope/c0042"}
    site.ok("release", "pin", "c0042")
    answer = gate(site, 0, CONTROL, images)
    assert {each["release"] for each in answer["images"]} == {"telescope/c0042"}


@pytest.mark.parametrize(("tag", "code"), [("9.9.9", "absent-tag"), ("v1.6", "unreadable-tag")])
def test_a_tag_that_names_nothing_is_told_beside_its_missing_digest(shop: Site, tag: str, code: str) -> None:
    answer = gate(shop, 1, "dev", [f"oci:images/api:{tag}"])
    assert [each["code"] for each in answer["images"][0]["findings"]] == ["no-digest", code]


def test_a_digest_that_is_not_of_its_tag_is_told(shop: Site) -> None:
    answer = gate(shop, 1, "dev", [f"oci:images/api:{NEW}@sha256:{'0' * 64}"])
    assert [each["code"] for each in answer["images"][0]["findings"]] == ["tag-differs"]
