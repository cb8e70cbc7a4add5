"""What is written for a tree in Phalanx's shape: patterns that make the very places that were proposed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from ldmrelease.config.workspace.init import empty_workspace
from ldmrelease.services.adoption.adopted_files import adopted_files, read_as_proposed
from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.policies import with_reachable_levels
from ldmrelease.services.adoption.proposal import propose
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, workspace_text
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.trees.files import Folder, MemoryTree, Tree
from ldmrelease.trees.parsed import ParsedTree
from tests.unit.trees.tree_samples import FILES

REPOSITORY = Path(__file__).parents[4]
PHALANX = next(filter(Path.is_dir, (each / "shared/data/phalanx" for each in REPOSITORY.parents)), None)
NAMED = TreeOfWorkspace("../tree", "main")
NO_PROGRAMS = {"PATH": "/nowhere"}

APPLICATION = "image: {{repository: example.org/{0}, tag: 1.0.0}}\n"
CHART = "name: {0}\nversion: 1.0.0\nappVersion: 1.0.0\n"
SITES = ("dev", "prod")


def proposal_of(tree: Tree) -> TreeProposal:
    found = survey(tree, NO_PROGRAMS, render=False, shape=None)
    assert isinstance(found, DesiredTree)
    return with_reachable_levels(propose(tree, found, {}))[0]


def written(files: dict[str, str]) -> tuple[dict[str, bytes], TreeProposal]:
    tree = ParsedTree(MemoryTree({name: text.encode() for name, text in files.items()}))
    proposal = proposal_of(tree)
    return adopted_files(empty_workspace(), proposal, NAMED, tree, asks_tree=True).files, proposal


def many(count: int, **more: str) -> dict[str, str]:
    """A tree with so many applications that are alike, each in two environments."""
    names = [f"app{number}" for number in range(count)]
    switches = "".join(f"  {each}: true\n" for each in names)
    files = {f"environments/values-{each}.yaml": f"name: {each}\napplications:\n{switches}" for each in SITES}
    files["environments/values.yaml"] = "applications: {}\n"
    for each in names:
        files[f"applications/{each}/Chart.yaml"] = CHART.format(each)
        files[f"applications/{each}/values.yaml"] = APPLICATION.format(each)
        files |= {f"applications/{each}/values-{site}.yaml": "{}\n" for site in SITES}
    return files | more


def test_applications_that_are_alike_take_no_line_each() -> None:
    few, proposal = written(many(4))
    more, _ = written(many(24))
    assert read_as_proposed(few, proposal)
    lines = [each["ldmrelease.yaml"].decode().count("\n") for each in (few, more)]
    assert lines[1] - lines[0] < 10


def test_what_differs_in_one_place_is_an_exception_and_no_copy() -> None:
    # There it is another image: the same pattern asks the tree for it.
    other = {"applications/app1/values-prod.yaml": "image: {repository: example.org/other, tag: 2.0.0}\n"}
    found, proposal = written(many(6) | other)
    assert read_as_proposed(found, proposal)
    assert found["ldmrelease.yaml"].decode().count("app1") < 6


def test_what_is_off_in_an_environment_is_not_made_there() -> None:
    values = (
        APPLICATION.format("app0")
        + "proxy:\n  enabled: false\n  image: {repository: example.org/proxy, tag: 1.0.0}\n"
    )
    on = "proxy: {enabled: true}\n"
    found, proposal = written(
        many(3) | {"applications/app0/values.yaml": values, "applications/app0/values-prod.yaml": on}
    )
    assert read_as_proposed(found, proposal)
    (prod,) = (each for each in proposal.environments if each.name == "prod")
    assert "proxy/proxy" in next(each for each in prod.applications if each.name == "app0").components
    (dev,) = (each for each in proposal.environments if each.name == "dev")
    assert "proxy/proxy" not in next(each for each in dev.applications if each.name == "app0").components


def test_a_cycle_is_a_pattern_over_all_its_sites() -> None:
    found, proposal = written(FILES)
    assert read_as_proposed(found, proposal)
    patterns = yaml.safe_load(found["ldmrelease.yaml"])["patterns"]
    (cycle,) = (each for each in patterns if each["applications"] == ["cycle"])
    assert cycle["environments"] == ["base", "summit"]
    assert "ldmrelease.trees.yaml" in found


def _others(proposal: TreeProposal) -> Iterator[TreeProposal]:
    """The same but for one thing of one place."""
    first, *sites = proposal.environments
    app, *apps = first.applications
    (own,) = app.settings
    yield replace(proposal, environments=tuple(sites))
    for changed in (
        replace(first, applications=tuple(apps)),
        replace(first, name="elsewhere"),
        replace(first, level="another"),
        replace(first, applications=(replace(app, name="another"), *apps)),
        replace(first, applications=(replace(app, settings=(replace(own, component="p/another"),)), *apps)),
        replace(first, applications=(replace(app, settings=(*app.settings, *apps[0].settings)), *apps)),
    ):
        yield replace(proposal, environments=(changed, *sites))


def test_files_that_make_anything_else_are_not_as_proposed() -> None:
    found, proposal = written(many(3))
    assert read_as_proposed(found, proposal)
    assert [read_as_proposed(found, each) for each in _others(proposal)] == [None] * 7
    assert read_as_proposed({"ldmrelease.yaml": b"{}"}, proposal) is None


def test_patterns_that_would_make_something_else_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ldmrelease.services.adoption.adopted_files.read_as_proposed", lambda *_: None)
    found, proposal = written(many(4))
    monkeypatch.undo()
    assert "from-tree" not in found["ldmrelease.yaml"].decode()
    assert read_as_proposed(found, proposal)


@pytest.mark.skipif(PHALANX is None, reason="the tree is not here")
def test_all_of_phalanx_is_a_quarter_of_what_it_is_written_out() -> None:
    assert PHALANX is not None
    tree = ParsedTree(Folder(PHALANX))
    proposal = proposal_of(tree)
    found = adopted_files(empty_workspace(), proposal, NAMED, tree, asks_tree=True).files
    assert read_as_proposed(found, proposal)
    text = found["ldmrelease.yaml"].decode()
    assert (proposal.covered, proposal.images) == (873, 894)
    assert text.count("\n") <= LINES_OF_PHALANX
    assert text.count("\n") * 4 < workspace_text(empty_workspace(), proposal, NAMED).count("\n")


LINES_OF_PHALANX = 530

MENU = """\
controller:
  config:
    images:
      source: {}
      recommendedTag: recommended
      numReleases: 1
      numWeeklies: 2
      numDailies: 3
