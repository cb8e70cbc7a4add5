"""GitLab: its pull requests are merge requests, and their notes include those that GitLab itself makes (of labels).

Source: GitLab's REST API v4, "Merge requests", "Merge request approvals", "Notes", "Commits", "Branches", "Push rules",
"Merge trains".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

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
from ldmrelease.forges.repositories import ForgeProject
from ldmrelease.forges.rest_proposals import RestPullRequests

TOKENS = ("GITLAB_TOKEN",)
ADDRESS = r"/(?P<repository>[^?#]+?)/-/merge_requests/(?P<number>[0-9]+)"
EXAMPLE = "https://gitlab.com/GROUP/NAME/-/merge_requests/NUMBER"
_STATES = {"merged": PullRequestState.MERGED, "closed": PullRequestState.CLOSED}
_NOT_FOUND_OUT = ("unchecked", "checking", "preparing", "approvals_syncing", "")
_CHECKS = {
    "success": CommitCheckVerdict.PASSED,
    "skipped": CommitCheckVerdict.PASSED,
    "failed": CommitCheckVerdict.FAILED,
    "canceled": CommitCheckVerdict.FAILED,
}


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a merge request; `repository` is the project's whole path."""
    notes = f"/projects/{quote(repository, safe='')}/merge_requests/{number}/notes"
    return CommentApi(
        base=f"{site}/api/v4",
        # Of a person, a project, a group or an application: all of them are taken so.
        headers={"Authorization": f"Bearer {token}"},
        comments=notes,
        comment=notes,
        edit="PUT",
        author="author",
        account="username",
    )


class _User(Struct):
    username: str


class _MergeRequest(Struct):
    iid: int
    web_url: str
    state: str
    title: str
    source_branch: str
    target_branch: str
    source_project_id: int | None = None
    target_project_id: int | None = None
    description: str | None = None
    sha: str | None = None
    author: _User | None = None
    merge_user: _User | None = None
    merged_by: _User | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    detailed_merge_status: str = ""
    updated_at: datetime | None = None


class _Approval(Struct):
    user: _User
    approved_at: datetime | None = None


class _Approvals(Struct):
    approved_by: list[_Approval]


class _Reviewer(Struct):
    user: _User
    state: str


class _Version(Struct):
    head_commit_sha: str
    created_at: datetime


class _Status(Struct):
    name: str
    status: str
    allow_failure: bool = False


class _Branch(Struct):
    protected: bool
    can_push: bool = False


class _PushRule(Struct):
    reject_unsigned_commits: bool | None = None


class _ApprovalRule(Struct):
    approvals_required: int = 0


class _Project(Struct):
    merge_trains_enabled: bool = False


