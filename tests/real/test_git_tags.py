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


def test_a_checkout_that_we_were_started_in_says_nothing_about_how_to_ask(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    trap = folder / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho run >> {folder}/trace\nexit 1\n")
    trap.chmod(0o755)
    for words in (
        ("init", "-q"),
        ("config", "core.sshCommand", str(trap)),
        ("config", "protocol.ext.allow", "always"),
        ("config", f"url.ext::{trap} .insteadOf", f"{repository}"),
        ("config", "credential.helper", f"!{trap}"),
    ):
        git(folder, *words)
    monkeypatch.chdir(folder)
    asked = subprocess.run(["git", "ls-remote", str(repository)], capture_output=True, check=False)
    assert (folder / "trace").exists(), asked.stderr
    (folder / "trace").unlink()
    assert tags(str(repository)) == ["24.0.0", "w.2023.16"]
    with pytest.raises(SourceUnavailable):
        tags("ssh://127.0.0.1:9/none")
    assert not (folder / "trace").exists()


def test_the_configuration_of_a_source_on_this_machine_runs_nothing(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    trap = folder / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho run >> {folder}/trace\nexec cat\n")
    trap.chmod(0o755)
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(trap.read_text())
    hook.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.alternateRefsCommand", "core.sshCommand", "uploadpack.packObjectsHook", "core.pager",
        "alias.upload-pack", "credential.helper",
    ):  # fmt: skip
        git(repository, "config", name, f"!{trap}" if name.startswith("alias") else str(trap))
    assert tags(str(repository)) == ["24.0.0", "w.2023.16"]
    assert not (folder / "trace").exists()


def test_a_password_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as error:
        tags(f"http://kim:hunter2@127.0.0.1:9/{tmp_path.name}")
    assert "127.0.0.1" in str(error.value)
    assert "hunter2" not in str(error.value)
