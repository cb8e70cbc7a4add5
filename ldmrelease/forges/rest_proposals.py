"""What the pull requests of every forge with a REST API have in common: paging, looking first, and one comment."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import (
    BranchRules,
    CommitCheck,
    Draft,
    PullRequestFacts,
    PullRequestReview,
    PullRequestState,
    ReviewVerdict,
)
from ldmrelease.forges.marked_comments import post_comment
from ldmrelease.forges.pull_request import CommentApi, PullRequest
from ldmrelease.forges.repositories import ForgeProject
from ldmrelease.forges.rest import Rest

_TRIES = 3
_PAUSE_SECONDS = 0.2
_UNDECIDED = (None, 500, 502, 503, 504)
"""After these nobody knows whether what was asked for has been done."""
_HIDDEN = (401, 403, 404)
"""What a token with few rights is told."""


class RestPullRequests(ABC):
    """The pull requests of one project. Each forge says how it spells paths, bodies and answers."""

    page: ClassVar[int] = 100
    page_size_name: ClassVar[str] = "per_page"
    edit_method: ClassVar[str] = "PATCH"
    open_state: ClassVar[str] = "open"
    files_name: ClassVar[str] = "files"
    file_keys: ClassVar[tuple[str, ...]] = ("filename", "previous_filename")
    pulls_name: ClassVar[str] = "pulls"
    branch_keys: ClassVar[tuple[str, str]] = ("head", "base")
    text_key: ClassVar[str] = "body"
    closing: ClassVar[tuple[str, str]] = ("state", "closed")

    def __init__(self, project: ForgeProject, token: str) -> None:
        self.project = project
        self._token = token
        api = self.comment_api("0")
        self.rest = Rest(api.base, api.headers)

    def list_open(self, head_prefix: str, /) -> Sequence[PullRequestFacts]:
        """The open ones of the project's own branches, not of forks."""
        # Newer ones may push some to the next page while we look.
        found = {
            each.number: each for each in self.listed(self.open_state) if each.head.startswith(head_prefix)
        }
        return tuple(found[number] for number in sorted(found, key=int))

    def newest_of(self, head: str, base: str, /) -> PullRequestFacts | None:
        """The newest from that branch into that base in any state, an open one first."""
        found = [each for each in self.of_branch(head, base) if (each.head, each.base) == (head, base)]
        newest = max(
            found, key=lambda each: (each.state is PullRequestState.OPEN, int(each.number)), default=None
        )
        # Lists do not say who merged.
        is_merged = newest is not None and newest.state is PullRequestState.MERGED
        return self.look(newest.number) if newest is not None and is_merged else newest

    def look(self, number: str, /) -> PullRequestFacts:
        """One as it is now."""
        path = f"{self.pulls_path}/{int(number)}"
        found = self.facts(f"GET {path}", self.rest.get(path))
        if found.number != str(int(number)):
            # Its end would be taken for the end of ours.
            raise ForgeError(self.rest.host, f"GET {path}: the answer is about {found.number}")
        return found

    def open(self, draft: Draft, /) -> PullRequestFacts:
        """Open one. Where the forge refuses or nobody knows what it did, it is looked for before it is asked again."""
        for left in reversed(range(_TRIES)):
            try:
                found = self.rest.send("POST", self.pulls_path, self.draft_body(draft))
                return self.facts(f"POST {self.pulls_path}", found)
            except ForgeError as error:
                there = self._open_one(draft, error)
                if there is not None:
                    return there
                if error.status not in _UNDECIDED or not left:
                    raise
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    def edit(self, number: str, title: str, body: str, /) -> None:
        """Replace its title and text."""
        self._change(number, self.text_body(title, body))

    def close(self, number: str, /) -> None:
        """Close it without a merge; what is closed or merged already stays so."""
        if self.look(number).state is not PullRequestState.OPEN:
            return
        try:
            self._change(number, dict([self.closing]))
        except ForgeError:
            # It may have been merged or closed meanwhile, or just now by us.
            if self.look(number).state is PullRequestState.OPEN:
                raise

    def comment(self, number: str, marker: str, body: str, /) -> None:
        """Leave one comment that is known by `marker`, with which the comment begins."""
        text = body if body.startswith(marker) else f"{marker}\n{body}"
        pull_request = PullRequest(self.comment_api(str(int(number))))
        try:
            post_comment(pull_request, marker, text)
        except ForgeError as error:
            if error.status not in _UNDECIDED:
                raise
            post_comment(pull_request, marker, text)

    def listed(self, state: str, more: str = "") -> Iterator[PullRequestFacts]:
        """Those in a state as the forge spells it, the newest first; not those of forks."""
        path = f"{self.pulls_path}?state={state}{more}"
        for each in self.rest.items(path, self.page, size=self.page_size_name):
            if not self.is_of_fork(each):
                yield self.facts(f"GET {path}", each)

    def optional(self, path: str) -> Any:
        """What is at a path, None where it is hidden from us or not there."""
        try:
            return self.rest.get(path)
        except ForgeError as error:
            if error.status not in _HIDDEN:
                raise
            return None

    @property
    def project_path(self) -> str:
        """Where the project is."""
        return f"/repos/{quote(self.project.path)}"

    @property
    def pulls_path(self) -> str:
        """Where its pull requests are."""
        return f"{self.project_path}/{self.pulls_name}"

    def comment_api(self, number: str) -> CommentApi:
        """How comments of one are asked for."""
        return self.comments_of(self.project.site, self.project.path, number, self._token)

    @staticmethod
    @abstractmethod
    def comments_of(site: str, repository: str, number: str, token: str, /) -> CommentApi:
        """The same, of a project of any site."""

    def draft_body(self, draft: Draft) -> Mapping[str, Any]:
        """What opens one."""
        branches = zip(self.branch_keys, (draft.head, draft.base), strict=True)
        return {**dict(branches), **self.text_body(draft.title, draft.body)}

    def text_body(self, title: str, body: str) -> Mapping[str, Any]:
        """What changes the text of one."""
        return {"title": title, self.text_key: body}

    @abstractmethod
    def of_branch(self, head: str, base: str) -> Iterator[PullRequestFacts]:
        """Those of a branch, at least the open one and the newest."""

    @abstractmethod
    def is_of_fork(self, found: Any) -> bool:
        """Whether one comes from another repository."""

    @abstractmethod
    def facts(self, asked: str, found: Any) -> PullRequestFacts:
        """One as the port has it."""

    @abstractmethod
    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """The last word of each reviewer."""

    def changed(self, number: str, /) -> Sequence[str]:
        """The paths of the files that it changes, of one that is renamed both."""
        path = f"{self.pulls_path}/{int(number)}/{self.files_name}"
        found: set[str] = set()
        for each in self.rest.items(path, self.page, size=self.page_size_name):
            file = self.rest.shaped(f"GET {path}", each, dict[str, Any])
            named = [file.get(name) for name in self.file_keys]
            found |= {name for name in named if isinstance(name, str) and name}
        return tuple(sorted(found))

    @abstractmethod
    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """The checks of a commit."""

    @abstractmethod
    def rules(self, branch: str, /) -> BranchRules:
        """What is asked of changes to a branch."""

    def _change(self, number: str, body: Mapping[str, Any]) -> None:
        self.rest.send(self.edit_method, f"{self.pulls_path}/{int(number)}", body)

    def _open_one(self, draft: Draft, error: ForgeError) -> PullRequestFacts | None:
        """The open one of this branch, if looking is of any use after the error."""
        if error.status in (401, 403, 404):
            return None
        try:
            found = self.newest_of(draft.head, draft.base)
        except ForgeError:
            # Why it could not be opened is what people have to know.
            raise error from None
        return found if found is not None and found.state is PullRequestState.OPEN else None


def last_words(said: Sequence[PullRequestReview]) -> tuple[PullRequestReview, ...]:
    """Of each account what it said last, in the order of names. A comment takes nothing back."""
    last: dict[str, PullRequestReview] = {}
    for each in said:
        if each.verdict is ReviewVerdict.COMMENTED and each.account in last:
            continue
        last[each.account] = each
    return tuple(last[account] for account in sorted(last))
