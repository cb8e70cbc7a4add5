"""`adopt`: a workspace for a tree that is there already."""

import difflib
import json
import os
import subprocess
from pathlib import Path

import pytest

from ldmrelease.services.adoption import appending
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


def test_a_dry_run_needs_no_consent_and_writes_nothing(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--dry-run")
    done = run(*words, "-o", "json", **NO_HELM)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["covered"] > 0
    assert answer["written"] == []
    assert not (tmp_path / "new").exists()
    assert run(*words, **NO_HELM).stdout.endswith("dry run: nothing was written\n")
    assert run(*words, "--yes", **NO_HELM).exit_code == 2


def test_an_adoption_may_be_of_some_environments_alone(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "-o", "json")
    whole = json.loads(run(*words, "--dry-run", **NO_HELM).stdout)
    parts = [
        json.loads(run(*words, "--dry-run", "--environment", each, **NO_HELM).stdout)
        for each in ("base", "summit")
    ]
    for each, part in zip(("base", "summit"), parts, strict=True):
        assert [one["name"] for one in part["environments"] if one["name"] != "shared"] == [each]
    assert sum(each["images"] for each in parts) == whole["images"]
    assert sum(each["covered"] for each in parts) == whole["covered"]
    both = json.loads(run(*words, "--dry-run", "-e", "base", "-e", "summit", **NO_HELM).stdout)
    assert both == whole


def test_what_decides_for_other_environments_too_is_known_where_one_is_adopted(
    tree: Path, tmp_path: Path
) -> None:
    # The tag stands in the chart, and no environment has a file of its own for it.
    (tree / "environments/values-summit.yaml").write_text(
        "name: summit\napplications: {common: true, lab: true}\n"
    )
    (tree / "environments/values-base.yaml").write_text("name: base\napplications: {common: true}\n")
    (tree / "applications/common").mkdir()
    (tree / "applications/common/Chart.yaml").write_text("name: common\nversion: 1.0.0\n")
    (tree / "applications/common/values.yaml").write_text(
        "image: {repository: example.org/common, tag: 1.0.0}\n"
    )
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "Everywhere the same")
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "-o", "json", "--dry-run")
    answer = json.loads(run(*words, "-e", "summit", **NO_HELM).stdout)
    places = [(each["name"], one["name"]) for each in answer["environments"] for one in each["applications"]]
    assert ("shared", "common") in places
    assert ("summit", "common") not in places


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
        (["{tree}", "--yes", "--environment", "moon"], "no environment 'moon'"),
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
    assert "summit: {level: production}  # as asked" in (tmp_path / "new/ldmrelease.yaml").read_text()


PROOF = own_hosts("proof:\n  image: {repository: example.org/proof, tag: 1.0.0}\n")


def with_something_new(tree: Path) -> None:
    values = tree / "applications/lab/values-base.yaml"
    values.write_text(values.read_text() + PROOF)
    git(tree, "commit", "-qam", "One more")


