"""No forge: the branch that was pushed is the proposal, and somebody merges it by any means.

It is open as long as the branch is there. One that is gone is called closed: whether it was merged is in git, where
whoever waits looks first. There is nobody to leave a title, a text or a comment with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import (
    BranchRules,
    CommitCheck,
    Draft,
    PullRequestFacts,
    PullRequestReview,
    PullRequestState,
)


class Branches(Protocol):
    """The branches of a repository, as its git server has them."""

    def tips(self, prefix: str, /) -> Mapping[str, str]:
        """The commits of the branches that begin so, by name, in one request."""

    def delete(self, branch: str, /) -> None:
        """Delete one; one that is gone already stays so."""


class BranchProposals:
    """The branches of the repository at `address` as if they were pull requests; their number is `HEAD:BASE`, which no
    branch is called.
    """

    def __init__(self, address: str, branches: Branches) -> None:
        self._address, self._branches = address, branches

    def list_open(self, head_prefix: str, /) -> Sequence[PullRequestFacts]:
        """Those that are there; into what, nobody knows but who proposed it: `base` is empty."""
        found = self._branches.tips(head_prefix)
        return tuple(self._facts(head, "", commit) for head, commit in sorted(found.items()))

    def newest_of(self, head: str, base: str, /) -> PullRequestFacts | None:
        """The branch, where it is there."""
        tip = self._tip(head)
        return None if tip is None else self._facts(head, base, tip)

    def look(self, number: str, /) -> PullRequestFacts:
        """The branch as it is now; closed where it is gone."""
        head, base = self._parts(number)
        return self._facts(head, base, self._tip(head))

    def open(self, draft: Draft, /) -> PullRequestFacts:
        """The branch that was pushed. Raises `ForgeError` where it is not there."""
        tip = self._tip(draft.head)
        if tip is None:
            raise ForgeError(self._address, f"there is no branch {draft.head}", 404)
        return self._facts(draft.head, draft.base, tip)

    def edit(self, number: str, _title: str, _body: str, /) -> None:
        """Nothing: a branch has neither."""
        self._parts(number)

    def close(self, number: str, /) -> None:
        """Delete the branch."""
        self._branches.delete(self._parts(number)[0])

    def comment(self, number: str, _marker: str, _body: str, /) -> None:
        """Nothing: nobody keeps it."""
        self._parts(number)

    def reviews(self, _number: str, /) -> Sequence[PullRequestReview]:
        """None that anybody knows of."""
        return ()

    def changed(self, _number: str, /) -> Sequence[str]:
        """None that anybody says."""
        return ()

    def checks(self, _commit: str, /) -> Sequence[CommitCheck]:
        """None that anybody knows of."""
        return ()

    def rules(self, _branch: str, /) -> BranchRules:
        """Nobody says."""
        return BranchRules()

    def _tip(self, head: str) -> str | None:
        return self._branches.tips(head).get(head)

    def _parts(self, number: str) -> tuple[str, str]:
        head, colon, base = number.partition(":")
        if not colon or not head:
            raise ForgeError(self._address, f"there is no proposal {number!r}", 404)
        return head, base

    def _facts(self, head: str, base: str, tip: str | None) -> PullRequestFacts:
        return PullRequestFacts(
            number=f"{head}:{base}",
            address=self._address,
            head=head,
            base=base,
            head_commit=tip or "",
            state=PullRequestState.CLOSED if tip is None else PullRequestState.OPEN,
        )
