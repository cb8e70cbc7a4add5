"""Gitea and Forgejo: as GitHub has it, below another path and with another header.

Source: Gitea's API, `/repos/{owner}/{repo}/issues/{index}/comments`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import Comment
from ldmrelease.forges.rest import Rest, text_of

TOKENS = ("GITEA_TOKEN",)
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pulls/(?P<number>[0-9]+)"
EXAMPLE = "https://gitea.example.org/OWNER/NAME/pulls/NUMBER"


class GiteaPullRequest:
    """A pull request: `repository` is OWNER/NAME."""

    def __init__(self, site: str, repository: str, number: str, token: str) -> None:
        self._rest = Rest(f"{site}/api/v1", {"Accept": "application/json", "Authorization": f"token {token}"})
        self._comments = f"/repos/{repository}/issues/comments"
        self._own = f"/repos/{repository}/issues/{number}/comments"

    def comments(self) -> Iterator[Comment]:
        """Its comments, the oldest first. Gitea tells all of an issue at once."""
        found = self._rest.get(self._own)
        if not isinstance(found, list):
            raise ForgeError(self._rest.host, "a list of comments was expected")
        return (_comment(self._rest, each) for each in found)

    def own_account(self) -> str | None:
        """The account of the token."""
        return text_of(self._rest, self._rest.get("/user"), "login") or None

    def add_comment(self, body: str) -> Comment:
        """Write a comment."""
        return _comment(self._rest, self._rest.send("POST", self._own, {"body": body}))

    def edit_comment(self, identifier: str, body: str) -> Comment:
        """Replace the text of a comment."""
        return _comment(
            self._rest, self._rest.send("PATCH", f"{self._comments}/{identifier}", {"body": body})
        )


def _comment(rest: Rest, found: Any) -> Comment:
    author = found.get("user") if isinstance(found, dict) else None
    return Comment(
        identifier=text_of(rest, found, "id"),
        # Nobody is the author where the account is gone.
        author=text_of(rest, author, "login") if author is not None else "",
        is_bot=False,
        body=text_of(rest, found, "body"),
    )
