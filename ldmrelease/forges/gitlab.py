"""GitLab: the notes of a merge request. Source: GitLab's REST API v4, "Notes"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from ldmrelease.forges.interface import Comment
from ldmrelease.forges.rest import Rest, text_of

TOKENS = ("GITLAB_TOKEN",)
ADDRESS = r"/(?P<repository>[^?#]+?)/-/merge_requests/(?P<number>[0-9]+)"
EXAMPLE = "https://gitlab.com/GROUP/NAME/-/merge_requests/NUMBER"
_PAGE = 100


class GitLabMergeRequest:
    """A merge request: `repository` is the project's whole path."""

    def __init__(self, site: str, repository: str, number: str, token: str) -> None:
        self._rest = Rest(f"{site}/api/v4", {"PRIVATE-TOKEN": token})
        self._notes = f"/projects/{quote(repository, safe='')}/merge_requests/{number}/notes"

    def comments(self) -> Iterator[Comment]:
        """Its notes. What GitLab itself notes (commits, labels) has our marker never, and goes along."""
        return (_comment(self._rest, each) for each in self._rest.pages(self._notes, _PAGE))

    def own_account(self) -> str | None:
        """The account of the token."""
        return text_of(self._rest, self._rest.get("/user"), "username") or None

    def add_comment(self, body: str) -> Comment:
        """Write a note."""
        return _comment(self._rest, self._rest.send("POST", self._notes, {"body": body}))

    def edit_comment(self, identifier: str, body: str) -> Comment:
        """Replace the text of a note."""
        return _comment(self._rest, self._rest.send("PUT", f"{self._notes}/{identifier}", {"body": body}))


def _comment(rest: Rest, found: Any) -> Comment:
    author = found.get("author") if isinstance(found, dict) else None
    return Comment(
        identifier=text_of(rest, found, "id"),
        # Nobody is the author where the account is gone.
        author=text_of(rest, author, "username") if author is not None else "",
        is_bot=False,
        body=text_of(rest, found, "body"),
    )
