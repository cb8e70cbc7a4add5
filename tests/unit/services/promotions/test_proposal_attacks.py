"""What somebody may do beside a proposal, or to it, who wants more merged than was decided about, or our work lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.forges.interface import PullRequestState
from tests.unit.services.promotions.promotion_world import DEV, scripted
from tests.unit.services.promotions.proposal_world import ProposalWorld, text_of
from tests.unit.services.promotions.test_proposals import TAG, asked, receipts, resumed


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


@pytest.fixture
def world(tmp_path: Path) -> ProposalWorld:
    return ProposalWorld(tmp_path, GitOpsRules("gitea"))


def push_to(world: ProposalWorld, branch: str, file: str, text: str) -> str:
    """Somebody pushes one more commit to a branch; the commit."""
    tree = world.tree
    tree.git("fetch", "-q", "origin")
    tree.git("checkout", "-q", "-B", "theirs", f"origin/{branch}")
    (tree.clone / file).write_text(text)
    tree.git("add", "-A")
    tree.git("commit", "-q", "-m", "more")
    tree.git("push", "-q", "origin", f"HEAD:{branch}")
    return tree.git("rev-parse", "HEAD")


@pytest.mark.parametrize("kind", ["gitea", "branch"])
def test_what_others_pushed_to_the_branch_is_not_deleted(tmp_path: Path, kind: str) -> None:
    world = ProposalWorld(tmp_path, GitOpsRules(kind), forge=kind != "branch")
    asked(world)
    branch = world.tree.git("ls-remote", "origin", "refs/heads/ldmrelease/*").partition("refs/heads/")[2]
    theirs = push_to(world, branch, "other.yaml", "a: 1\n")
    assert resumed(world).state is PromotionState.HALTED
    assert world.tree.tip(branch) == theirs
    if kind != "branch":
        (left,) = world.forge.pull_requests.values()
        assert left.state is PullRequestState.CLOSED


def test_another_repository_of_the_image_in_the_same_merge_is_not_what_was_proposed(
    world: ProposalWorld,
) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    text = text_of(TAG).replace("image:\n", "image:\n  repository: registry.example.org/evil/server\n")
    push_to(world, opened.head, f"{DEV.environment}.yaml", text)
    world.merge()
    ended = resumed(world)
    assert receipts(world) == 0
    assert (ended.state, ended.cause["code"]) == (PromotionState.STUCK, "foreign-image")


def test_one_that_was_turned_to_another_base_is_not_waited_for(world: ProposalWorld) -> None:
    """Whoever merges it merges it elsewhere."""
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.forge.turn(opened.number, "next")
    assert resumed(world).cause["code"] == "proposal-closed"
    assert world.tree.tip(opened.head) is None


def test_a_forge_that_calls_merged_what_is_not_gets_no_receipt(world: ProposalWorld) -> None:
    asked(world)
    (opened,) = world.forge.pull_requests.values()
    world.forge.merge(opened.number, "0" * 40)
    assert resumed(world).cause["code"] == "merged-otherwise"
    assert receipts(world) == 0
