"""A promotion by pull request: proposed, merged by others in any way, confirmed; and all that may come between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.answers.sentences.interruptions import busy_words
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.images import parse_reference
from ldmrelease.forges.errors import ForgeError, NoToken
from ldmrelease.forges.interface import PullRequestState
from ldmrelease.registry.sample import put_sample_image
from ldmrelease.services.promotions import proposals
from ldmrelease.services.promotions.commands import Promoted, Resumed, abort, promote, resume
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.previews import preview_answered_spec
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.promotions.proposals import OpenProposals
from ldmrelease.services.promotions.submit import Preview
from ldmrelease.services.promotions.work import PlaceBusy
from ldmrelease.targets.results import Refusal
from tests.unit.services.promotions.promotion_world import (
    AT_FIRST,
    BY_HAND,
    DEV,
    Fault,
    Moment,
    quiet,
    scripted,
    spec,
)
from tests.unit.services.promotions.proposal_world import ProposalWorld, text_of
from tests.unit.services.promotions.scripted_check import Script

TAG = "1.0.0"


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


@pytest.fixture
def world(tmp_path: Path) -> ProposalWorld:
    return ProposalWorld(tmp_path, GitOpsRules("gitea"))


def asked(world: ProposalWorld) -> PromotionOutcome:
    with world.as_ann() as context:
        answer = promote(context, spec(context, TAG, "dev/app"), quiet)
        assert isinstance(answer, Promoted | Resumed), answer
        return answer.outcome
    raise AssertionError


def resumed(world: ProposalWorld) -> PromotionOutcome:
    with world.as_ann() as context:
        return resume(context, world.promotions()[-1], quiet)
    raise AssertionError


def receipts(world: ProposalWorld) -> int:
    return len(list(world.ledger.events(kinds=[EventKind.RECEIPT])))


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
def test_it_waits_without_a_claim_until_somebody_merges(world: ProposalWorld, way: str) -> None:
    waits = asked(world)
    assert (waits.state, waits.cause["code"], waits.cause["who"]) == (
        PromotionState.WAITING,
        "not-merged",
        ["reviewers"],
    )
    (opened,) = world.forge.pull_requests.values()
    assert waits.cause["values"]["address"] == opened.address
    assert world.tree.tag(DEV) == AT_FIRST
    assert not list(world.ledger.events(kinds=[EventKind.CLAIMED]))
    size = world.ledger.head().size
    assert resumed(world).state is PromotionState.WAITING
    assert world.ledger.head().size == size
    world.merge(way)
    assert resumed(world).state is PromotionState.SUCCEEDED
    assert world.tree.tag(DEV) == TAG
    assert receipts(world) > 0
    assert len(world.forge.pull_requests) == 1


def test_the_text_says_what_comes_in_since_what_runs(world: ProposalWorld) -> None:
    asked(world)
    (first,) = world.forge.list_open("ldmrelease/")
    assert "What came in" not in first.body  # nobody has looked there yet
    world.merge()
    resumed(world)
    with world.as_ann() as context:
        promote(context, spec(context, "1.1.0", "dev/app"), quiet)
    (second,) = world.forge.list_open("ldmrelease/")
    assert f"- `since app/{TAG}: server {TAG} -> 1.1.0`" in second.body


def test_closed_without_a_merge_it_halts(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.forge.close(opened.number)
    ended = resumed(world)
    assert (ended.state, ended.cause["code"]) == (PromotionState.HALTED, "proposal-closed")
    assert (world.tree.tag(DEV), receipts(world)) == (AT_FIRST, 0)


def test_merged_as_something_else_it_says_what_and_who(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.tree.edit(DEV, text_of(BY_HAND))
    world.forge.merge(opened.number, world.tree.tip("main"))
    ended = resumed(world)
    assert ended.cause["cause"] == "merge-failed"
    assert ended.cause["code"] == "merged-otherwise"
    assert (ended.cause["found"], ended.cause["proposed"]) == (BY_HAND, TAG)
    assert "Rita" in ended.cause["author"]
    assert world.tree.tag(DEV) == BY_HAND


def test_a_branch_that_others_changed_is_not_ours(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.tree.git("fetch", "-q", "origin")
    world.tree.git("checkout", "-q", "-B", "theirs", f"origin/{opened.head}")
    (world.tree.clone / "other.yaml").write_text("a: 1\n")
    world.tree.git("add", "-A")
    world.tree.git("commit", "-q", "-m", "more")
    world.tree.git("push", "-q", "origin", f"HEAD:{opened.head}")
    ended = resumed(world)
    assert (ended.state, ended.cause["code"]) == (PromotionState.HALTED, "proposal-changed")
    assert world.forge.pull_requests[opened.number].state is PullRequestState.CLOSED


def test_updated_from_the_base_it_is_still_ours(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.tree.git("checkout", "-q", "main")
    (world.tree.clone / "other.yaml").write_text("a: 1\n")
    world.tree.commit("elsewhere")
    world.tree.git("fetch", "-q", "origin")
    world.tree.git("checkout", "-q", "-B", "updated", f"origin/{opened.head}")
    world.tree.git("merge", "-q", "--no-edit", "origin/main")
    world.pass_time(5)
    world.tree.git("push", "-q", "origin", f"HEAD:{opened.head}")
    assert resumed(world).state is PromotionState.WAITING
    world.merge()
    assert resumed(world).state is PromotionState.SUCCEEDED


def test_where_it_conflicts_it_is_made_anew_upon_the_base(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    before = world.tree.tip(opened.head)
    world.tree.edit(DEV, text_of(AT_FIRST) + "  more: 1\n")
    assert resumed(world).state is PromotionState.WAITING
    assert world.tree.tip(opened.head) != before
    assert len(world.forge.pull_requests) == 1
    world.merge()
    assert resumed(world).state is PromotionState.SUCCEEDED


def test_a_setting_that_others_changed_meanwhile_stops_it(world: ProposalWorld) -> None:
    asked(world)
    world.tree.edit(DEV, text_of(BY_HAND))
    ended = resumed(world)
    assert (ended.state, ended.cause["code"]) == (PromotionState.HALTED, "changed-by")
    (left,) = world.forge.pull_requests.values()
    assert left.state is PullRequestState.CLOSED


def test_aborted_it_is_withdrawn(world: ProposalWorld) -> None:
    asked(world)
    with world.as_ann() as context:
        ended = abort(context, world.promotions()[-1], "not today", quiet)
    assert ended.state is PromotionState.ABORTED
    (left,) = world.forge.pull_requests.values()
    assert left.state is PullRequestState.CLOSED
    assert "Do not merge" in "".join(world.forge.comments[left.number].values())
    assert world.tree.tip(left.head) is None


def test_what_fails_after_the_merge_is_put_back_by_a_pull_request(world: ProposalWorld) -> None:
    asked(world)
    world.merge()
    Script.passes = False
    waits = resumed(world)
    assert (waits.state, waits.cause["code"]) == (PromotionState.WAITING, "restore-not-merged")
    size = world.ledger.head().size
    assert resumed(world).state is PromotionState.WAITING
    assert world.ledger.head().size == size
    world.merge()
    assert resumed(world).state is PromotionState.HALTED
    assert (world.tree.tag(DEV), receipts(world)) == (AT_FIRST, 0)


def move_tag(world: ProposalWorld) -> None:
    """The release's tag names another image by now: no decision allows it any more."""
    put_sample_image(world.registries.open(parse_reference("oci:images/server")), TAG, seed="x", layers=(8,))


