"""Gitea and Forgejo: as GitHub has it, below another path and with another header; all comments come at once.

Source: Gitea's API, `/repos/{owner}/{repo}/pulls`, `/issues/{index}/comments`, `/branches`, `/branch_protections`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import (
    BranchRules,
    CommitCheck,
    CommitCheckVerdict,
    PullRequestFacts,
    PullRequestReview,
    PullRequestState,
    ReviewVerdict,
)
from ldmrelease.forges.pull_request import CommentApi
from ldmrelease.forges.rest_proposals import RestPullRequests, last_words

TOKENS = ("GITEA_TOKEN",)
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pulls/(?P<number>[0-9]+)"
EXAMPLE = "https://gitea.example.org/OWNER/NAME/pulls/NUMBER"
_VERDICTS = {
    "APPROVED": ReviewVerdict.APPROVED,
    "REQUEST_CHANGES": ReviewVerdict.CHANGES_REQUESTED,
    "COMMENT": ReviewVerdict.COMMENTED,
}
_CHECKS = {
    "success": CommitCheckVerdict.PASSED,
    "skipped": CommitCheckVerdict.PASSED,
    "warning": CommitCheckVerdict.PASSED,
    "pending": CommitCheckVerdict.PENDING,
}
# The head of one whose branch is gone.
_HIDDEN_REF = "refs/pull/"


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a pull request; `repository` is OWNER/NAME."""
    return CommentApi(
        base=f"{site}/api/v1",
        headers={"Accept": "application/json", "Authorization": f"token {token}"},
        comments=f"/repos/{repository}/issues/{number}/comments",
        comment=f"/repos/{repository}/issues/comments",
        page=None,
    )


class _User(Struct):
    login: str


class _Branch(Struct):
    ref: str
    sha: str
    label: str = ""
    repo_id: int = 0


class _Pull(Struct):
    number: int
    html_url: str
    state: str
    title: str
    head: _Branch
    base: _Branch
    body: str | None = None
    user: _User | None = None
    merged: bool = False
    merged_by: _User | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    updated_at: datetime | None = None


class _Review(Struct):
    state: str
    user: _User | None = None
    commit_id: str | None = None
    submitted_at: datetime | None = None
    dismissed: bool = False


class _Status(Struct):
    context: str
    status: str


class _BranchFound(Struct):
    protected: bool = False
    required_approvals: int = 0
    user_can_push: bool = False
    effective_branch_protection_name: str = ""


class _Protection(Struct):
    require_signed_commits: bool = False


class GiteaPullRequests(RestPullRequests):
    """The pull requests of one repository of Gitea or Forgejo."""

    comments_of = staticmethod(comment_api)
    # What Gitea gives at most unless its operators say otherwise (MAX_RESPONSE_ITEMS).
    page = 50
    page_size_name = "limit"

    def of_branch(self, head: str, base: str) -> Iterator[PullRequestFacts]:
        """Lists cannot be asked for a branch: whether there is any is, then the open ones, then the newest."""
        if not self._is_any(head, base):
            return
        for state in (self.open_state, "closed"):
            for each in self.listed(state):
                if (each.head, each.base) == (head, base):
                    yield each
                    return

    def is_of_fork(self, found: Any) -> bool:
        """Whether one comes from another repository."""
        pull = self.rest.shaped("a pull request", found, _Pull)
        return pull.head.repo_id != pull.base.repo_id

    def facts(self, asked: str, found: Any) -> PullRequestFacts:
        """One as the port has it."""
        pull = self.rest.shaped(asked, found, _Pull)
        state = PullRequestState.OPEN if pull.state == "open" else PullRequestState.CLOSED
        state = PullRequestState.MERGED if pull.merged else state
        gone = pull.head.ref.startswith(_HIDDEN_REF) or not pull.head.ref
        return PullRequestFacts(
            number=str(pull.number),
            address=pull.html_url,
            head=pull.head.label if gone else pull.head.ref,
            base=pull.base.ref,
            head_commit=pull.head.sha,
            state=state,
            title=pull.title,
            body=pull.body or "",
            merge_commit=pull.merge_commit_sha if state is PullRequestState.MERGED else None,
            mergeable=pull.mergeable if state is PullRequestState.OPEN else None,
            merged_by=pull.merged_by.login if pull.merged_by is not None else "",
            changed_at=pull.updated_at,
            author=pull.user.login if pull.user is not None else "",
        )

    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """The last word of each reviewer; of a stale one the commit tells that it is."""
        path = f"{self.pulls_path}/{int(number)}/reviews"
        found = self.rest.items(path, self.page, size=self.page_size_name)
        reviews = [self.rest.shaped(f"GET {path}", each, _Review) for each in found]
        return last_words(
            [
                PullRequestReview(
                    account=each.user.login,
                    verdict=ReviewVerdict.DISMISSED if each.dismissed else _VERDICTS[each.state],
                    commit=each.commit_id or "",
                    at=each.submitted_at,
                )
                for each in reviews
                if each.user is not None and each.state in _VERDICTS
            ]
        )

    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """The newest status of each context."""
        path = f"{self.project_path}/commits/{quote(commit, safe='')}/statuses"
        found: dict[str, CommitCheck] = {}
        query = f"{path}?sort=recentupdate"
        for each in self.rest.items(query, self.page, size=self.page_size_name):
            status = self.rest.shaped(f"GET {path}", each, _Status)
            verdict = _CHECKS.get(status.status, CommitCheckVerdict.FAILED)
            found.setdefault(status.context, CommitCheck(status.context, verdict))
        return tuple(found.values())

    def rules(self, branch: str, /) -> BranchRules:
        """Whether our account may push is said to everybody; what else is asked for, to administrators."""
        path = f"{self.project_path}/branches/{quote(branch)}"
        found = self.optional(path)
        if found is None:
            return BranchRules()
        rules = self.rest.shaped(f"GET {path}", found, _BranchFound)
        if not rules.protected:
            return BranchRules(protected=False, approvals=0, signed=False, merge_queue=False)
        named = quote(rules.effective_branch_protection_name or branch, safe="")
        plain = self.optional(f"{self.project_path}/branch_protections/{named}")
        protection = None if plain is None else self.rest.shaped("a branch protection", plain, _Protection)
        return BranchRules(
            protected=not rules.user_can_push,
            approvals=rules.required_approvals,
            signed=None if protection is None else protection.require_signed_commits,
            merge_queue=False,
        )

    def _is_any(self, head: str, base: str) -> bool:
        """Whether there is any, in whatever state. No path spells a base with a slash: the lists have to tell then."""
        if "/" in base:
            return True
        try:
            self.rest.get(f"{self.pulls_path}/{quote(base)}/{quote(head)}")
        except ForgeError as error:
            if error.status != 404:
                raise
            return False
        return True