class GitLabPullRequests(RestPullRequests):
    """The merge requests of one project of GitLab."""

    comments_of = staticmethod(comment_api)
    pulls_name = "merge_requests"
    branch_keys = ("source_branch", "target_branch")
    text_key = "description"
    closing = ("state_event", "close")
    edit_method = "PUT"
    open_state = "opened"
    files_name = "diffs"
    file_keys = ("new_path", "old_path")

    def __init__(self, project: ForgeProject, token: str) -> None:
        super().__init__(project, token)
        self._has_trains: bool | None = None

    def look(self, number: str, /) -> PullRequestFacts:
        """One as it is now; where the project has merge trains, also whether it stands in one."""
        found = super().look(number)
        if found.state is PullRequestState.OPEN and self._trains():
            train = self.optional(f"{self.project_path}/merge_trains/merge_requests/{int(number)}")
            return replace(found, queued=train is not None)
        return found

    def of_branch(self, head: str, base: str) -> Iterator[PullRequestFacts]:
        """Those of a branch, in any state."""
        more = f"&source_branch={quote(head, safe='')}&target_branch={quote(base, safe='')}"
        return self.listed("all", more)

    def is_of_fork(self, found: Any) -> bool:
        """Whether one comes from another project."""
        request = self.rest.shaped("a merge request", found, _MergeRequest)
        return request.source_project_id != request.target_project_id

    def facts(self, asked: str, found: Any) -> PullRequestFacts:
        """One as the port has it; what GitLab is merging just now (`locked`) is open still."""
        request = self.rest.shaped(asked, found, _MergeRequest)
        state = _STATES.get(request.state, PullRequestState.OPEN)
        # By fast-forward there is neither a merge nor a squash: the head itself came in.
        came_in = request.merge_commit_sha or request.squash_commit_sha or request.sha
        status = request.detailed_merge_status
        known = state is PullRequestState.OPEN and status not in _NOT_FOUND_OUT
        merged_by = request.merge_user or request.merged_by
        return PullRequestFacts(
            number=str(request.iid),
            address=request.web_url,
            head=request.source_branch,
            base=request.target_branch,
            head_commit=request.sha or "",
            state=state,
            title=request.title,
            body=request.description or "",
            merge_commit=came_in if state is PullRequestState.MERGED else None,
            mergeable=status == "mergeable" if known else None,
            merged_by=merged_by.username if merged_by is not None else "",
            changed_at=request.updated_at,
            author=request.author.username if request.author is not None else "",
        )

    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """Who approves now, of which version of the request by when that was, and who asks for changes."""
        path = f"{self.pulls_path}/{int(number)}"
        approved = self.rest.read(f"{path}/approvals", _Approvals).approved_by
        dated = any(each.approved_at is not None for each in approved)
        versions = self._versions(path) if dated else []
        found = {
            each.user.username: PullRequestReview(
                each.user.username,
                ReviewVerdict.APPROVED,
                _commit_at(versions, each.approved_at),
                each.approved_at,
            )
            for each in approved
        }
        for each in self.rest.shaped("reviewers", self.optional(f"{path}/reviewers") or [], list[_Reviewer]):
            if each.state == "requested_changes":
                name = each.user.username
                found[name] = PullRequestReview(name, ReviewVerdict.CHANGES_REQUESTED, "")
        return tuple(found[name] for name in sorted(found))

    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """The jobs of its pipelines, and what others report of it."""
        path = f"{self.project_path}/repository/commits/{quote(commit, safe='')}/statuses"
        found = (self.rest.shaped("a status", each, _Status) for each in self.rest.items(path, self.page))
        return tuple(CommitCheck(each.name, _verdict(each)) for each in found)

    def rules(self, branch: str, /) -> BranchRules:
        """As our account may push or not; required approvals and signatures are of paid editions."""
        path = f"{self.project_path}/repository/branches/{quote(branch, safe='')}"
        found = self.optional(path)
        if found is None:
            return BranchRules()
        branch_found = self.rest.shaped(f"GET {path}", found, _Branch)
        push_rule = self.optional(f"{self.project_path}/push_rule")
        approval_rules = self.optional(f"{self.project_path}/approval_rules")
        signed = self.rest.shaped("push_rule", push_rule or {}, _PushRule).reject_unsigned_commits
        needed = self.rest.shaped("approval_rules", approval_rules or [], list[_ApprovalRule])
        return BranchRules(
            protected=branch_found.protected and not branch_found.can_push,
            approvals=max((each.approvals_required for each in needed), default=None),
            signed=signed,
            merge_queue=self._trains(),
        )

    @property
    def project_path(self) -> str:
        return f"/projects/{self.project.quoted}"

    def _trains(self) -> bool:
        if self._has_trains is None:
            found = self.optional(self.project_path) or {}
            self._has_trains = self.rest.shaped("a project", found, _Project).merge_trains_enabled
        return self._has_trains

    def _versions(self, path: str) -> list[_Version]:
        """What was pushed to the request and when, the oldest first."""
        found = self.rest.items(f"{path}/versions", self.page)
        versions = [self.rest.shaped(f"GET {path}/versions", each, _Version) for each in found]
        return sorted(versions, key=lambda each: each.created_at)


def _commit_at(versions: Sequence[_Version], when: datetime | None) -> str:
    """The head of the newest version that was there; empty where that is not known."""
    if when is None:
        return ""
    return next((each.head_commit_sha for each in reversed(versions) if each.created_at <= when), "")


def _verdict(status: _Status) -> CommitCheckVerdict:
    verdict = _CHECKS.get(status.status, CommitCheckVerdict.PENDING)
    if status.allow_failure and (verdict is CommitCheckVerdict.FAILED or status.status == "manual"):
        return CommitCheckVerdict.PASSED
    return verdict
