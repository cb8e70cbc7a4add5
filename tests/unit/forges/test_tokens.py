"""Where tokens are found, which project a remote means, and proposals by branch alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from ldmrelease.forges.branch import BranchProposals
from ldmrelease.forges.errors import ForgeError, NotARepository, NoToken
from ldmrelease.forges.interface import Draft, PullRequestState
from ldmrelease.forges.registry import pull_requests
from ldmrelease.forges.repositories import ForgeProject, project_of
from ldmrelease.forges.tokens import find_token

PROJECT = ForgeProject("https://forge.example.org", "o/r")


def program(folder: Path, name: str, script: str) -> None:
    """A program that a user may have; what it is called with and given it writes down."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$0 $*" >> {folder}/called\n{script}\n')
    path.chmod(0o755)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **more}


def test_the_environment_comes_first(tmp_path: Path) -> None:
    program(tmp_path, "gh", "echo of-gh")
    found = environment(tmp_path, GITHUB_TOKEN="second", GH_TOKEN=" ", GH_HOST="forge.example.org")
    assert find_token("github", PROJECT, ("GH_TOKEN", "GITHUB_TOKEN"), found) == "second"
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("kind", "host", "named", "is_sent"),
    [
        ("github", "github.com", {}, True),
        ("github", "github.com.example.org", {}, False),
        ("github", "forge.example.org", {"GITHUB_SERVER_URL": "https://Forge.example.org"}, True),
        ("gitlab", "gitlab.com", {"GITLAB_HOST": "forge.example.org"}, True),
        ("gitlab", "forge.example.org", {}, False),
        ("gitlab", "forge.example.org", {"CI_SERVER_URL": "https://forge.example.org"}, True),
        ("gitea", "forge.example.org", {"GITEA_HOST": "other.example.org"}, False),
        ("gitea", "127.0.0.1:3000", {}, True),
    ],
)
def test_a_token_of_the_environment_is_not_sent_to_whom_a_workspace_names(
    tmp_path: Path, kind: str, host: str, named: dict[str, str], is_sent: bool
) -> None:
    program(tmp_path, "gh", "exit 1")
    project, given = ForgeProject(f"https://{host}", "o/r"), environment(tmp_path, TOKEN="secret", **named)
    if is_sent:
        assert find_token(kind, project, ("TOKEN",), given) == "secret"
        return
    with pytest.raises(NoToken, match=f"set [A-Z]+_HOST={host} if TOKEN may be sent there") as said:
        find_token(kind, project, ("TOKEN",), given)
    assert "secret" not in str(said.value)


def test_then_the_program_of_github(tmp_path: Path) -> None:
    program(tmp_path, "gh", "echo of-gh")
    assert find_token("github", PROJECT, ("GH_TOKEN",), environment(tmp_path)) == "of-gh"
    assert "auth token --hostname forge.example.org" in (tmp_path / "called").read_text()


def test_then_gits_credential_helper_which_asks_nobody(tmp_path: Path) -> None:
    program(tmp_path, "gh", "exit 1")
    program(tmp_path, "helper", f"cat > {tmp_path}/given; echo username=bot; echo password=of-git")
    (tmp_path / ".gitconfig").write_text(
        f"[credential]\n\thelper = {tmp_path}/helper\n\tuseHttpPath = true\n"
    )
    assert find_token("github", PROJECT, ("GH_TOKEN",), environment(tmp_path)) == "of-git"
    given = (tmp_path / "given").read_text()
    assert "host=forge.example.org" in given
    assert "path=o/r" in given
    assert "of-git" not in (tmp_path / "called").read_text()


def test_the_configuration_of_the_repository_around_names_no_helper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "helper", "echo username=bot; echo password=of-git")
    subprocess.run(["git", "init", "-q", str(tmp_path / "here")], check=True)
    with (tmp_path / "here" / ".git" / "config").open("a") as file:
        file.write(f"[credential]\n\thelper = {tmp_path}/helper\n")
    monkeypatch.chdir(tmp_path / "here")
    for more in ({}, {"GIT_DIR": str(tmp_path / "here" / ".git")}):
        with pytest.raises(NoToken):
            find_token("gitlab", PROJECT, (), environment(tmp_path, **more))
    assert not (tmp_path / "called").exists()


