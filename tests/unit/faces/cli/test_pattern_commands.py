"""A workspace of patterns by its commands: what its trees say is shown, then recorded, and what it makes is printed."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.workspace import cache
from ldmrelease.config.workspace.patterns.facts import trees_file
from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.inventory.tree_refresh import changed_trees, committed
from ldmrelease.targets.connections import Access
from tests.unit.config.workspace.pattern_workspaces import PATTERNS, TREE, made_tree, workspace
from tests.unit.faces.cli.running import run

ON = "applications: {portal: true, mobu: true}\n"
OFF = "applications: {portal: true, mobu: false}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The workspace; its tree is a repository of this machine."""
    tree = made_tree(tmp_path / "tree", TREE)
    git(tree, "init", "-q", "-b", "main")
    commit(tree)
    return workspace(tmp_path, PATTERNS.replace("https://git.example/gitops", str(tree)))


def git(tree: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", "-C", str(tree), *identity, *words], check=True, capture_output=True)


def commit(tree: Path) -> None:
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "as it is", "--allow-empty")


def places(file: Path) -> list[str]:
    shown = yaml.safe_load(run("workspace", "show", "--expanded", folder=file.parent).stdout)
    return [
        f"{name}/{each}"
        for name, site in shown["environments"].items()
        for each in site.get("applications", ())
    ]


def test_what_the_tree_says_now_is_shown_and_then_recorded(file: Path) -> None:
    tree = file.parent.parent / "tree"
    made_tree(tree, {"environments/values-base.yaml": OFF})
    commit(tree)
    before = trees_file(file).read_bytes()
    assert places(file) == ["base/mobu", "base/portal", "summit/portal"]

    looked = run("workspace", "refresh", "--dry-run", "-o", "json", folder=file.parent)
    answer = json.loads(looked.stdout)
    assert (answer["changed"], answer["written"]) == (True, False)
    assert "+        applications.mobu: 'false'" in answer["difference"]
    assert trees_file(file).read_bytes() == before

    assert run("workspace", "refresh", folder=file.parent).exit_code == ExitCode.BAD_INPUT
    assert trees_file(file).read_bytes() == before

    done = run("workspace", "refresh", "--yes", folder=file.parent)
    assert done.exit_code == ExitCode.OK
    assert "ldmrelease trust agree" in done.stdout
    assert places(file) == ["base/portal", "summit/portal"]
    again = run("workspace", "refresh", folder=file.parent)
    assert again.stdout == "nothing to do: ldmrelease.trees.yaml says what the trees say\n"


def test_a_checkout_is_read_as_it_is(file: Path) -> None:
    tree = made_tree(file.parent.parent / "other", {**TREE, "environments/values-base.yaml": OFF})
    assert (
        run("workspace", "refresh", "--tree", str(tree), "--yes", folder=file.parent).exit_code == ExitCode.OK
    )
    assert places(file) == ["base/portal", "summit/portal"]
    missing = run("workspace", "refresh", "--tree", "nowhere", folder=file.parent)
    assert missing.exit_code == ExitCode.BAD_INPUT


def test_a_file_that_cannot_be_read_is_named_and_the_rest_recorded(file: Path) -> None:
    tree = made_tree(file.parent.parent / "other", {**TREE, "applications/mobu/values-base.yaml": "a: [\n"})
    done = run("workspace", "refresh", "--tree", str(tree), "--yes", folder=file.parent)
    assert done.exit_code == ExitCode.UNDECIDED
    assert "not read: applications/mobu/values-base.yaml:2:" in done.stderr
    assert places(file) == ["base/portal", "summit/portal"]


def test_the_file_is_shown_as_it_is_written(file: Path) -> None:
    assert run("workspace", "show", folder=file.parent).stdout == file.read_text()


def test_a_place_that_the_tree_makes_has_to_be_agreed_to(file: Path) -> None:
    run("workspace", "refresh", "--yes", folder=file.parent)
    assert run("trust", "agree", "--yes", folder=file.parent).exit_code == ExitCode.OK
    tree = file.parent.parent / "tree"
    made_tree(
        tree, {"environments/values-summit.yaml": ON, "applications/mobu/values-summit.yaml": "a: {}\n"}
    )
    made_tree(tree, {"applications/mobu/values-summit.yaml": TREE["applications/mobu/values-base.yaml"]})
    commit(tree)
    run("workspace", "refresh", "--yes", folder=file.parent)
    told = run("trust", "agree", "--dry-run", "-o", "json", folder=file.parent)
    assert [each["field"] for each in json.loads(told.stdout)["changes"]] == ["targets.summit"]


def test_the_cache_stands_for_what_was_recorded_of_the_tree(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = file.parent / "policies"
    for each in policies.glob("*.yaml"):
        each.write_text(each.read_text().replace("check: versions", "check: smoke"))
    with file.open("a") as opened:
        opened.write("checks: {smoke: {kind: reported, tests: [a]}}\n")
    run("workspace", "refresh", "--yes", folder=file.parent)
    assert run("trust", "agree", "--yes", folder=file.parent).exit_code == ExitCode.OK
    environ = {"XDG_CACHE_HOME": str(file.parent.parent / "cache")}
    first = cache.open_workspace(file, environ)
    assert cache.open_workspace(file, environ) == first
    tree = made_tree(file.parent.parent / "other", {**TREE, "environments/values-base.yaml": OFF})
    run("workspace", "refresh", "--tree", str(tree), "--yes", folder=file.parent)
    assert (
        len(cache.open_workspace(file, environ).topology.applications) == len(first.topology.applications) - 1
    )


def test_a_tree_is_told_that_says_something_else_by_now(file: Path) -> None:
    run("workspace", "refresh", "--yes", folder=file.parent)
    found = changed_trees(file, committed(Access(file.parent)))
    assert found == {"gitops": False}
    tree = file.parent.parent / "tree"
    made_tree(tree, {"environments/values-base.yaml": OFF})
    commit(tree)
    assert changed_trees(file, committed(Access(file.parent))) == {"gitops": True}


def test_a_tree_that_is_away_hides_no_change_of_another(file: Path) -> None:
    run("workspace", "refresh", "--yes", folder=file.parent)
    open_, away = committed(Access(file.parent)), Unavailable("elsewhere", "it is away")
    text = file.read_text().replace("trees:\n", "trees:\n  first: {repository: elsewhere}\n", 1)
    own = "  - tree: gitops\n    where:"
    text = text.replace("  - where:", own, 1).replace(
        "        from-tree:", "        tree: gitops\n        from-tree:", 1
    )
    further = text[text.index(own) :].replace("tree: gitops", "tree: first", 1)
    file.write_text(text + further)
    made_tree(file.parent.parent / "tree", {"environments/values-base.yaml": OFF})
    commit(file.parent.parent / "tree")
    found = changed_trees(file, lambda asked: away if asked.name == "first" else open_(asked))
    assert found == {"first": away, "gitops": True}
