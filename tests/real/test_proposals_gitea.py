"""Promotions by pull requests of a real Gitea whose branch nobody may push to."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests import shop
from tests.real.gitea import Gitea, gitea
from tests.workspace import Site, copy_site

pytestmark = pytest.mark.real

_NAMES = count(1)
_MERGE_SECONDS = 30


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with gitea(tmp_path_factory.mktemp("gitea")) as running:
        for name in ("bot", "rita"):
            running.add_user(name)
        yield running


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("proposals") / "template"
    shop.new_shop(root)
    return root


class ProtectedTree:
    """The shop with its tree at the forge: to `main` only merges come."""

    def __init__(self, site: Site, running: Gitea) -> None:
        self.site, self.running, self.name = site, running, f"tree{next(_NAMES)}"
        self.path = f"/repos/bot/{self.name}"
        self.ask("bot", "POST", "/user/repos", {"name": self.name, "default_branch": "main"})
        self.address = f"{running.address}/bot/{self.name}.git"
        self.git("push", "-q", self.address, "main")
        rule = {"rule_name": "main", "enable_push": False, "required_approvals": 1}
        self.ask("bot", "POST", f"{self.path}/branch_protections", rule)
        site.edit(
            lambda text: (
                text.replace("repository: deploy", f"repository: {self.address}")
                + "\ngitops:\n  propose: gitea\n"
            )
        )
        site.ok("trust", "agree", "--yes")

    def ask(self, user: str, method: str, path: str, body: Any = None) -> Any:
        return self.running.ask(user, method, path, body)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Rita", "-c", "user.email=rita@example.org")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.site.root / "deploy", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def promote(self) -> dict[str, Any]:
        return self._answer("promote", shop.NEW, "--target", "dev")

    def resume(self, promotion: str) -> dict[str, Any]:
        return self._answer("resume", promotion)

    def _answer(self, *words: str) -> dict[str, Any]:
        done = self.site.run(*words, "-o", "json")
        assert "Traceback" not in done.stderr
        assert not any(each in done.stdout + done.stderr for each in self.running.tokens.values())
        found: dict[str, Any] = json.loads(done.stdout)
        return found | {"exit": done.exit_code, "said": done.stderr}

    def pulls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("bot", "GET", f"{self.path}/pulls?state=all")
        return found

    def merge(self, how: str) -> None:
        """Rita approves the one that is open, and merges it; while Gitea looks for conflicts it refuses to."""
        (number,) = (each["number"] for each in self.pulls() if each["state"] == "open")
        self.ask("rita", "POST", f"{self.path}/pulls/{number}/reviews", {"event": "APPROVED", "body": "seen"})
        ends = time.monotonic() + _MERGE_SECONDS
        while True:
            try:
                self.ask("rita", "POST", f"{self.path}/pulls/{number}/merge", {"Do": how})
            except urllib.error.HTTPError as error:
                if error.code != 405 or time.monotonic() > ends:
                    raise
                time.sleep(0.1)
            else:
                return

    def written(self) -> str:
        self.git("fetch", "-q", self.address, "main")
        return self.git("show", f"FETCH_HEAD:{shop.file_of('dev')}")


@pytest.fixture
def tree(forge: Gitea, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProtectedTree:
    home = tmp_path / "home"
    home.mkdir()
    secret = f"http://bot:{forge.tokens['bot']}@{forge.address.removeprefix('http://')}\n"
    (home / ".git-credentials").write_text(secret)
    (home / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GITEA_TOKEN", forge.tokens["bot"])
    return ProtectedTree(copy_site(template, tmp_path / "site"), forge)


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_what_a_reviewer_merges_is_confirmed(tree: ProtectedTree, how: str) -> None:
    waits = tree.promote()
    assert waits["exit"] == 4, json.dumps(waits)[:3000]
    (pull,) = tree.pulls()
    assert pull["html_url"] in json.dumps(waits)
    assert f"`{shop.OLD}` | `{shop.NEW}`" in pull["body"]
    assert tree.resume(waits["promotion"])["exit"] == 4
    tree.merge(how)
    assert tree.resume(waits["promotion"])["exit"] == 0
    assert shop.NEW in tree.written()
    assert len(tree.pulls()) == 1


def test_what_is_closed_or_pushed_over_stops(tree: ProtectedTree) -> None:
    first = tree.promote()
    (pull,) = tree.pulls()
    tree.ask("rita", "PATCH", f"{tree.path}/pulls/{pull['number']}", {"state": "closed"})
    stopped = tree.resume(first["promotion"])
    assert stopped["exit"] != 0
    assert "proposal-closed" in json.dumps(stopped)
    second = tree.promote()
    assert second["exit"] == 4, second
    pull = next(each for each in tree.pulls() if each["state"] == "open")
    tree.git("commit", "-q", "--allow-empty", "-m", "something else")
    tree.git("push", "-q", "--force", tree.address, f"HEAD:{pull['head']['ref']}")
    stopped = tree.resume(second["promotion"])
    assert "proposal-changed" in json.dumps(stopped)
    assert all(each["state"] == "closed" for each in tree.pulls())
    assert shop.NEW not in tree.written()