def test_what_is_no_longer_allowed_is_withdrawn(world: ProposalWorld) -> None:
    asked(world)
    move_tag(world)
    assert resumed(world).state is PromotionState.REFUSED
    (left,) = world.forge.pull_requests.values()
    assert left.state is PullRequestState.CLOSED
    assert "Do not merge" in "".join(world.forge.comments[left.number].values())
    assert world.tree.tip(left.head) is None
    assert world.tree.tag(DEV) == AT_FIRST


def test_what_was_merged_and_is_not_allowed_is_put_back(world: ProposalWorld) -> None:
    asked(world)
    move_tag(world)
    world.merge()
    waits = resumed(world)
    assert (waits.state, waits.cause["code"]) == (PromotionState.WAITING, "restore-not-merged")
    world.merge()
    ended = resumed(world)
    assert (ended.state, ended.cause["cause"]) == (PromotionState.HALTED, "merged-unallowed")
    assert (world.tree.tag(DEV), receipts(world)) == (AT_FIRST, 0)


def test_a_place_with_an_open_proposal_is_not_asked_for_again(world: ProposalWorld) -> None:
    asked(world)
    with world.as_ann() as context:
        answer = promote(context, spec(context, "1.1.0", "dev/app"), quiet)
    assert isinstance(answer, PlaceBusy)
    assert answer.waits
    (opened,) = world.forge.list_open("ldmrelease/")
    told = busy_words(answer)
    assert f"has proposed a change of dev/app ({opened.address})" in told
    assert f"ldmrelease resume {answer.promotion}" in told


