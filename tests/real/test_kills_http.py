"""The same as test_kills, with the images and release artifacts in a real registry: killed around its requests.

After every request that writes, and around others as `tests/kill_points.py` chooses them (a look leaves nothing
behind). All of them with LDMRELEASE_KILL_ALL=1.
"""

import os
from itertools import count
from pathlib import Path

import pytest

from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import list_referrers
from tests.kill_points import chosen, today
from tests.real.registries import RunningRegistry
from tests.real.test_kills import assert_done_once, count_calls, finish, killed_at
from tests.workspace import Site, copy_site, new_site

pytestmark = pytest.mark.real

SHARES = 4
_NUMBERS = count()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kills-http") / "template"
    new_site(root).release_weekly()
    return root


def site_in(template: Path, root: Path, registry: RunningRegistry) -> Site:
    """A copy of the site whose images are in the registry, under names of their own."""
    prefix = f"{registry.address}/k{os.getpid()}-{next(_NUMBERS)}"
    site = copy_site(template, root)
    site.edit(lambda text: text.replace("oci:images/", f"{prefix}/"))
    for file in (root / "gitops").rglob("values-*.yaml"):
        file.write_text(file.read_text().replace("repository: images/", f"repository: {prefix}/"))
    site.git("commit", "-q", "-a", "--amend", "--no-edit")
    registries = Registries(root)
    for name in ("scipipe", "sciplat-lab"):
        source = registries.open(parse_reference(f"oci:images/{name}"))
        destination = registries.open(parse_reference(f"{prefix}/{name}"))
        for tag in source.tags():
            if tag.endswith(("w_2023_16", "w_2023_15")):
                copy(source, tag, destination)
    return site


def is_write(call: str) -> bool:
    what = call.split(" ", 1)[1]
    return not what.startswith(("GET ", "HEAD "))


def assert_published(site: Site) -> None:
    """Each receipt of the three places is a referrer of the index, once."""
    context = site.context()
    product = context.topology.product("stack")
    assert product is not None
    source = product.component("scipipe")
    assert source is not None
    repository = context.registries.open(parse_reference(source.source))
    image = repository.resolve("al9-w_2023_16")
    assert image is not None
    assert len(list_referrers(repository, image.digest)) == 3
    context.ledger.close()


def test_without_a_kill(
    template: Path, tmp_path: Path, any_registry: RunningRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    site = site_in(template, tmp_path / "site", any_registry)
    assert "127.0.0.1" in (site.root / FILE).read_text()
    calls = count_calls(site)
    assert_done_once(site)
    assert_published(site)
    with capsys.disabled():
        writes = sum(map(is_write, calls))
        print(
            f"\nkill test over HTTP: N = {len(calls)} points, {writes} of writes; "
            f"killed at {len(chosen(calls))}, day {today()}"
        )


@pytest.fixture(scope="module")
def points(
    template: Path, tmp_path_factory: pytest.TempPathFactory, referrers_registry: RunningRegistry
) -> list[int]:
    """Where to kill, counted once for each process that runs tests."""
    root = tmp_path_factory.mktemp("counted") / "site"
    return chosen(count_calls(site_in(template, root, referrers_registry)))


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_and_resumed(
    template: Path, tmp_path: Path, referrers_registry: RunningRegistry, points: list[int], share: int
) -> None:
    for number in points[share::SHARES]:
        site = site_in(template, tmp_path / f"killed-{number}", referrers_registry)
        killed_at(site, number)
        finish(site)
        assert_done_once(site)
        assert_published(site)
