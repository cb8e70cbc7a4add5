"""GitHub, also on premises: a pull request is an issue, and its comments are those of the issue.

Source: REST API 2022-11-28, "Issue comments".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import Comment
from ldmrelease.forges.rest import Rest, text_of

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pull/(?P<number>[0-9]+)"
EXAMPLE = "https://github.com/OWNER/NAME/pull/NUMBER"
_PAGE = 100


class GitHubPullRequest:
    """A pull request: `repository` is OWNER/NAME."""

    def __init__(self, site: str, repository: str, number: str, token: str) -> None:
        base = "https://api.github.com" if site == "https://github.com" else f"{site}/api/v3"
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {token}",
        }
        self._rest = Rest(base, headers)
        self._comments = f"/repos/{repository}/issues/comments"
        self._own = f"/repos/{repository}/issues/{number}/comments"

    def comments(self) -> Iterator[Comment]:
        """Its comments, the oldest first."""
        return (_comment(self._rest, each) for each in self._rest.pages(self._own, _PAGE))

    def own_account(self) -> str | None:
        """The account of the token; None for a job's token, which may not ask."""
        try:
            return text_of(self._rest, self._rest.get("/user"), "login") or None
        except ForgeError as error:
            if error.status in (401, 403):
                return None
            raise

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
        is_bot=isinstance(author, dict) and author.get("type") == "Bot",
        body=text_of(rest, found, "body"),
    )
