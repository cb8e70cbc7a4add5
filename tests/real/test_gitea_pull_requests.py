"""The contract of forges, at a real one; and what only a real one shows."""

from __future__ import annotations

import base64
import time
import urllib.error
from collections.abc import Iterator
from itertools import count

import pytest

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import Draft
from ldmrelease.forges.registry import pull_requests
from tests.real.gitea import Gitea, gitea
from tests.unit.forges.contract import HEAD, ForgeSite, PullRequestsContract, opened

pytestmark = pytest.mark.real

_NAMES = count(1)
_MERGE_SECONDS = 30


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with gitea(tmp_path_factory.mktemp("gitea")) as running:
        for name in ("bot", "reviewer", "alice", "bob"):
            running.add_user(name)
        yield running


class GiteaSite:
    """A new repository of a real Gitea."""

    def __init__(self, running: Gitea) -> None:
        self.running = running
        self.name = f"r{next(_NAMES)}"
        self.path = f"/repos/bot/{self.name}"
        running.ask(
            "bot", "POST", "/user/repos", {"name": self.name, "auto_init": True, "default_branch": "main"}
        )
        self.address = f"{running.address}/bot/{self.name}.git"
        self.forge = pull_requests("gitea", self.address, {"GITEA_TOKEN": running.tokens["bot"]})

    def change(self, branch: str, text: str) -> str:
        content = base64.b64encode(text.encode()).decode()
        made = {"content": content, "message": text, "branch": branch}
        if not self.tip(branch):
            made |= {"branch": "main", "new_branch": branch}
        done = self.running.ask("bot", "POST", f"{self.path}/contents/{next(_NAMES)}-values.yaml", made)
        commit: str = done["commit"]["sha"]
        return commit

    def delete(self, branch: str) -> None:
        self.running.ask("bot", "DELETE", f"{self.path}/branches/{branch}")

    def merge(self, number: str, how: str) -> None:
        """While Gitea looks for conflicts it refuses to merge."""
        ends = time.monotonic() + _MERGE_SECONDS
        while True:
            try:
                self.running.ask("reviewer", "POST", f"{self.path}/pulls/{number}/merge", {"Do": how})
            except urllib.error.HTTPError as error:
                if error.code != 405 or time.monotonic() > ends:
                    raise
                time.sleep(0.1)
            else:
                return

    def review(self, number: str, account: str, approves: bool) -> None:
        said = {"event": "APPROVED" if approves else "REQUEST_CHANGES", "body": "seen"}
        self.running.ask(account, "POST", f"{self.path}/pulls/{number}/reviews", said)

    def check(self, commit: str, name: str, verdict: str) -> None:
        state = {"passed": "success", "failed": "failure", "pending": "pending"}[verdict]
        self.running.ask("bot", "POST", f"{self.path}/statuses/{commit}", {"context": name, "state": state})

    def tip(self, branch: str) -> str:
        try:
            commit: str = self.running.ask("bot", "GET", f"{self.path}/branches/{branch}")["commit"]["id"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return ""
        return commit

    def requests(self) -> int:
        return 0


@pytest.fixture
def site(forge: Gitea) -> GiteaSite:
    return GiteaSite(forge)


class TestGitea(PullRequestsContract):
    """All of it."""

    def comments(self, site: ForgeSite, number: str) -> list[str]:
        assert isinstance(site, GiteaSite)
        found = site.running.ask("bot", "GET", f"{site.path}/issues/{number}/comments")
        return [each["body"].strip() for each in found]


def test_rules_of_a_branch_and_a_base_with_a_slash(site: GiteaSite) -> None:
    assert site.forge.rules("main").protected is False
    protection = {
        "rule_name": "main",
        "enable_push": False,
        "required_approvals": 2,
        "require_signed_commits": True,
    }
    site.running.ask("bot", "POST", f"{site.path}/branch_protections", protection)
    found = site.forge.rules("main")
    assert (found.protected, found.approvals, found.signed) == (True, 2, True)
    site.change("release/1", "tag: 1")
    site.change(HEAD, "tag: 2")
    made = site.forge.open(Draft(HEAD, "release/1", "Promote", "x"))
    found_again = site.forge.newest_of(HEAD, "release/1")
    assert found_again is not None
    assert found_again.number == made.number
    assert site.forge.newest_of(HEAD, "main") is None


def test_a_renamed_repository_and_a_wrong_token_are_said(site: GiteaSite) -> None:
    made = opened(site)
    site.running.ask("bot", "PATCH", site.path, {"name": f"{site.name}-renamed"})
    with pytest.raises(ForgeError, match="moved"):
        site.forge.look(made.number)
    wrong = pull_requests("gitea", site.address, {"GITEA_TOKEN": "wrong"})
    with pytest.raises(ForgeError, match="401"):
        wrong.list_open("ldmrelease/")
