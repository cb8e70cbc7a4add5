"""The contract of forges: the one in memory, and GitHub and GitLab at servers that answer as documented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.forges.interface import (
    CommitCheck,
    CommitCheckVerdict,
    PullRequestReview,
    PullRequests,
    ReviewVerdict,
)
from ldmrelease.forges.memory import MemoryForge
from ldmrelease.forges.registry import pull_requests
from tests.unit.forges.bare_repository import BareRepository
from tests.unit.forges.contract import ForgeSite, PullRequestsContract
from tests.unit.forges.dialects import GitHubDialect, GitLabDialect
from tests.unit.forges.git_forge import GitForge, git_forge

PATHS = {"github": "o/r", "gitlab": "g/s/r"}
DIALECTS = {"github": GitHubDialect, "gitlab": GitLabDialect}
TOKENS = {"github": "GH_TOKEN", "gitlab": "GITLAB_TOKEN"}


def client(kind: str, server: GitForge) -> PullRequests:
    """Who asks a server of the tests."""
    return pull_requests(kind, f"{server.site}/{PATHS[kind]}.git", {TOKENS[kind]: "secret"})


class MemorySite:
    """A forge in memory over a repository."""

    def __init__(self, path: Path) -> None:
        self.repository = BareRepository(path)
        self.forge = self.memory = MemoryForge(self.repository.tip)
        self.memory.given_paths["1"] = ["values.yaml"]

    def change(self, branch: str, text: str) -> str:
        return self.repository.change(branch, text, line=8 if branch == "main" else 3)

    def delete(self, branch: str) -> None:
        self.repository.delete(branch)

    def merge(self, number: str, how: str) -> None:
        found = self.memory.pull_requests[number]
        self.memory.merge(number, self.repository.merge(found.head_commit, found.base, how))

    def review(self, number: str, account: str, approves: bool) -> None:
        verdict = ReviewVerdict.APPROVED if approves else ReviewVerdict.CHANGES_REQUESTED
        said = self.memory.given_reviews.setdefault(number, [])
        said[:] = [each for each in said if each.account != account]
        said.append(PullRequestReview(account, verdict, self.memory.pull_requests[number].head_commit))

    def check(self, commit: str, name: str, verdict: str) -> None:
        found = CommitCheck(name, CommitCheckVerdict(verdict))
        self.memory.given_checks.setdefault(commit, []).append(found)

    def tip(self, branch: str) -> str:
        return self.repository.tip(branch) or ""

    def requests(self) -> int:
        return len(self.memory.requests)

    def comments(self, number: str) -> list[str]:
        return list(self.memory.comments[number].values())


class ServerSite(MemorySite):
    """A server that answers as a forge."""

    def __init__(self, kind: str, server: GitForge) -> None:
        self.kind, self.server, self.repository = kind, server, server.repository
        self.forge = client(kind, server)

    def change(self, branch: str, text: str) -> str:
        commit = super().change(branch, text)
        self.server.current()
        return commit

    def merge(self, number: str, how: str) -> None:
        self.server.merge(int(number), how)

    def review(self, number: str, account: str, approves: bool) -> None:
        pull = self.server.pulls[int(number)]
        at = self.server.now()
        if self.kind == "github":
            state = "APPROVED" if approves else "CHANGES_REQUESTED"
            user = {"login": account}
            pull.reviews.append({"user": user, "state": state, "commit_id": pull.commit, "submitted_at": at})
            pull.reviews.append({"user": user, "state": "COMMENTED", "commit_id": pull.commit})
            return
        pull.reviews = [each for each in pull.reviews if each["user"]["username"] != account]
        state = "approved" if approves else "requested_changes"
        pull.reviews.append({"user": {"username": account}, "state": state, "at": at})

    def check(self, commit: str, name: str, verdict: str) -> None:
        self.server.statuses.setdefault(commit, []).append((name, verdict))

    def requests(self) -> int:
        return len(self.server.asked)

    def comments(self, number: str) -> list[str]:
        return [each["body"] for each in self.server.pulls[int(number)].comments]


class TestForgeServers(PullRequestsContract):
    """All of it, by each of them."""

    @pytest.fixture(params=["memory", "github", "gitlab"])
    def site(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ForgeSite]:
        if request.param == "memory":
            yield MemorySite(tmp_path / "r.git")
            return
        with git_forge(tmp_path / "r.git", DIALECTS[request.param]()) as server:
            yield ServerSite(request.param, server)

    def comments(self, site: ForgeSite, number: str) -> list[str]:
        assert isinstance(site, MemorySite)
        return site.comments(number)