def test_of_a_workspace_that_is_there_only_what_is_new_is_shown(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    done = run(*words, **NO_HELM)
    assert (done.exit_code, done.stdout) == (0, "ldmrelease.yaml has everything that is covered\n")
    with_something_new(tree)
    before = files(tmp_path / "new")
    for further in ((), ("--dry-run",)):
        done = run(*words, *further, **NO_HELM)
        assert done.exit_code == 0
        assert own_hosts("proof: {image: example.org/proof}") in done.stdout
        assert "nothing was written" in done.stdout
        assert "ataos" not in done.stdout
    assert files(tmp_path / "new") == before


def test_what_is_new_is_added_and_all_other_lines_stay(tree: Path, tmp_path: Path) -> None:
    file = tmp_path / "new/ldmrelease.yaml"
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    # A person's own hand is in it.
    mine = (
        file.read_text().replace("products:\n", "products:  # ours\n  # What matters most.\n", 1)
        + "# The end.\n"
    ).replace("\nenvironments:", "\n# Where it runs.\nenvironments:", 1)
    assert "# Where it runs.\nenvironments:" in mine
    file.write_text(mine)
    with_something_new(tree)
    done = run(*words, "--yes", "-o", "json", **NO_HELM)
    assert done.exit_code == 0
    assert "ldmrelease.yaml" in json.loads(done.stdout)["written"]
    changes = [
        each for each in difflib.ndiff(mine.splitlines(), file.read_text().splitlines()) if each[0] in "+-?"
    ]
    assert changes
    assert {each[0] for each in changes} == {"+"}
    assert any(own_hosts("example.org/proof") in each for each in changes)
    assert "\n# Where it runs.\nenvironments:" in file.read_text(), "a comment stays with what it is above"
    shown = run("workspace", "show", "--expanded", folder=tmp_path / "new").stdout
    assert "proof.image.tag" in shown
    assert run("trust", "agree", "--yes", folder=tmp_path / "new").exit_code == 0
    done = run(*words, **NO_HELM)
    assert done.stdout == "ldmrelease.yaml has everything that is covered\n"
    assert run("workspace", "lint", folder=tmp_path / "new").stdout.endswith("nothing is wrong\n")


def test_a_new_application_and_a_new_environment_are_added(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    (tree / "environments/values-moon.yaml").write_text(
        "name: moon\napplications: {proof: true, lab: false}\n"
    )
    (tree / "applications/proof").mkdir()
    (tree / "applications/proof/Chart.yaml").write_text("name: proof\nversion: 1.0.0\n")
    (tree / "applications/proof/values-moon.yaml").write_text(PROOF)
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "One more")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    shown = run("workspace", "show", "--expanded", "-o", "json", folder=tmp_path / "new").stdout
    assert "proof" in json.loads(shown)["environments"]["moon"]["applications"]


def test_nobody_is_asked_twice_and_a_no_changes_nothing(tree: Path, tmp_path: Path) -> None:
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render")
    assert run(*words, "--yes", **NO_HELM).exit_code == 0
    with_something_new(tree)
    before = files(tmp_path / "new")
    assert "say --yes to add it" in run(*words, **NO_HELM).stdout
    assert files(tmp_path / "new") == before


@pytest.fixture
def grown(tree: Path, tmp_path: Path) -> tuple[str, ...]:
    """The words that adopt a tree again which has something new."""
    words = ("adopt", str(tree), "-C", str(tmp_path / "new"), "--no-render", "--yes")
    assert run(*words, **NO_HELM).exit_code == 0
    with_something_new(tree)
    return words


def test_where_one_file_cannot_be_written_none_is(grown: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / f"new/.ldmrelease.yaml.{os.getpid()}").mkdir()
    before = files(tmp_path / "new")
    done = run(*grown, **NO_HELM)
    assert done.exit_code == 2
    assert "Is a directory" in done.stderr
    assert files(tmp_path / "new") == before


def test_what_somebody_wrote_meanwhile_is_not_overwritten(
    grown: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new/ldmrelease.yaml"
    replace_files = appending.replace_files

    def late(replacements: list[appending.Replacement]) -> None:
        file.write_text(file.read_text() + "# Mine.\n")
        replace_files(replacements)

    monkeypatch.setattr(appending, "replace_files", late)
    before = files(tmp_path / "new")
    before["ldmrelease.yaml"] += b"# Mine.\n"
    done = run(*grown, **NO_HELM)
    assert done.exit_code == 4
    assert "ldmrelease.yaml has been changed by somebody else: nothing was written" in done.stderr
    assert files(tmp_path / "new") == before


def test_a_workspace_that_is_a_link_stays_one_with_its_permissions(
    grown: tuple[str, ...], tmp_path: Path
) -> None:
    file, real = tmp_path / "new/ldmrelease.yaml", tmp_path / "new/real.yaml"
    file.rename(real)
    real.chmod(0o600)
    file.symlink_to(real)
    assert run(*grown, **NO_HELM).exit_code == 0
    assert file.is_symlink()
    assert own_hosts("example.org/proof") in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600


def test_lines_keep_their_ends_and_new_ones_have_the_same(grown: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "new/ldmrelease.yaml"
    mine = file.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    file.write_bytes(mine)
    assert run(*grown, **NO_HELM).exit_code == 0
    after = file.read_bytes()
    assert set(mine.split(b"\r\n")) < set(after.split(b"\r\n"))
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert after.endswith(b"\r\n")


def test_where_entries_cannot_be_added_they_are_shown_with_the_reason(
    grown: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "new/ldmrelease.yaml"
    file.write_text(file.read_text().replace("\nproducts:", '\n"products":'))
    before = files(tmp_path / "new")
    done = run(*grown, **NO_HELM)
    assert done.exit_code == 0
    assert own_hosts("proof: {image: example.org/proof}") in done.stdout
    assert "nothing was written: with these entries it would be no workspace any more" in done.stdout
    assert files(tmp_path / "new") == before


def test_a_further_tree_is_named_whatever_its_folder_is_called(tree: Path, tmp_path: Path) -> None:
    words = ("-C", str(tmp_path / "new"), "--no-render", "--yes")
    assert run("adopt", str(tree), *words, **NO_HELM).exit_code == 0
    file = tmp_path / "new/ldmrelease.yaml"
    named = file.read_text().replace(
        'trees: {tree: {repository: "../tree", branch: main}}',
        'trees:\n  tree: {repository: "../tree", branch: main}\n  tree-2: {repository: other, branch: main}',
    )
    file.write_text(named.replace("\n  - applications", "\n  - tree: tree\n    applications"))
    other = tree.rename(tmp_path / "a, b} #c")
    with_something_new(other)
    git(other, "clone", "-q", str(other), str(tree))
    assert run("adopt", str(other), *words, **NO_HELM).exit_code == 0
    assert '  tree-3: {repository: "../a, b} #c", branch: main}\n' in file.read_text()
    assert "  - tree: tree-3\n    applications: [lab-2]\n" in file.read_text()


def test_names_that_a_workspace_cannot_have_stop_nobody(tree: Path, tmp_path: Path) -> None:
    own = (tree / "applications/lab/values-base.yaml").read_text()
    for each in ("--help", ".._x", "a b", "a-b", "e\nvil", "x" * 120):
        (tree / f"environments/values-{each}.yaml").write_text("applications: {lab: true}\n")
        (tree / f"applications/lab/values-{each}.yaml").write_text(own)
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "Odd names")
    new = str(tmp_path / "new")
    done = run("adopt", str(tree), "-C", new, "--no-render", "--yes", "-o", "json", **NO_HELM)
    assert done.exit_code == 0, done.stderr
    names = {each["name"] for each in json.loads(done.stdout)["environments"]}
    assert names == {"help", "x", "a-b", "a-b-2", "e-vil", "x" * 100, "base", "summit"}
    shown = json.loads(run("workspace", "show", "--expanded", "-o", "json", folder=tmp_path / "new").stdout)[
        "environments"
    ]
    assert "applications/lab/values-a b.yaml" in json.dumps(shown["a-b-2"])
    assert "applications/lab/values-a-b.yaml" in json.dumps(shown["a-b"])


@pytest.mark.parametrize("name", [".schemas", "policies", "keys", "trust.yaml", "ledger.db"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_workspace_that_cannot_be_written_whole_is_not_begun(
    tree: Path, tmp_path: Path, name: str, kind: str
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    if kind == "file":
        (new / name).write_text("mine")
    else:
        (new / name).symlink_to("nowhere")
    done = run("adopt", str(tree), "-C", str(new), "--no-render", "--yes", **NO_HELM)
    assert done.exit_code == 2
    assert f"{name}: " in done.stderr
    assert [each.name for each in new.iterdir()] == [name]
    done = run("init", str(new))
    assert done.exit_code == 2
    assert [each.name for each in new.iterdir()] == [name]
