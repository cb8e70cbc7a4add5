"""How every forge behaves that implements `PullRequests`: the same tests for all of them.

Who runs it has a fixture `site`, a `ForgeSite`: a repository with a branch `main`, and people who do what people do.
"""

from __future__ import annotations

from typing import Protocol

import pytest

from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import (
    CommitCheckVerdict,
    Draft,
    PullRequestFacts,
    PullRequests,
    PullRequestState,
    ReviewVerdict,
)

HEAD = "ldmrelease/0a1b2c3d/promotion-1"
MARKER = "<!-- ldmrelease proposal -->"
HOSTILE = 'w_1 <script> `x` | @everyone\nfix: "quotes" \\ and ümläute #1'


class ForgeSite(Protocol):
    """A forge and its people."""

    forge: PullRequests

    def change(self, branch: str, text: str) -> str:
        """Push a commit to a branch, made upon main where it is new; the commit."""

    def delete(self, branch: str) -> None:
        """Delete a branch."""

    def merge(self, number: str, how: str) -> None:
        """As a reviewer: `merge`, `squash` or `rebase`."""

    def review(self, number: str, account: str, approves: bool) -> None:
        """Have somebody say what they think of it as it is."""

    def check(self, commit: str, name: str, verdict: str) -> None:
        """Have continuous integration report a check: `passed`, `failed` or `pending`."""

    def tip(self, branch: str) -> str:
        """Where a branch is."""

    def requests(self) -> int:
        """How many there were so far."""


def opened(
    site: ForgeSite, head: str = HEAD, title: str = "Promote", body: str = "because"
) -> PullRequestFacts:
    """A new one, of a branch that is pushed."""
    site.change(head, f"tag: {head}")
    return site.forge.open(Draft(head, "main", title, body))


