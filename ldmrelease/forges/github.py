"""GitHub, also on premises: a pull request is an issue, and its comments are those of the issue.

Source: REST API 2022-11-28, "Pull requests", "Issue comments", "Check runs", "Commit statuses", "Branches", "Rules".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType
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
from ldmrelease.forges.rest_proposals import RestPullRequests, last_words

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pull/(?P<number>[0-9]+)"
EXAMPLE = "https://github.com/OWNER/NAME/pull/NUMBER"
_VERDICTS = {
    "APPROVED": ReviewVerdict.APPROVED,
    "CHANGES_REQUESTED": ReviewVerdict.CHANGES_REQUESTED,
    "DISMISSED": ReviewVerdict.DISMISSED,
    "COMMENTED": ReviewVerdict.COMMENTED,
}
_PASSED = ("success", "neutral", "skipped")
_MERGEABLE = {"clean": True, "has_hooks": True, "unstable": True, "unknown": None}
_QUEUE_EVENTS = ("added_to_merge_queue", "removed_from_merge_queue")


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a pull request; `repository` is OWNER/NAME."""
    return CommentApi(
        base="https://api.github.com" if site == "https://github.com" else f"{site}/api/v3",
        headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {token}",
        },
        comments=f"/repos/{repository}/issues/{number}/comments",
        comment=f"/repos/{repository}/issues/comments",
        has_job_tokens=True,
    )


class _User(Struct):
    login: str


class _Repository(Struct):
    id: int


class _Branch(Struct):
    ref: str
    sha: str
    repo: _Repository | None = None


class _Pull(Struct):
    number: int
    html_url: str
    state: str
    title: str
    head: _Branch
    base: _Branch
    body: str | None = None
    user: _User | None = None
    merged_at: datetime | None = None
    merged_by: _User | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    mergeable_state: str | UnsetType = UNSET
    updated_at: datetime | None = None


class _Review(Struct):
    state: str
    user: _User | None = None
    commit_id: str | None = None
    submitted_at: datetime | None = None


class _CheckRun(Struct):
    name: str
    conclusion: str | None = None


class _Status(Struct):
    context: str
    state: str


class _Event(Struct):
    event: str


class _RuleParameters(Struct):
    required_approving_review_count: int = 0


class _Rule(Struct):
    type: str
    parameters: _RuleParameters | None = None


class _Protected(Struct):
    protected: bool


class _Reviews(Struct):
    required_approving_review_count: int = 0


class _Switch(Struct):
    enabled: bool = False


class _Protection(Struct):
    required_pull_request_reviews: _Reviews | None = None
    required_signatures: _Switch | None = None