def test_a_helper_that_hangs_is_ended_with_all_that_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldmrelease.forges.tokens._SECONDS", 0.5)
    program(tmp_path, "helper", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    (tmp_path / ".gitconfig").write_text(f"[credential]\n\thelper = {tmp_path}/helper\n")
    with pytest.raises(NoToken):
        find_token("gitlab", PROJECT, (), environment(tmp_path))
    number = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not _runs(number):
            return
        time.sleep(0.02)
    os.kill(number, signal.SIGKILL)
    pytest.fail("the helper goes on")


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_one_it_is_said_where_it_was_looked_for(tmp_path: Path) -> None:
    program(tmp_path, "gh", "exit 1")
    with pytest.raises(
        NoToken, match=r"no token for https://forge.example.org/o/r: set GH_TOKEN.*gh auth login"
    ) as said:
        find_token("github", PROJECT, ("GH_TOKEN",), environment(tmp_path))
    assert "credential helper" in str(said.value)


@pytest.mark.parametrize("token", ["two words", "sec\nret", "geheimnüs"])
def test_what_cannot_be_one_is_refused_without_being_told(token: str) -> None:
    with pytest.raises(NoToken, match="the variable GH_TOKEN holds something that is not a token") as said:
        find_token("github", PROJECT, ("GH_TOKEN",), {"GH_TOKEN": token, "GH_HOST": "forge.example.org"})
    assert token not in str(said.value)


@pytest.mark.parametrize(
    ("repository", "site", "path"),
    [
        ("https://github.com/o/r.git", "https://github.com", "o/r"),
        ("https://github.com/o/r/", "https://github.com", "o/r"),
        ("https://bot:secret@github.com/o/r", "https://github.com", "o/r"),
        ("git@github.com:o/r.git", "https://github.com", "o/r"),
        ("github.com:o/r", "https://github.com", "o/r"),
        ("git@github.com:/o/r.git", "https://github.com", "o/r"),
        ("ssh://git@github.com:22/o/r.git", "https://github.com", "o/r"),
        ("ssh://git@ssh.github.com:443/o/r.git", "https://github.com", "o/r"),
        ("git+ssh://git@forge.example.org/o/r", "https://forge.example.org", "o/r"),
        ("git@gitlab.com:g/s/r.git", "https://gitlab.com", "g/s/r"),
        ("https://forge.example.org:8443/o/r", "https://forge.example.org:8443", "o/r"),
        ("http://127.0.0.1:3000/o/r.git", "http://127.0.0.1:3000", "o/r"),
        ("ssh://git@[::1]:2222/o/r.git", "https://[::1]", "o/r"),
    ],
)
def test_the_project_of_a_remote(repository: str, site: str, path: str) -> None:
    assert project_of(repository) == ForgeProject(site, path)


def test_a_forge_that_is_elsewhere_or_below_a_path() -> None:
    assert (
        project_of("git@git.example.org:o/r", "https://example.org/git/").address
        == "https://example.org/git/o/r"
    )
    found = project_of("https://example.org/git/o/r.git", "https://example.org/git")
    assert found == ForgeProject("https://example.org/git", "o/r")


@pytest.mark.parametrize(
    "repository",
    [
        "/srv/repositories/r.git",
        "../r.git",
        "file:///srv/r.git",
        "https://github.com/o",
        "https://github.com/o/../r",
        "http://forge.example.org/o/r",
        "https://bot:secret@github.com/",
        "https://github.com/o/r%0Ahost=elsewhere.example.org",
        "ssh://git@github.com/o%0d/r",
        "git@github.com:o\r/r",
        "",
    ],
)
def test_what_is_no_repository_of_a_forge_is_refused_without_its_password(repository: str) -> None:
    with pytest.raises(NotARepository) as said:
        pull_requests("github", repository, {"GH_TOKEN": "x"})
    assert "secret" not in str(said.value)


def test_another_kind_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotARepository, match="github, gitlab, gitea, branch"):
        pull_requests("bitbucket", "https://bitbucket.org/o/r", {})


class Branches:
    """Those of a repository, in memory."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def tips(self, prefix: str, /) -> Mapping[str, str]:
        return {name: commit for name, commit in self.found.items() if name.startswith(prefix)}

    def delete(self, branch: str, /) -> None:
        self.found.pop(branch, None)


def test_a_branch_alone_is_open_while_it_is_there() -> None:
    branches = Branches()
    forge = pull_requests("branch", "/srv/r.git", {}, branches=branches)
    assert isinstance(forge, BranchProposals)
    draft = Draft("ldmrelease/1", "main", "t", "b")
    with pytest.raises(ForgeError, match="there is no branch ldmrelease/1"):
        forge.open(draft)
    branches.found = {"ldmrelease/1": "a" * 40, "ldmrelease/10": "b" * 40, "feature": "c" * 40}
    made = forge.open(draft)
    assert forge.look(made.number) == forge.newest_of("ldmrelease/1", "main") == made
    assert [each.head for each in forge.list_open("ldmrelease/")] == ["ldmrelease/1", "ldmrelease/10"]
    forge.close(made.number)
    assert forge.look(made.number).state is PullRequestState.CLOSED
    assert "ldmrelease/10" in branches.found
