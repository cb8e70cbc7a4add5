"""One pull request for the places of a wave: asked together, and each confirmed, or put back, by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.answers.sentences.interruptions import busy_words
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import PromotionState, StepCompleted
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.topology import Place
from ldmrelease.forges.interface import PullRequestState
from ldmrelease.services.promotions.commands import Promoted, Resumed, abort, promote, resume
from ldmrelease.services.promotions.load import records_of
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.promotions.work import PlaceBusy
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
from tests.unit.services.promotions.proposal_world import WEB, ProposalWorld, text_of
from tests.unit.services.promotions.scripted_check import Script
from tests.unit.services.promotions.test_proposals import move_tag

TAG = "1.0.0"
TARGET = "dev"


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


@pytest.fixture
def world(tmp_path: Path) -> ProposalWorld:
    return ProposalWorld(tmp_path, GitOpsRules("gitea", "wave"))


def asked(world: ProposalWorld, fault: Fault | None = None) -> PromotionOutcome | None:
    with world.as_ann(fault) as context:
        answer = promote(context, spec(context, TAG, TARGET), quiet)
        assert isinstance(answer, Promoted | Resumed), answer
        return answer.outcome
    return None


def resumed(world: ProposalWorld, fault: Fault | None = None) -> PromotionOutcome:
    with world.as_ann(fault) as context:
        return resume(context, world.promotions()[-1], quiet, take_over=True)
    raise AssertionError


def tags(world: ProposalWorld) -> tuple[str, str]:
    return world.tree.tag(DEV), world.tree.tag(WEB)


def test_one_pull_request_and_each_place_confirmed_by_itself(world: ProposalWorld) -> None:
    waits = asked(world)
    assert waits is not None
    assert waits.cause["code"] == "not-merged"
    (opened,) = world.forge.pull_requests.values()
    assert opened.title == f"promote app/{TAG} at dev/app, dev/web"
    assert opened.body.count("allowed") == 2 + 1
    assert "`dev.yaml`" in opened.body
    assert "`web.yaml`" in opened.body
    size = world.ledger.head().size
    assert resumed(world).state is PromotionState.WAITING
    assert world.ledger.head().size == size
    world.pass_time(5)
    world.merge("squash")
    assert resumed(world).state is PromotionState.SUCCEEDED
    assert tags(world) == (TAG, TAG)
    assert len(list(world.ledger.events(kinds=[EventKind.CLAIMED]))) == 2
    assert len(world.forge.pull_requests) == 1


def test_what_fails_puts_back_each_place_that_came_in(world: ProposalWorld) -> None:
    asked(world)
    world.merge()
    Script.passes = False
    for left in ((AT_FIRST, TAG), (AT_FIRST, AT_FIRST)):
        assert resumed(world).cause["code"] == "restore-not-merged"
        world.merge()
        assert tags(world) == left
    assert resumed(world).state is PromotionState.HALTED
    assert not list(world.ledger.events(kinds=[EventKind.RECEIPT]))


def test_aborted_it_is_withdrawn_for_all(world: ProposalWorld) -> None:
    asked(world)
    with world.as_ann() as context:
        ended = abort(context, world.promotions()[-1], "not today", quiet)
    assert ended.state is PromotionState.ABORTED
    (left,) = world.forge.pull_requests.values()
    assert left.state is PullRequestState.CLOSED
    assert tags(world) == (AT_FIRST, AT_FIRST)


def test_one_place_that_others_changed_stops_it(world: ProposalWorld) -> None:
    asked(world)
    world.tree.edit(WEB, text_of(BY_HAND))
    ended = resumed(world)
    assert (ended.state, ended.cause["code"]) == (PromotionState.HALTED, "changed-by")
    assert world.tree.tag(DEV) == AT_FIRST


def test_what_is_no_longer_allowed_is_withdrawn_and_merged_put_back(world: ProposalWorld) -> None:
    asked(world)
    move_tag(world)
    world.merge()
    for _ in (DEV, WEB):
        assert resumed(world).cause["code"] == "restore-not-merged"
        world.merge()
    ended = resumed(world)
    assert (ended.state, ended.cause["cause"]) == (PromotionState.HALTED, "merged-unallowed")
    assert tags(world) == (AT_FIRST, AT_FIRST)


def test_another_environment_has_a_pull_request_of_its_own(world: ProposalWorld) -> None:
    with world.as_ann() as context:
        promote(context, spec(context, TAG, "development"), quiet)
    world.merge()
    waits = resumed(world)
    assert (waits.cause["code"], tags(world)) == ("not-merged", (TAG, TAG))
    (opened,) = world.forge.list_open("ldmrelease/")
    assert opened.title == f"promote app/{TAG} at test/app"
    world.merge()
    assert resumed(world).state is PromotionState.SUCCEEDED


@pytest.mark.parametrize("place", [DEV, WEB], ids=str)
def test_all_of_its_places_are_busy_even_where_its_process_ended_before_it_was_recorded(
    world: ProposalWorld, place: Place
) -> None:
    asked(world, Fault(Moment(1, "after", "open")))
    with world.as_ann() as context:
        answer = promote(context, spec(context, "1.1.0", str(place)), quiet)
    assert isinstance(answer, PlaceBusy)
    assert f"has proposed a change of {place} that is open" in busy_words(answer)
    assert len(world.forge.pull_requests) == 1


@pytest.mark.parametrize("at", [3, 9, 14, 18, 22])
def test_after_a_kill_there_is_one_of_each(world: ProposalWorld, at: int) -> None:
    asked(world, Fault(Moment(at)))
    if world.forge.list_open("ldmrelease/"):
        world.merge("squash")
        resumed(world)
    else:
        asked(world)
        world.merge("squash")
    assert resumed(world).state is PromotionState.SUCCEEDED
    assert tags(world) == (TAG, TAG)
    assert len(world.forge.pull_requests) == 1
    with world.as_ann() as context:
        told = records_of(context, world.promotions()[-1])
    steps = [each.body.step for each in told if isinstance(each.body, StepCompleted)]
    for place in (DEV, WEB):
        assert (steps.count(f"{place}/propose"), steps.count(f"{place}/merge")) == (1, 1)


def test_merged_before_it_was_recorded_each_is_put_back_to_what_it_was(world: ProposalWorld) -> None:
    world.tree.edit(WEB, text_of(BY_HAND))
    asked(world, Fault(Moment(1, "after", "open")))
    world.merge("squash")
    Script.passes = False
    for _ in (DEV, WEB):
        assert resumed(world).cause["code"] == "restore-not-merged"
        world.merge()
    assert resumed(world).state is PromotionState.HALTED
    assert tags(world) == (AT_FIRST, BY_HAND)
