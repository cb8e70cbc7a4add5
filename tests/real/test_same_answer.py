"""The same answer everywhere: ten thousand facts, in ten workspaces with policies of their own.

The engine decides on all of them in this process; a bundle carries the decisions that another process has made, and a
third one makes all of them again from the ledger. `check`, `promote --dry-run` and `gate sync` are asked about some of
each workspace, since a command takes a hundred times as long as a decision; with LDMRELEASE_SAME_ANSWER=all about many
more.
"""

import os
from pathlib import Path

import pytest

from tests.same_answer.compare import Comparison

RELEASES, PLACES = 40, 25
SEEDS = range(100, 110)
_ALL = os.environ.get("LDMRELEASE_SAME_ANSWER") == "all"
PLANS, GATED = (RELEASES, 400) if _ALL else (3, 20)


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_says_the_same(seed: int, tmp_path: Path) -> None:
    found = Comparison(tmp_path / "fleet", seed, RELEASES, PLACES)
    assert found.facts == RELEASES * PLACES
    assert len(found.verdicts) > 1, found.verdicts
    found.bundle()
    found.plans(PLANS)
    found.gate(GATED)
    found.replay()
    assert found.compared["bundle"] == found.compared["replay"] == RELEASES * PLACES
    assert found.compared["gate"] == 2 * GATED, "an answer for each of the two images"
    assert found.compared["check"] == found.compared["dry-run"]
    assert min(found.compared.values()) > 0


def test_they_are_ten_thousand() -> None:
    assert len(SEEDS) * RELEASES * PLACES == 10_000
