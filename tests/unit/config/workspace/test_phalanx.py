"""A real tree in a workspace of at most 150 lines: Phalanx as of 2026-01-15, where it is at hand (CI has it)."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.answers.tree_images import path_text
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.patterns.documents import workspace_document
from ldmrelease.config.workspace.patterns.show import expanded_text
from ldmrelease.config.workspace.topology import build_topology
from ldmrelease.domain.targets import ImageSettingsTarget, MenuTarget, Selector, Setting
from ldmrelease.domain.topology import Topology
from ldmrelease.trees.files import Folder
from ldmrelease.trees.interface import TreeImage
from ldmrelease.trees.layouts import phalanx
from tests.unit.config.workspace.pattern_workspaces import record

REPOSITORY = Path(__file__).parents[4]
TREE = next(filter(Path.is_dir, (each / "shared/data/phalanx" for each in REPOSITORY.parents)), None)
WRITTEN = REPOSITORY / "tests/data/phalanx/ldmrelease.yaml"
AT = datetime(2026, 1, 15, tzinfo=UTC)

pytestmark = pytest.mark.skipif(TREE is None, reason="the tree is not here")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert TREE is not None
    file = init_workspace(tmp_path_factory.mktemp("phalanx"), "rubin", AT).file
    file.write_bytes(WRITTEN.read_bytes())
    (file.parent / "ledger.db").touch()
    record(file, TREE)
    return file


@pytest.fixture(scope="module")
def topology(file: Path) -> Topology:
    return build_topology(workspace_document(file)[0])


def test_it_takes_at_most_150_lines_and_names_no_environment_twice(file: Path) -> None:
    lines = WRITTEN.read_text().splitlines()
    assert len(lines) <= 150
    part = WRITTEN.read_text().partition("\nenvironments:\n")[2].partition("\npatterns:\n")[0]
    named = [each for found in re.findall(r"\[([^\]]*)\]", part) for each in re.split(r",\s*", found)]
    assert TREE is not None
    assert sorted(named) == phalanx.environments(Folder(TREE))


def test_nothing_is_wrong_with_it_but_what_nobody_has_agreed_to(file: Path) -> None:
    about = ("trust.yaml", "no key for", "the workspace has no checks")
    found = [each for each in lint(file) if not each.notice and not any(word in str(each) for word in about)]
    assert found == []


def test_every_enabled_application_whose_tag_the_environment_decides_has_a_place(topology: Topology) -> None:
    assert TREE is not None
    tree = Folder(TREE)
    images = [each for each in phalanx.read(tree, phalanx.environments(tree)) if isinstance(each, TreeImage)]
    assert images
    settings = {
        (str(each.place).partition("/")[0], each.target.location.file, setting.path)
        for each in topology.applications
        if isinstance(each.target, ImageSettingsTarget)
        for setting in each.target.settings
        if isinstance(setting, Setting)
    }
    lacking = {
        (each.environment, each.application, str(part.path))
        for each in images
        for part in each.parts
        if part.path[-1] == "tag"
        and part.file == f"applications/{each.application}/values-{each.environment}.yaml"
        if (each.environment, part.file, path_text(part.path)) not in settings
    }
    assert lacking == set()


def test_each_menu_is_a_place(topology: Topology) -> None:
    menus = [each for each in topology.applications if isinstance(each.target, MenuTarget)]
    assert len(menus) == 15
    assert {each.runs for each in menus if each.place.environment == "summit"} == {
        ("cycle-lab/sal-sciplat-lab",)
    }


def test_a_site_has_one_place_with_its_control_system(topology: Topology) -> None:
    found = [each for each in topology.applications if each.place.application == "control-system"]
    sites = {each.place.environment: each.target for each in found}
    assert sites.keys() == {"base", "summit", "tucson-teststand"}
    assert all(isinstance(each, ImageSettingsTarget) and len(each.settings) > 60 for each in sites.values())
    # Each reads the cycle where the site's stands, and has a revision of its own.
    summit = sites["summit"]
    assert isinstance(summit, ImageSettingsTarget)
    settings = [each for each in summit.settings if isinstance(each, Selector)]
    assert len(settings) == len(summit.settings)
    assert {each.template for each in settings} == {"{cycle}[.{revision:03d}]"}


def test_expanded_it_loads_to_the_same_topology(file: Path, topology: Topology, tmp_path: Path) -> None:
    plain = tmp_path / "ldmrelease.yaml"
    plain.write_text(expanded_text(file))
    assert build_topology(workspace_document(plain)[0]) == topology
