"""A server that answers as GitHub, GitLab and Gitea document it, for comments of one pull request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.forges.loopback import JsonHandler, served

Fault = Callable[[JsonHandler], bool]
"""Answers in the server's place, and says whether it did."""

_KINDS = {
    "github": ("/api/v3", r"/repos/o/r/issues/7/comments", r"/repos/o/r/issues/comments/(\d+)", "PATCH"),
    "gitea": ("/api/v1", r"/repos/o/r/issues/7/comments", r"/repos/o/r/issues/comments/(\d+)", "PATCH"),
    "gitlab": (
        "/api/v4",
        r"/projects/g%2Fs%2Fr/merge_requests/7/notes",
        r"/projects/g%2Fs%2Fr/merge_requests/7/notes/(\d+)",
        "PUT",
    ),
}
ADDRESSES = {"github": "/o/r/pull/7", "gitea": "/o/r/pulls/7", "gitlab": "/g/s/r/-/merge_requests/7"}
TOKENS = {"github": "GH_TOKEN", "gitea": "GITEA_TOKEN", "gitlab": "GITLAB_TOKEN"}


class ForgeServer:
    """`written` are (author, is a bot, text) in order; `asked` the requests with the headers that hold a token."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.written: list[tuple[str, bool, str]] = []
        self.asked: list[tuple[str, str, str]] = []
        self.account: str | None = "bot"
        self.faults: list[Fault] = []
        self.port = 0

    @property
    def address(self) -> str:
        """That of the pull request."""
        return f"http://127.0.0.1:{self.port}{ADDRESSES[self.kind]}"

    @property
    def environment(self) -> dict[str, str]:
        """Where the token is."""
        return {TOKENS[self.kind]: "secret"}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of a request to the API."""
        base, many, one, edit = _KINDS[self.kind]
        parts = urlsplit(path)
        if not parts.path.startswith(base):
            return 404, {"message": "Not Found"}
        rest = parts.path.removeprefix(base)
        if rest == "/user":
            return self._user()
        if re.fullmatch(many, rest):
            return self._many(method, parse_qs(parts.query), body)
        if (found := re.fullmatch(one, rest)) and method == edit:
            author, is_bot, _ = self.written[int(found[1])]
            self.written[int(found[1])] = (author, is_bot, body["body"])
            return 200, self._shape(int(found[1]))
        return 404, {"message": "Not Found"}

    def _user(self) -> tuple[int, Any]:
        if self.account is None:
            return 403, {"message": "Resource not accessible by integration"}
        return 200, {"username" if self.kind == "gitlab" else "login": self.account}

    def _many(self, method: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            self.written.append((self.account or "github-actions[bot]", self.account is None, body["body"]))
            return 201, self._shape(len(self.written) - 1)
        everything = [self._shape(number) for number in range(len(self.written))]
        if self.kind == "gitea":
            return 200, everything
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, everything[(page - 1) * size : page * size]

    def _shape(self, number: int) -> dict[str, Any]:
        author, is_bot, text = self.written[number]
        if self.kind == "gitlab":
            return {"id": number, "body": text, "author": {"username": author}, "system": False}
        kind = {"type": "Bot" if is_bot else "User"} if self.kind == "github" else {}
        return {"id": number, "body": text, "user": {"login": author, **kind}}


@contextmanager
def forge_server(kind: str) -> Iterator[ForgeServer]:
    """A server of one kind on loopback."""
    forge = ForgeServer(kind)

    class Handler(JsonHandler):
        def handle_any(self) -> None:
            raw = self.sent()
            token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
            forge.asked.append((self.command, self.path, token))
            if forge.faults and forge.faults.pop(0)(self):
                return
            status, answer = forge.answer(self.command, self.path, json.loads(raw) if raw else None)
            self.reply(status, json.dumps(answer).encode())

    with served(Handler) as forge.port:
        yield forge
