"""A process may end before and after every request to a forge, every push and every append: whoever resumes it has one
pull request, one merge seen, one receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import PromotionState, StepCompleted
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.services.promotions.commands import promote, resume
from ldmrelease.services.promotions.load import records_of
from tests.unit.services.promotions.promotion_world import DEV, Fault, Moment, quiet, scripted, spec
from tests.unit.services.promotions.proposal_world import ProposalWorld

TAG = "1.0.0"
MOST = 400


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


def test_after_a_kill_anywhere_there_is_one_of_each(tmp_path: Path) -> None:
    points = 0
    for at in range(1, MOST):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = ProposalWorld(folder, GitOpsRules("gitea"))
        first = _run(world, Fault(Moment(at)))
        if first:
            break
        points += 1
    else:
        raise AssertionError("it never comes through")
    print(f"{points} points")
    assert points > 20


def _run(world: ProposalWorld, fault: Fault) -> bool:
    """One promotion whose process ends at a moment, and is resumed; True where it came through without that."""
    left, world.effects = fault.moment.at, 0
    with world.as_ann(fault) as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    left -= world.effects
    with world.as_ann() as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    merged = False
    if world.forge.list_open("ldmrelease/"):
        world.merge("squash")
        merged = True
    world.effects = 0
    with world.as_ann(Fault(Moment(left)) if left > 0 else None) as context:
        resume(context, world.promotions()[-1], quiet)
    died = world.effects >= left
    with world.as_ann() as context:
        ended = resume(context, world.promotions()[-1], quiet, take_over=True)
        told = records_of(context, world.promotions()[-1])
    assert merged
    assert ended.state is PromotionState.SUCCEEDED, (left, ended)
    assert len(world.forge.pull_requests) == 1
    steps = [each.body.step for each in told if isinstance(each.body, StepCompleted)]
    assert steps.count(f"{DEV}/merge") == 1
    assert steps.count(f"{DEV}/propose") == 1
    # One of the component, one of the release.
    assert len(list(world.ledger.events(kinds=[EventKind.RECEIPT]))) == 2
    assert world.tree.tag(DEV) == TAG
    return not died
