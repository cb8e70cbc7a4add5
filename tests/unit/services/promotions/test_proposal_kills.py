"""A process may end before and after every request to a forge, every push and every append: whoever resumes it has one
pull request, one merge seen, one receipt. Which of these moments a day is at: `tests/kill_points.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import PromotionState, StepCompleted
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.services.promotions.commands import promote, resume
from ldmrelease.services.promotions.load import records_of
from tests.kill_points import chosen, today
from tests.unit.services.promotions.promotion_world import DEV, Fault, Moment, quiet, scripted, spec
from tests.unit.services.promotions.proposal_world import ProposalWorld

TAG = "1.0.0"


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


def test_after_a_kill_anywhere_there_is_one_of_each(tmp_path: Path) -> None:
    effects = _run(_world(tmp_path / "whole"), None)
    assert len(effects) > 20
    points = chosen(effects)
    print(f"{len(effects)} points, killed at {len(points)}, day {today()}")
    for at in points:
        _run(_world(tmp_path / str(at)), at)


def _world(folder: Path) -> ProposalWorld:
    folder.mkdir()
    return ProposalWorld(folder, GitOpsRules("gitea"))


def _run(world: ProposalWorld, at: int | None) -> list[str]:
    """One promotion whose process ends at a moment, if one is given, and is resumed; what the processes did that could
    have ended there."""
    with world.as_ann(Fault(Moment(at)) if at else None) as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    before = list(world.effects)
    left = at - len(before) if at else 0
    with world.as_ann() as context:
        promote(context, spec(context, TAG, "dev/app"), quiet)
    merged = False
    if world.forge.list_open("ldmrelease/"):
        world.merge("squash")
        merged = True
    world.effects.clear()
    with world.as_ann(Fault(Moment(left)) if left > 0 else None) as context:
        resume(context, world.promotions()[-1], quiet)
    done = before + world.effects
    assert at is None or len(done) >= at, "it ended there"
    with world.as_ann() as context:
        ended = resume(context, world.promotions()[-1], quiet, take_over=True)
        told = records_of(context, world.promotions()[-1])
    assert merged
    assert ended.state is PromotionState.SUCCEEDED, (at, ended)
    assert len(world.forge.pull_requests) == 1
    steps = [each.body.step for each in told if isinstance(each.body, StepCompleted)]
    assert steps.count(f"{DEV}/merge") == 1
    assert steps.count(f"{DEV}/propose") == 1
    # One of the component, one of the release.
    assert len(list(world.ledger.events(kinds=[EventKind.RECEIPT]))) == 2
    assert world.tree.tag(DEV) == TAG
    return done
