"""Git tags as sources: real git, annotated and lightweight, one spelling for two commits."""

import subprocess
from pathlib import Path

import pytest

from ldmrelease.sources.git_tags import Ambiguous, SourceUnavailable, tag_commit, tags

pytestmark = pytest.mark.real


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@x", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path, "tag", "-a", "-m", "Version w.2023.16 release from w_2023_16/b6598", "w.2023.16")
    git(tmp_path, "tag", "24.0.0")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "two")
    return tmp_path


def test_an_annotated_tag_names_its_commit(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD^")
    assert tag_commit(str(repository), ("w.2023.16",)) == commit
    assert git(repository, "rev-parse", "w.2023.16") != commit, "it has an object of its own"


def test_a_tag_that_is_not_there_is_none(repository: Path) -> None:
    assert tag_commit(str(repository), ("w.2023.17",)) is None


def test_two_spellings_of_one_commit_are_one_tag(repository: Path) -> None:
    git(repository, "tag", "v24.0.0", "24.0.0")
    assert tag_commit(str(repository), ("24.0.0", "v24.0.0")) == git(repository, "rev-parse", "24.0.0")


def test_two_spellings_of_two_commits_are_ambiguous(repository: Path) -> None:
    git(repository, "tag", "v24.0.0", "HEAD")
    found = tag_commit(str(repository), ("24.0.0", "v24.0.0"))
    assert isinstance(found, Ambiguous)
    assert set(found.commits) == {"24.0.0", "v24.0.0"}


def test_all_tags(repository: Path) -> None:
    assert sorted(tags(str(repository))) == ["24.0.0", "w.2023.16"]


def test_a_repository_that_does_not_answer_is_no_absence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="nowhere"):
        tag_commit(str(tmp_path / "nowhere"), ("w.2023.16",))
