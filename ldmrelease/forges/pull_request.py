"""One pull request (of GitLab: merge request) of a forge, and its comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.rest import Rest, text_of


class Comment(Struct, frozen=True):
    """A comment of a pull request. `identifier` is the forge's own, `author` the account that wrote it (empty where it
    is gone).
    """

    identifier: str
    author: str
    is_bot: bool
    body: str


class CommentApi(Struct, frozen=True):
    """How a forge's API has the comments of a pull request.

    base, headers: where it is, and what goes with each request, the token with it. comments: the path of all of them;
    comment: that of one, but for its id. edit: the method that replaces one. author: the key of a comment's author;
    account: that of an account's name. page: how many come on a page; None where all come at once.
    has_job_tokens: whether there are tokens that stand for a job, and may not ask whose they are.
    """

    base: str
    headers: Mapping[str, str]
    comments: str
    comment: str
    edit: str = "PATCH"
    author: str = "user"
    account: str = "login"
    page: int | None = 100
    has_job_tokens: bool = False


class PullRequest:
    """A pull request as the account of our token may see it.

    Each method raises `ForgeError` where the forge cannot be asked, refuses, or answers something else.
    """

    def __init__(self, api: CommentApi) -> None:
        self._api, self._rest = api, Rest(api.base, api.headers)

    def comments(self) -> Iterator[Comment]:
        """Its comments, the oldest first."""
        return map(self._comment, self._rest.items(self._api.comments, self._api.page))

    def own_account(self) -> str | None:
        """The account that our token stands for; None where the forge does not tell, as of a job's token."""
        try:
            return text_of(self._rest, self._rest.get("/user"), self._api.account) or None
        except ForgeError as error:
            if self._api.has_job_tokens and error.status in (401, 403):
                return None
            raise

    def add_comment(self, body: str) -> Comment:
        """Write a comment (Markdown)."""
        return self._comment(self._rest.send("POST", self._api.comments, {"body": body}))

    def edit_comment(self, identifier: str, body: str) -> Comment:
        """Replace the text of a comment."""
        path = f"{self._api.comment}/{identifier}"
        return self._comment(self._rest.send(self._api.edit, path, {"body": body}))

    def _comment(self, found: Any) -> Comment:
        author = found.get(self._api.author) if isinstance(found, dict) else None
        return Comment(
            identifier=text_of(self._rest, found, "id"),
            author=text_of(self._rest, author, self._api.account) if author is not None else "",
            # GitHub alone tells; elsewhere nobody has to be known by it.
            is_bot=isinstance(author, dict) and author.get("type") == "Bot",
            body=text_of(self._rest, found, "body"),
        )
