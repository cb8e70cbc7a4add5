"""What is asked of a forge: the comments of one pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment of a pull request. `identifier` is the forge's own, `author` the account that wrote it."""

    identifier: str
    author: str
    is_bot: bool
    body: str


class PullRequest(Protocol):
    """One pull request (of GitLab: merge request) of a forge, as the account of our token may see it.

    Each method raises `ForgeError` where the forge cannot be asked, refuses, or answers something else.
    """

    def comments(self) -> Iterator[Comment]:
        """Its comments, the oldest first."""

    def own_account(self) -> str | None:
        """The account that our token stands for; None where the forge does not tell (a job's token of GitHub)."""

    def add_comment(self, body: str) -> Comment:
        """Write a comment (Markdown)."""

    def edit_comment(self, identifier: str, body: str) -> Comment:
        """Replace the text of a comment."""
