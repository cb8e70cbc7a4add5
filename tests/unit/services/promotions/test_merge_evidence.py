"""What reviewers said of a merged pull request counts in the decision after it; without it nothing is held up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.level import Requirement
from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import PullRequestReview, ReviewVerdict
from ldmrelease.services.context import Context
from ldmrelease.services.promotions.commands import promote, resume
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.signers import NoKey, Signers
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Records
from ldmrelease.trust.signer import Signer
from tests.unit.services.promotions.promotion_world import Signing, quiet, scripted, spec
from tests.unit.services.promotions.proposal_world import ProposalWorld


class ReviewedWorld(ProposalWorld):
    """The receipt at `development` wants one approval of the release; the program signs what a bridge saw."""

    keyless = False
    wants = True

    def context(self, person: str) -> Context:
        """What a process of a person opens."""
        given = super().context(person)
        keyring = self._keyring(given.keyring)
        wanted = Requirement("reviewed", "reviewed", {"about": "release"})
        level = given.levels["development"]
        confirm = (wanted, *level.confirm) if self.wants else level.confirm
        levels = {**given.levels, "development": replace(level, confirm=confirm)}
        workspace = replace(self.workspace, keyring=keyring, levels=levels)
        context = Context(workspace, self.ledger, keyring, levels, lambda: self.now, self.tell)
        context.registries, context.connections = given.registries, given.connections
        context.records = Records(self.ledger.genesis, keyring)
        context.signers = _Keyless(given.signers) if self.keyless else given.signers
        return context

    @staticmethod
    def _keyring(keyring: Keyring) -> Keyring:
        roles = tuple(
            replace(each, types=(*each.types, "code-review")) if each.name == "program" else each
            for each in keyring.roles
        )
        return replace(keyring, roles=roles, accounts={"gitea:Ann-Forge": "ann"})


class _Keyless(Signing):
    """No key for what a bridge saw."""

    def __init__(self, given: Signers) -> None:
        super().__init__(given.me, given.named("promoter"))

    def named(self, purpose: str) -> Signer:
        """See `Signers`."""
        if purpose == "bridge":
            raise NoKey("no key for 'bridge'")
        return super().named(purpose)


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


@pytest.fixture
def world(tmp_path: Path) -> ReviewedWorld:
    """A pull request is open."""
    made = ReviewedWorld(tmp_path, GitOpsRules("gitea"))
    with made.as_ann() as context:
        promote(context, spec(context, "1.0.0", "dev/app"), quiet)
    assert list(made.forge.pull_requests) == ["1"]
    made.forge.change("1", author="release-bot")
    return made


def merged_and_resumed(world: ReviewedWorld) -> tuple[PromotionOutcome, dict[str, dict[str, Any]]]:
    """The outcome, and what was said by code."""
    said: dict[str, dict[str, Any]] = {}
    if world.forge.pull_requests["1"].state.value == "open":
        world.merge()
    with world.as_ann() as context:
        return resume(context, world.promotions()[-1], lambda code, values: said.update({code: values})), said
    raise AssertionError


def approve(world: ReviewedWorld, *accounts: str, commit: str | None = None) -> None:
    """Each approves the head, or another commit."""
    head = commit or world.forge.pull_requests["1"].head_commit
    world.forge.given_reviews["1"] = [
        PullRequestReview(each, ReviewVerdict.APPROVED, head) for each in accounts
    ]


def test_an_approval_of_what_was_merged_counts(world: ReviewedWorld) -> None:
    approve(world, "rita")
    outcome, said = merged_and_resumed(world)
    assert outcome.state is PromotionState.SUCCEEDED
    assert "reviews-unrecorded" not in said


@pytest.mark.parametrize("account", ["release-bot", "Release-Bot", "ANN", "ann-forge", "Ann-Forge"])
def test_nobody_approves_their_own(world: ReviewedWorld, account: str) -> None:
    approve(world, account)
    assert merged_and_resumed(world)[0].state is not PromotionState.SUCCEEDED


def test_an_approval_before_new_commits_is_void(world: ReviewedWorld) -> None:
    approve(world, "rita", commit="b" * 40)
    assert merged_and_resumed(world)[0].state is not PromotionState.SUCCEEDED


def test_without_a_key_it_is_said_and_decided_without(world: ReviewedWorld) -> None:
    approve(world, "rita")
    world.keyless, world.wants = True, False
    outcome, said = merged_and_resumed(world)
    assert said["reviews-unrecorded"]["reason"] == "no key for 'bridge'"
    assert outcome.state is PromotionState.SUCCEEDED


@pytest.mark.parametrize("request_", ["look", "reviews"])
def test_a_forge_that_is_away_after_the_merge_holds_nothing_up(world: ReviewedWorld, request_: str) -> None:
    approve(world, "rita")
    world.merge()
    world.wants = False

    def away(name: str) -> None:
        if name == request_:
            raise ForgeError("forge.example.org", "502 Bad Gateway", 502)

    world.forge.before_request = away
    outcome, said = merged_and_resumed(world)
    assert "502" in said["reviews-unrecorded"]["reason"]
    assert outcome.state is PromotionState.SUCCEEDED