class GitHubPullRequests(RestPullRequests):
    """The pull requests of one repository of GitHub."""

    comments_of = staticmethod(comment_api)

    def __init__(self, project: ForgeProject, token: str) -> None:
        super().__init__(project, token)
        self._queues: dict[str, bool] = {}

    def look(self, number: str, /) -> PullRequestFacts:
        """One as it is now; where its base has a merge queue, also whether it stands in that."""
        found = super().look(number)
        if found.state is PullRequestState.OPEN and self._has_queue(found.base):
            events = self._queue_events(number)
            return replace(found, queued=events[-1:] == ["added_to_merge_queue"])
        return found

    def of_branch(self, head: str, base: str) -> Iterator[PullRequestFacts]:
        """Those of a branch, in any state."""
        owner = self.project.path.partition("/")[0]
        more = f"&head={quote(f'{owner}:{head}', safe='')}&base={quote(base, safe='')}"
        return self.listed("all", more)

    def is_of_fork(self, found: Any) -> bool:
        """Whether one comes from another repository."""
        pull = self.rest.shaped("a pull request", found, _Pull)
        return pull.head.repo is None or pull.base.repo is None or pull.head.repo.id != pull.base.repo.id

    def facts(self, asked: str, found: Any) -> PullRequestFacts:
        """One as the port has it. The merge commit of an open one is a trial of GitHub's, and is left out."""
        pull = self.rest.shaped(asked, found, _Pull)
        state = PullRequestState.OPEN if pull.state == "open" else PullRequestState.CLOSED
        state = PullRequestState.MERGED if pull.merged_at is not None else state
        mergeable = pull.mergeable
        if mergeable and isinstance(pull.mergeable_state, str):
            mergeable = _MERGEABLE.get(pull.mergeable_state, False)
        return PullRequestFacts(
            number=str(pull.number),
            address=pull.html_url,
            head=pull.head.ref,
            base=pull.base.ref,
            head_commit=pull.head.sha,
            state=state,
            title=pull.title,
            body=pull.body or "",
            merge_commit=pull.merge_commit_sha if state is PullRequestState.MERGED else None,
            mergeable=mergeable if state is PullRequestState.OPEN else None,
            merged_by=pull.merged_by.login if pull.merged_by is not None else "",
            changed_at=pull.updated_at,
            author=pull.user.login if pull.user is not None else "",
        )

    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """The last word of each reviewer whose account is still there."""
        path = f"{self.pulls_path}/{int(number)}/reviews"
        found = [self.rest.shaped(f"GET {path}", each, _Review) for each in self.rest.items(path, self.page)]
        return last_words(
            [
                PullRequestReview(
                    each.user.login, _VERDICTS[each.state], each.commit_id or "", each.submitted_at
                )
                for each in found
                if each.user is not None and each.state in _VERDICTS
            ]
        )

    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """Check runs, and the statuses that older systems write."""
        path = f"{self.project_path}/commits/{quote(commit, safe='')}"
        runs = self.rest.items(f"{path}/check-runs", self.page, key="check_runs")
        statuses = self.rest.items(f"{path}/status", self.page, key="statuses")
        return (
            *(_of_run(self.rest.shaped("a check run", each, _CheckRun)) for each in runs),
            *(_of_status(self.rest.shaped("a status", each, _Status)) for each in statuses),
        )

    def rules(self, branch: str, /) -> BranchRules:
        """By rulesets, which everybody may read, and by the protection of the branch, which administrators may."""
        path = f"{self.project_path}/branches/{quote(branch, safe='')}"
        found = self.optional(path)
        if found is None:
            return BranchRules()
        rules = self._rules_of(branch)
        kinds = {each.type for each in rules}
        approvals = [each.parameters.required_approving_review_count for each in rules if each.parameters]
        signed: bool | None = "required_signatures" in kinds or None
        protected = self.rest.shaped(f"GET {path}", found, _Protected).protected or bool(
            kinds & {"pull_request", "update"}
        )
        plain = self.optional(f"{path}/protection") if protected else None
        if plain is not None:
            protection = self.rest.shaped(f"GET {path}/protection", plain, _Protection)
            if protection.required_pull_request_reviews is not None:
                approvals.append(protection.required_pull_request_reviews.required_approving_review_count)
            signed = signed or (
                protection.required_signatures is not None and protection.required_signatures.enabled
            )
        return BranchRules(
            protected=protected,
            approvals=max(approvals, default=None),
            signed=signed,
            merge_queue="merge_queue" in kinds,
        )

    def _rules_of(self, branch: str) -> list[_Rule]:
        """None at a server that is older than rulesets."""
        path = f"{self.project_path}/rules/branches/{quote(branch, safe='')}"
        return self.rest.shaped(f"GET {path}", self.optional(path) or [], list[_Rule])

    def _has_queue(self, branch: str) -> bool:
        if branch not in self._queues:
            self._queues[branch] = any(each.type == "merge_queue" for each in self._rules_of(branch))
        return self._queues[branch]

    def _queue_events(self, number: str) -> list[str]:
        path = f"{self.project_path}/issues/{int(number)}/events"
        found = (
            self.rest.shaped("an event", each, _Event).event for each in self.rest.items(path, self.page)
        )
        return [each for each in found if each in _QUEUE_EVENTS]


def _of_run(run: _CheckRun) -> CommitCheck:
    if run.conclusion is None:
        return CommitCheck(run.name, CommitCheckVerdict.PENDING)
    passed = run.conclusion in _PASSED
    return CommitCheck(run.name, CommitCheckVerdict.PASSED if passed else CommitCheckVerdict.FAILED)


def _of_status(status: _Status) -> CommitCheck:
    known = {"success": CommitCheckVerdict.PASSED, "pending": CommitCheckVerdict.PENDING}
    return CommitCheck(status.context, known.get(status.state, CommitCheckVerdict.FAILED))
