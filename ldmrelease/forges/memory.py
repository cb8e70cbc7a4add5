"""A forge in memory, for whoever tries out what proposes changes: it keeps pull requests, and no git.

Where branches are is told by `tips`; who merges does so in git and then says it here (`merge`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import (
    BranchRules,
    CommitCheck,
    Draft,
    PullRequestFacts,
    PullRequestReview,
    PullRequestState,
)

Tips = Callable[[str], str | None]
"""The commit at which a branch is; None where there is no such branch."""


_Answer = TypeVar("_Answer")


class MemoryForge:
    """The pull requests of one repository, in memory.

    requests: the name of each method that was called, in order. before_request, after_request: called with that name
    before and after a request has its effect; what they raise comes out, as of a forge that is gone or a process that
    is killed. comments: by number, then by marker.
    """

    def __init__(self, tips: Tips = lambda _: None, address: str = "https://forge.example.org/o/r") -> None:
        self.address = address
        self.requests: list[str] = []
        self.before_request: Callable[[str], None] = lambda _: None
        self.after_request: Callable[[str], None] = lambda _: None
        self.comments: dict[str, dict[str, str]] = {}
        self.given_reviews: dict[str, list[PullRequestReview]] = {}
        self.given_paths: dict[str, list[str]] = {}
        self.given_checks: dict[str, list[CommitCheck]] = {}
        self.given_rules: dict[str, BranchRules] = {}
        self._tips = tips
        self._kept: dict[str, PullRequestFacts] = {}

    @property
    def pull_requests(self) -> Mapping[str, PullRequestFacts]:
        """All that there are, by number."""
        return {number: self._current(each) for number, each in self._kept.items()}

    def list_open(self, head_prefix: str, /) -> Sequence[PullRequestFacts]:
        """The open ones whose branch begins so."""
        return self._ask("list_open", lambda: self._open_of(head_prefix))

    def newest_of(self, head: str, base: str, /) -> PullRequestFacts | None:
        """The newest from that branch into that base in any state, an open one first."""
        return self._ask("newest_of", lambda: self._newest(head, base))

    def look(self, number: str, /) -> PullRequestFacts:
        """One as it is now."""
        return self._ask("look", lambda: self._current(self._one(number)))

    def open(self, draft: Draft, /) -> PullRequestFacts:
        """Open one; where one of this branch is open already, that one."""
        return self._ask("open", lambda: self._open(draft))

    def edit(self, number: str, title: str, body: str, /) -> None:
        """Replace its title and text."""
        self._ask("edit", lambda: self._keep(replace(self._one(number), title=title, body=body)))

    def close(self, number: str, /) -> None:
        """Close it without a merge; what is closed or merged already stays so."""
        self._ask("close", lambda: self._end(number, PullRequestState.CLOSED))

    def turn(self, number: str, base: str) -> None:
        """Somebody turns it to another base."""
        self._keep(replace(self._one(number), base=base))

    def comment(self, number: str, marker: str, body: str, /) -> None:
        """Leave one comment that is known by `marker`."""
        self._ask("comment", lambda: self._comment(number, marker, body))

    def reviews(self, number: str, /) -> Sequence[PullRequestReview]:
        """The last word of each reviewer, as `given_reviews` has it."""
        return self._ask("reviews", lambda: tuple(self.given_reviews.get(self._one(number).number, ())))

    def changed(self, number: str, /) -> Sequence[str]:
        """The paths that it changes, as `given_paths` has it."""
        return self._ask("changed", lambda: tuple(self.given_paths.get(self._one(number).number, ())))

    def checks(self, commit: str, /) -> Sequence[CommitCheck]:
        """The checks of a commit, as `given_checks` has it."""
        return self._ask("checks", lambda: tuple(self.given_checks.get(commit, ())))

    def rules(self, branch: str, /) -> BranchRules:
        """What is asked of changes to a branch, as `given_rules` has it."""
        return self._ask("rules", lambda: self.given_rules.get(branch, BranchRules()))

    def merge(self, number: str, commit: str | None = None, by: str = "reviewer") -> None:
        """Say that somebody merged it; by `commit` where the forge tells that."""
        found = self._current(self._one(number))
        if found.state is not PullRequestState.OPEN:
            raise ForgeError(self.address, f"{number} is {found.state}", 405)
        self._keep(replace(found, state=PullRequestState.MERGED, merge_commit=commit, merged_by=by))

    def reopen(self, number: str) -> None:
        """Say that somebody opened it again."""
        self._keep(replace(self._one(number), state=PullRequestState.OPEN))

    def change(self, number: str, **fields: object) -> None:
        """Say that fields of it are others now, such as `queued`, `mergeable` or `title`."""
        self._keep(replace(self._one(number), **fields))

    def _ask(self, name: str, request: Callable[[], _Answer]) -> _Answer:
        self.requests.append(name)
        self.before_request(name)
        answer = request()
        self.after_request(name)
        return answer

    def _one(self, number: str) -> PullRequestFacts:
        found = self._kept.get(number)
        if found is None:
            raise ForgeError(self.address, f"there is no pull request {number}", 404)
        return found

    def _keep(self, facts: PullRequestFacts) -> None:
        self._kept[facts.number] = facts

    def _current(self, facts: PullRequestFacts) -> PullRequestFacts:
        """An open one follows its branch; the others stay as they were."""
        tip = self._tips(facts.head) if facts.state is PullRequestState.OPEN else None
        return facts if tip is None else replace(facts, head_commit=tip)

    def _open_of(self, prefix: str) -> Sequence[PullRequestFacts]:
        current = map(self._current, self._kept.values())
        return tuple(
            each for each in current if each.state is PullRequestState.OPEN and each.head.startswith(prefix)
        )

    def _newest(self, head: str, base: str) -> PullRequestFacts | None:
        of_branch = [each for each in self._kept.values() if (each.head, each.base) == (head, base)]
        found = max(
            of_branch,
            key=lambda each: (each.state is PullRequestState.OPEN, int(each.number)),
            default=None,
        )
        return None if found is None else self._current(found)

    def _open(self, draft: Draft) -> PullRequestFacts:
        found = self._newest(draft.head, draft.base)
        if found is not None and found.state is PullRequestState.OPEN:
            return found
        number = str(len(self._kept) + 1)
        opened = PullRequestFacts(
            number=number,
            address=f"{self.address}/pulls/{number}",
            head=draft.head,
            base=draft.base,
            head_commit=self._tips(draft.head) or "",
            state=PullRequestState.OPEN,
            title=draft.title,
            body=draft.body,
            mergeable=True,
        )
        self._keep(opened)
        return opened

    def _end(self, number: str, state: PullRequestState) -> None:
        found = self._current(self._one(number))
        if found.state is PullRequestState.OPEN:
            self._keep(replace(found, state=state))

    def _comment(self, number: str, marker: str, body: str) -> None:
        self.comments.setdefault(self._one(number).number, {})[marker] = body