class PullRequestsContract:
    """What is promised."""

    def test_one_is_opened_found_and_looked_at(self, site: ForgeSite) -> None:
        assert site.forge.newest_of(HEAD, "main") is None
        made = opened(site, title="w_2026_10 to summit", body=HOSTILE)
        assert (made.state, made.head, made.base) == (PullRequestState.OPEN, HEAD, "main")
        assert made.head_commit == site.tip(HEAD)
        assert made.address.startswith("http")
        for found in (site.forge.look(made.number), site.forge.newest_of(HEAD, "main")):
            assert found is not None
            assert (found.number, found.title, found.body) == (made.number, "w_2026_10 to summit", HOSTILE)
            assert (found.merge_commit, found.queued) == (None, False)
            assert found.address == made.address

    def test_it_is_never_doubled(self, site: ForgeSite) -> None:
        made = opened(site)
        again = site.forge.open(Draft(HEAD, "main", "Again", "again"))
        assert again.number == made.number
        assert [each.number for each in site.forge.list_open("ldmrelease/")] == [made.number]

    def test_text_is_replaced(self, site: ForgeSite) -> None:
        made = opened(site)
        site.forge.edit(made.number, "Other", HOSTILE)
        found = site.forge.look(made.number)
        assert (found.title, found.body) == ("Other", HOSTILE)

    def test_a_push_to_the_branch_is_seen(self, site: ForgeSite) -> None:
        made = opened(site)
        commit = site.change(HEAD, "tag: other")
        assert site.forge.look(made.number).head_commit == commit != made.head_commit

    @pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
    def test_a_merge_is_seen_by_its_commit_also_when_the_branch_is_gone(
        self, site: ForgeSite, how: str
    ) -> None:
        made = opened(site)
        site.change("main", "tag: something else") if how != "merge" else None
        site.merge(made.number, how)
        site.delete(HEAD)
        for found in (site.forge.look(made.number), site.forge.newest_of(HEAD, "main")):
            assert found is not None
            assert (found.state, found.number) == (PullRequestState.MERGED, made.number)
            assert found.merge_commit == site.tip("main")
            assert found.merged_by == "reviewer"
            assert found.head == HEAD

    def test_closing_is_once_and_never_undoes_a_merge(self, site: ForgeSite) -> None:
        made = opened(site)
        site.forge.close(made.number)
        site.forge.close(made.number)
        assert site.forge.look(made.number).state is PullRequestState.CLOSED
        merged = opened(site, "ldmrelease/0a1b2c3d/other")
        site.merge(merged.number, "merge")
        site.forge.close(merged.number)
        assert site.forge.look(merged.number).state is PullRequestState.MERGED

    def test_after_a_closed_one_a_new_one_is_opened_and_is_the_newest(self, site: ForgeSite) -> None:
        first = opened(site)
        site.forge.close(first.number)
        found = site.forge.newest_of(HEAD, "main")
        assert found is not None
        assert (found.number, found.state) == (first.number, PullRequestState.CLOSED)
        second = site.forge.open(Draft(HEAD, "main", "Promote", "again"))
        assert second.number != first.number
        found = site.forge.newest_of(HEAD, "main")
        assert found is not None
        assert found.number == second.number

    def test_a_comment_is_one_and_is_replaced(self, site: ForgeSite) -> None:
        made = opened(site)
        site.forge.comment(made.number, MARKER, f"{MARKER}\nwaiting")
        site.forge.comment(made.number, MARKER, f"{MARKER}\nrecalled")
        site.forge.comment(made.number, MARKER, f"{MARKER}\nrecalled")
        assert self.comments(site, made.number) == [f"{MARKER}\nrecalled"]

    def test_only_what_begins_so_is_listed_and_what_is_not_open_is_left_out(self, site: ForgeSite) -> None:
        ours = {opened(site, f"ldmrelease/0a1b2c3d/{name}").number for name in ("1", "2", "3")}
        opened(site, "ldmrelease/other/1")
        opened(site, "feature")
        first = min(ours, key=int)
        site.forge.close(first)
        found = site.forge.list_open("ldmrelease/0a1b2c3d/")
        assert {each.number for each in found} == ours - {first}
        assert all(each.head_commit == site.tip(each.head) for each in found)

    def test_reviews_are_the_last_word_of_each_and_tell_of_which_commit(self, site: ForgeSite) -> None:
        made = opened(site)
        site.review(made.number, "alice", approves=True)
        site.review(made.number, "bob", approves=False)
        commit = site.change(HEAD, "tag: newer")
        site.forge.look(made.number)
        site.review(made.number, "bob", approves=True)
        found = {each.account: (each.verdict, each.commit) for each in site.forge.reviews(made.number)}
        assert found == {
            "alice": (ReviewVerdict.APPROVED, made.head_commit),
            "bob": (ReviewVerdict.APPROVED, commit),
        }

    def test_the_files_that_it_changes(self, site: ForgeSite) -> None:
        made = opened(site)
        found = site.forge.changed(made.number)
        assert len(found) == 1
        assert found[0].endswith("values.yaml")

    def test_checks_of_a_commit(self, site: ForgeSite) -> None:
        commit = site.change(HEAD, "tag: 1")
        assert list(site.forge.checks(commit)) == []
        for verdict in ("passed", "failed", "pending"):
            site.check(commit, f"ci/{verdict}", verdict)
        found = {each.name: each.verdict for each in site.forge.checks(commit)}
        wanted = {f"ci/{each}": CommitCheckVerdict(each) for each in ("passed", "failed", "pending")}
        assert {name: found[name] for name in wanted} == wanted

    def test_what_is_not_there_is_an_error_in_words(self, site: ForgeSite) -> None:
        with pytest.raises(ForgeError) as error:
            site.forge.look("4711")
        assert error.value.status == 404

    def comments(self, site: ForgeSite, number: str) -> list[str]:
        """The texts of the comments of one, as people see them."""
        raise NotImplementedError
