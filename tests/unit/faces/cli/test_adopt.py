"""`adopt`: a workspace for a tree that is there already."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.faces.cli.running import files, run
from tests.unit.trees.tree_samples import write_tree
from tests.workspace import own_hosts

NO_HELM = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = write_tree(tmp_path / "tree")
    for each in folder.rglob("*.yaml"):
        each.write_text(own_hosts(each.read_text()))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "As it is")
    return folder


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_what_is_written_passes_lint_and_covers_the_tree(tree: Path, tmp_path: Path) -> None:
    before = files(tree)
    done = run(
        "adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--yes", "-o", "json", **NO_HELM
    )
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["layout"] == "phalanx"
    assert answer["repository"] == "../tree"
    assert answer["covered"] == answer["images"] - len(answer["not_covered"])
    assert "ldmrelease.yaml" in answer["written"]
    assert [(each["name"], each["level"]) for each in answer["environments"]] == [
        ("base", "commissioning"),
        ("summit", "commissioning"),
    ]
    linted = run("workspace", "lint", folder=tmp_path / "new")
    assert linted.exit_code == 0
    assert linted.stdout.endswith("ldmrelease.yaml: nothing is wrong\n")
    assert files(tree) == before


def test_without_consent_nothing_is_written(tree: Path, tmp_path: Path) -> None:
    done = run("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", **NO_HELM)
    assert done.exit_code == 2
    assert "nothing was written; say --yes" in done.stderr
    assert "covered:" in done.stdout
    assert not (tmp_path / "new").exists()


def test_a_workspace_that_is_there_is_left_alone(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--yes")
    assert run(*words, **NO_HELM).exit_code == 0
    before = files(tmp_path / "new")
    assert run(*words, **NO_HELM).exit_code in (0, 2)
    assert files(tmp_path / "new") == before


def test_the_committed_tree_is_read_and_not_the_checkout(tree: Path, tmp_path: Path) -> None:
    (tree / "environments/values-summit.yaml").write_text("][")
    done = run(
        "adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--yes", "-o", "json", **NO_HELM
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["not_read"] == []


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(tree: Path, tmp_path: Path) -> None:
    (tree / "environments/values-summit.yaml").write_text("][")
    git(tree, "commit", "-qam", "Broken")
    done = run("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--yes", **NO_HELM)
    assert done.exit_code == 0
    assert "environments/values-summit.yaml:1:" in done.stderr
    assert "base" in (tmp_path / "new/ldmrelease.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{tmp}/nowhere", "--yes"], "is not a folder"),
        (["{tmp}/empty", "--yes"], "has none of the layouts that are known"),
        (["{tree}", "--yes", "--layout", "chart"], "no layout 'chart'"),
        (["{tree}", "--yes", "--layout", "flux"], "has not that layout"),
        (["{tree}", "--yes", "--branch", "gone"], "has no branch gone"),
        (["{tree}", "--yes", "--level", "summit"], "is not ENV=LEVEL"),
        (["{tree}", "--yes", "--level", "summit=high"], "no level 'high'"),
        (["{tree}", "--yes", "--level", "moon=production"], "no environment 'moon'"),
    ],
)
def test_what_cannot_be_adopted_is_told(tree: Path, tmp_path: Path, words: list[str], told: str) -> None:
    (tmp_path / "empty").mkdir()
    named = [each.format(tmp=tmp_path, tree=tree) for each in words]
    done = run("adopt", *named, "-C", str(tmp_path / "new"), "--no-render", **NO_HELM)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_level_that_is_said_is_taken(tree: Path, tmp_path: Path) -> None:
    done = run(
        "adopt",
        str(tree),
        "-C",
        str(tmp_path / "new"),
        "--level",
        "summit=production",
        "--yes",
        "--no-render",
        **NO_HELM,
    )
    assert done.exit_code == 0
    assert "level: production  # as asked" in (tmp_path / "new/ldmrelease.yaml").read_text()


def test_of_a_workspace_that_is_there_only_what_is_new_is_shown(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    done = run(*words, **NO_HELM)
    assert (done.exit_code, done.stdout) == (0, "ldmrelease.yaml has everything that is covered\n")
    values = tree / "applications/lab/values-base.yaml"
    values.write_text(values.read_text() + "proof:\n  image: {repository: example.org/proof, tag: 1.0.0}\n")
    git(tree, "commit", "-qam", "One more")
    before = files(tmp_path / "new")
    done = run(*words, **NO_HELM)
    assert done.exit_code == 0
    assert "- {component: proof/proof, path: proof.image.tag}" in done.stdout
    assert "ataos" not in done.stdout
    assert files(tmp_path / "new") == before
