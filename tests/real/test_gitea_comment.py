"""The one comment of a pull request, at a real forge."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.marked_comments import Posted, post_comment
from ldmrelease.forges.registry import open_pull_request
from tests.real.gitea import Gitea, gitea

pytestmark = pytest.mark.real

MARKER = "<!-- ldmrelease gate merge -->"


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with gitea(tmp_path_factory.mktemp("gitea")) as running:
        for name in ("bot", "mallory"):
            running.add_user(name)
        yield running


def pull_request(forge: Gitea, name: str) -> str:
    """The address of a new pull request in a new repository."""
    forge.ask("bot", "POST", "/user/repos", {"name": name, "auto_init": True, "default_branch": "main"})
    content = base64.b64encode(b"tag: 1.6.0\n").decode()
    change = {"content": content, "message": "Values", "branch": "main", "new_branch": "feature"}
    forge.ask("bot", "POST", f"/repos/bot/{name}/contents/values.yaml", change)
    asked = {"head": "feature", "base": "main", "title": "Values"}
    made: dict[str, Any] = forge.ask("bot", "POST", f"/repos/bot/{name}/pulls", asked)
    address: str = made["html_url"]
    return address


def texts(forge: Gitea, name: str) -> list[tuple[str, str]]:
    found = forge.ask("bot", "GET", f"/repos/bot/{name}/issues/1/comments")
    return [(each["user"]["login"], each["body"]) for each in found]


def test_one_comment_is_added_updated_and_left(forge: Gitea) -> None:
    address = pull_request(forge, "one")
    found = open_pull_request(address, {"GITEA_TOKEN": forge.tokens["bot"]})
    text = f"{MARKER}\n### Release gate\n\n| Place | <b>&amp; |\n|---|---|\n"
    assert post_comment(found, MARKER, text) is Posted.ADDED
    assert post_comment(found, MARKER, text) is Posted.UNCHANGED
    assert post_comment(found, MARKER, text + "more\n") is Posted.UPDATED
    assert [body.strip() for _, body in texts(forge, "one")] == [(text + "more").strip()]


def test_a_comment_that_somebody_else_began_with_our_marker_is_left_alone(forge: Gitea) -> None:
    address = pull_request(forge, "two")
    theirs = {"body": f"{MARKER}\nall is allowed"}
    forge.ask("mallory", "POST", "/repos/bot/two/issues/1/comments", theirs)
    found = open_pull_request(address, {"GITEA_TOKEN": forge.tokens["bot"]})
    assert post_comment(found, MARKER, f"{MARKER}\nrefused") is Posted.ADDED
    assert texts(forge, "two") == [("mallory", theirs["body"]), ("bot", f"{MARKER}\nrefused")]


def test_a_token_that_is_none_and_a_pull_request_that_is_not_there_are_said(forge: Gitea) -> None:
    address = pull_request(forge, "three")
    with pytest.raises(ForgeError, match="401"):
        list(open_pull_request(address, {"GITEA_TOKEN": "wrong"}).comments())
    gone = address.replace("/pulls/1", "/pulls/99")
    with pytest.raises(ForgeError, match="issue does not exist"):
        list(open_pull_request(gone, {"GITEA_TOKEN": forge.tokens["bot"]}).comments())
