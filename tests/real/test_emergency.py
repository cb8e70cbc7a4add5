"""An emergency goes on where nobody outside the site can be asked, as long as the site has the images itself."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.opening import Registries
from tests.real.registries import RunningRegistry
from tests.real.registries import docker_registry as origin_at
from tests.real.test_kills_http import site_in
from tests.workspace import BASE, PLACE, WEEKLY, Site, new_site

pytestmark = pytest.mark.real

EMERGENCY = "  emergency: {by: [release-manager], keep: [], for: 4h, review-within: 1d}\n"
_NUMBERS = count()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("emergency") / "template"
    new_site(root).release_weekly()
    return root


class Cut:
    """A site whose images and releases are at a registry that runs until it is left; base has a registry of its own."""

    def __init__(self, template: Path, root: Path, origin: RunningRegistry, own: RunningRegistry) -> None:
        self.site = site_in(template, root, origin)
        self.registry = f"{own.address}/base-{next(_NUMBERS)}"
        self.site.edit(lambda text: text.replace("  base:\n", f"  base:\n    registry: {self.registry}\n"))
        assert f"releases: {origin.address}/" in (self.site.root / FILE).read_text()
        self.site.edit(
            lambda text: text.replace("  confirm:\n", f"{EMERGENCY}  confirm:\n", 1),
            "policies/commissioning.yaml",
        )
        self.site.ok("trust", "agree", "--yes")
        self.origin = origin

    def bring(self) -> None:
        """The site's registry has the image already, from whenever."""
        registries = Registries(self.site.root)
        product = self.site.context().topology.product("stack")
        assert product is not None
        component = product.component("scipipe")
        assert component is not None
        source = registries.open(parse_reference(component.source))
        path = source.name.partition("/")[2]
        copy(source, "al9-w_2023_16", registries.open(parse_reference(f"{self.registry}/{path}")))


def promoted(site: Site, *words: str) -> tuple[int, str]:
    done = site.run("promote", WEEKLY, "--target", BASE, *words)
    assert "Traceback" not in done.stderr
    return done.exit_code, done.stdout + done.stderr


def test_an_emergency_goes_on_without_the_registry_of_origin_and_the_release_repository(
    template: Path, tmp_path: Path, docker_registry: RunningRegistry
) -> None:
    (tmp_path / "origin").mkdir()
    with origin_at(tmp_path / "origin") as origin:
        cut = Cut(template, tmp_path / "site", origin, docker_registry)
        site = cut.site
        site.ok("promote", WEEKLY, "--target", PLACE)
        cut.bring()
    code, told = promoted(site)
    assert code == 3, told
    before = site.committed(BASE)
    code, told = promoted(site, "--emergency", "no exposures since 02:10")
    assert code == 0, told
    assert site.committed(BASE) == before.replace("al9-w_2023_15", "al9-w_2023_16")
    assert "the release was not put where others look for it, which is owed" in told
    (owed,) = site.events("review.owed")
    assert all(origin.address in each["where"] for each in owed.body["unasked"]), owed.body
    assert {each["source"] for each in owed.body["unasked"]} >= {"images", "statements"}
    assert f"out of reach then, and owed: {origin.address}" in site.ok("debts")


def test_what_nobody_within_reach_has_is_not_let_in_by_an_emergency(
    template: Path, tmp_path: Path, docker_registry: RunningRegistry
) -> None:
    (tmp_path / "origin").mkdir()
    with origin_at(tmp_path / "origin") as origin:
        site = Cut(template, tmp_path / "site", origin, docker_registry).site
        site.ok("promote", WEEKLY, "--target", PLACE)
    before = site.committed(BASE)
    code, told = promoted(site, "--emergency", "no exposures since 02:10")
    assert code == 3, told
    assert site.committed(BASE) == before
    assert site.events("review.owed") == []
