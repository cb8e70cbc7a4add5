"""The files of a commit are listed once for all places that ask; what a branch has is listed anew."""

import subprocess
from pathlib import Path

import pytest

from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.local_repository import layout_of, open_layout
from ldmrelease.trees.committed import CommittedTree


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(folder: Path, name: str) -> str:
    (folder / name).write_text("a: 1\n")
    git(folder, "add", name)
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    git(tmp_path, "init", "-q", "-b", "main")
    committed(tmp_path, "one.yaml")
    layout = layout_of(tmp_path)
    assert layout is not None
    return Git(open_layout(layout))


def test_a_commit_is_listed_once(repository: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, asked, run = git(tmp_path, "rev-parse", "HEAD"), [], repository.run
    monkeypatch.setattr(repository, "run", lambda *words: asked.append(words[0]) or run(*words))
    trees = [CommittedTree(repository, commit) for _ in range(3)]
    assert asked == ["ls-tree"]
    assert {each.files() for each in trees} == {frozenset({"one.yaml"})}


def test_a_branch_is_listed_as_it_is_now(repository: Git, tmp_path: Path) -> None:
    assert CommittedTree(repository, "main").files() == {"one.yaml"}
    committed(tmp_path, "two.yaml")
    assert CommittedTree(repository, "main").files() == {"one.yaml", "two.yaml"}