"""
DOCKER = "{type: docker, registry: example.org, repository: lab}"
GOOGLE = "{type: google, location: here, projectId: project, repository: sciplat, image: lab}"


def with_menu(of_dev: str, of_prod: str) -> TreeProposal:
    files = many(1) | {
        "applications/app0/values.yaml": MENU,
        "applications/app0/values-dev.yaml": of_dev,
        "applications/app0/values-prod.yaml": of_prod,
    }
    found, proposal = written(files)
    assert read_as_proposed(found, proposal)
    return proposal


def images(source: str, more: str = "") -> str:
    return f"controller:\n  config:\n    images:\n      source: {source}\n{more}"


def test_a_menu_is_a_place_of_its_own_with_the_charts_defaults() -> None:
    proposal = with_menu(images(DOCKER), images(GOOGLE, "      recommendedTag: recommended_c0042\n"))
    menus = {
        site.name: each
        for site in proposal.environments
        for each in site.applications
        if each.menu is not None
    }
    assert {name: each.name for name, each in menus.items()} == {"dev": "app0-menu", "prod": "app0-menu"}
    assert {each.level for each in menus.values()} == {"jupyterlab"}
    images_of = {one.repository: each for each in proposal.products for one in each.components}
    assert images_of.keys() == {"example.org/lab", "here-docker.pkg.dev/project/sciplat/lab"}
    assert {each.grammar for each in images_of.values()} == {"rsp"}
    dev, prod = menus["dev"].menu, menus["prod"].menu
    assert dev is not None
    assert prod is not None
    assert (dev.path, dev.defaults) == (
        "controller.config.images",
        "applications/app0/values.yaml#controller.config.images",
    )
    assert (dev.aliases, prod.aliases) == (
        (("recommended", "recommendedTag"),),
        (("recommended_c0042", "recommendedTag"),),
    )
    assert (dev.dropdown, prod.dropdown) == (False, False)


def test_a_name_that_was_moved_to_a_release_is_still_a_name() -> None:
    proposal = with_menu(images(DOCKER, "      recommendedTag: w_2025_42\n"), images(DOCKER))
    (product,) = (each for each in proposal.products if each.aliases)
    assert product.aliases == ("recommended",)


def test_a_drop_down_menu_of_its_own_is_told_apart_from_pulling_in_advance() -> None:
    more = "    dropdownMenu: {weekly: {number: 26}}\n"
    proposal = with_menu(images(DOCKER, more), images(DOCKER))
    found = [each.menu.dropdown for site in proposal.environments for each in site.applications if each.menu]
    assert sorted(found) == [False, True]


def test_a_menu_without_a_source_has_no_images() -> None:
    proposal = with_menu("{}\n", images(DOCKER))
    assert [site.name for site in proposal.environments if any(each.menu for each in site.applications)] == [
        "prod"
    ]
    assert [one.repository for each in proposal.products for one in each.components] == ["example.org/lab"]