def test_nor_is_one_whose_process_ended_before_it_was_recorded(world: ProposalWorld) -> None:
    with world.as_ann(Fault(Moment(1, "after", "open"))) as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    with world.as_ann() as context:
        answer = promote(context, spec(context, "1.1.0", "dev/app"), quiet)
    assert isinstance(answer, PlaceBusy)
    assert "has proposed a change of dev/app that is open" in busy_words(answer)


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
def test_merged_before_it_was_recorded_it_still_knows_what_was_there(world: ProposalWorld, way: str) -> None:
    with world.as_ann(Fault(Moment(1, "after", "open"))) as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    world.merge(way)
    world.pass_time(5)
    Script.passes = False
    waits = resumed(world)
    assert waits.cause["code"] == "restore-not-merged"
    assert world.tree.tag(DEV) == TAG
    world.merge()
    assert resumed(world).state is PromotionState.HALTED
    assert world.tree.tag(DEV) == AT_FIRST


@pytest.mark.parametrize("kind", ["branch"])
def test_a_branch_alone_is_a_proposal_too(tmp_path: Path, kind: str) -> None:
    world = ProposalWorld(tmp_path, GitOpsRules(kind), forge=False)
    waits = asked(world)
    assert waits.cause["code"] == "not-merged"
    world.tree.merge(waits.cause["values"]["branch"], "squash")
    assert resumed(world).state is PromotionState.SUCCEEDED


def test_a_level_may_push_what_is_put_back(tmp_path: Path) -> None:
    world = ProposalWorld(tmp_path, GitOpsRules("gitea", restores={"development": "push"}))
    asked(world)
    world.merge()
    Script.passes = False
    assert resumed(world).state is PromotionState.HALTED
    assert world.tree.tag(DEV) == AT_FIRST
    assert len(world.forge.pull_requests) == 1


def test_many_are_looked_at_by_one_request(world: ProposalWorld) -> None:
    asked(world)
    world.forge.requests.clear()
    with world.as_ann() as context:
        listed = OpenProposals(context)
        for _ in range(5):
            outcome = resume(context, world.promotions()[-1], quiet, listed=listed)
            assert outcome.state is PromotionState.WAITING
    assert world.forge.requests == ["list_open"]


def test_a_forge_that_is_away_leaves_it_to_the_next_resume(world: ProposalWorld) -> None:
    def away(_name: str) -> None:
        raise ForgeError("forge.example.org", "502 Bad Gateway", 502)

    before = world.forge.before_request
    world.forge.before_request = away
    assert asked(world).interrupted is not None
    world.forge.before_request = before
    assert resumed(world).state is PromotionState.WAITING
    world.forge.before_request = away
    assert resumed(world).interrupted is not None
    world.forge.before_request = before
    world.merge("rebase")
    assert resumed(world).state is PromotionState.SUCCEEDED
    assert len(world.forge.pull_requests) == 1


def test_without_a_token_it_is_refused_when_planning_and_nothing_is_left_behind(
    world: ProposalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.with_forge = False
    looked = []

    def nobody(*words: object, **_: object) -> None:
        looked.append(words)
        raise NoToken("no token for Gitea: set GITEA_TOKEN")

    monkeypatch.setattr(proposals, "pull_requests", nobody)
    size = world.ledger.head().size
    with world.as_ann() as context:
        assert isinstance(preview_answered_spec(context, spec(context, TAG, "development")), Preview)
        answer = promote(context, spec(context, TAG, "development"), quiet)
    assert isinstance(answer, PreflightFailed)
    assert {str(each.place) for each in answer.places} >= {"dev/app"}
    (refusal, *_) = (each.refusal for each in answer.places)
    assert isinstance(refusal, Refusal)
    assert "propose: gitea opens no pull request" in refusal_words(refusal)
    assert "set GITEA_TOKEN" in refusal_words(refusal)
    assert len(looked) == 1
    assert world.tree.tip("ldmrelease/**") is None
    assert world.ledger.head().size == size
