"""What a forge has to offer to whoever proposes changes: pull requests (of GitLab: merge requests) of one repository.

Each forge is a module that implements `PullRequests`, named in `registry`; `tests/unit/forges/contract.py` says how
it behaves. A forge that answers is not believed about what runs: a merge is read again from git.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class PullRequestState(StrEnum):
    """Where a pull request is in its life."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class Draft(Struct, frozen=True):
    """A pull request as it is asked for: from the branch `head` (pushed already) into `base`; `body` is Markdown."""

    head: str
    base: str
    title: str
    body: str


class PullRequestFacts(Struct, frozen=True):
    """A pull request as the forge tells it.

    number: the forge's own, as text. address: where people look at it. head, base: branches; head_commit: where the
    head was when the forge last saw it, empty where it does not say. merge_commit: the commit by which it came into the
    base (of a merge, a squash, or the last of a rebase), where it is merged and that is told. mergeable: None where
    the forge does not say or has not found out; False with conflicts, or with what is still asked for. queued: whether
    it stands in a merge queue or train. author: the account that opened it.
    """

    number: str
    address: str
    head: str
    base: str
    head_commit: str
    state: PullRequestState
    title: str = ""
    body: str = ""
    merge_commit: str | None = None
    mergeable: bool | None = None
    queued: bool = False
    merged_by: str = ""
    author: str = ""
    changed_at: datetime | None = None


class ReviewVerdict(StrEnum):
    """What a reviewer says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


class PullRequestReview(Struct, frozen=True):
    """The last word of one reviewer; `commit` is the head that it was given on, empty where the forge does not say."""

    account: str
    verdict: ReviewVerdict
    commit: str
    at: datetime | None = None


class CommitCheckVerdict(StrEnum):
    """How a check of a commit ended, or that it has not."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


class CommitCheck(Struct, frozen=True):
    """A check of a commit, as continuous integration reports it to the forge."""

    name: str
    verdict: CommitCheckVerdict


class BranchRules(Struct, frozen=True):
    """What a forge asks of changes to a branch. None where it does not say, as to a token with few rights.

    protected: nobody pushes there. approvals: how many it asks for. signed: commits have to be signed.
    """

    protected: bool | None = None
    approvals: int | None = None
    signed: bool | None = None
    merge_queue: bool | None = None


class PullRequests(Protocol):
    """The pull requests of one repository as the account of our token may see them.

    Each method raises `ForgeError` where the forge cannot be asked, refuses, or answers something else.
    """

    def list_open(self, head_prefix: str, /) -> Sequence[PullRequestFacts]:
        """The open ones whose branch begins so, in few requests: a hundred come in at most five."""

    def newest_of(self, head: str, base: str, /) -> PullRequestFacts | None:
        """The newest from that branch into that base in any state, an open one first; None where there is none."""

    def look(self, number: str, /) -> PullRequestFacts:
        """One as it is now."""

    def open(self, draft: Draft, /) -> PullRequestFacts:
        """Open one; where the forge says that one of this branch is open already, that one."""

    def edit(self, number: str, title: str, body: str, /) -> None:
        """Replace its title and text."""

    def close(self, number: str, /) -> None:
        """Close it without a merge; what is closed or merged already stays so."""

    def comment(self, number: str, marker: str, body: str, /) -> None:
        """Leave one comment that is known by `marker` (in an HTML comment), and replaced where it is there."""

    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """The last word of each reviewer."""

    def changed(self, number: str, /) -> Sequence[str]:
        """The paths of the files that it changes, of one that is renamed both; none where nobody says."""

    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """The checks of a commit."""

    def rules(self, branch: str, /) -> BranchRules:
        """What is asked of changes to a branch."""
