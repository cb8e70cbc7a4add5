"""The same answer everywhere: ten thousand facts, in ten workspaces with policies of their own.

The engine decides on all of them in this process; a bundle carries the decisions that another process has made, a
third one gates manifests of all of them by it (`gate sync --bundle`), and a fourth one makes all of them again from
the ledger. A fifth one asks the admission policies that are made of the bundle, in CEL, whether pods of all of them may
be created: by what each environment's list allows, and by what it would allow if everything were promoted that may be,
which is what the engine allows. Beside the 20,000 pods by digest there are 12,000 others, with images in every place
that a pod has for them, tags, expired lists and what is there already.

`check`, `promote --dry-run` and `gate sync` are asked about 1,000 facts each (four releases of forty, at all places),
since a command takes as long as twenty decisions; so is `gate sync --bundle` as a command, about 250. With
LDMRELEASE_SAME_ANSWER=all they are asked about all ten thousand.
"""

import os
from pathlib import Path

import pytest

from tests.same_answer.compare import Comparison

RELEASES, PLACES = 40, 25
SEEDS = range(100, 110)
_ALL = os.environ.get("LDMRELEASE_SAME_ANSWER") == "all"
PLANNED, GATED, BY_BUNDLE = (RELEASES, RELEASES, 3 * RELEASES) if _ALL else (4, 4, 3)
"""Releases that are asked about at all places; and how many questions about a release and a level, of 120."""


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_says_the_same(seed: int, tmp_path: Path) -> None:
    found = Comparison(tmp_path / "fleet", seed, RELEASES, PLACES)
    assert found.facts == RELEASES * PLACES
    assert len(found.verdicts) > 1, found.verdicts
    found.bundle()
    found.gate_by_bundle(BY_BUNDLE)
    found.admission()
    found.plans(PLANNED)
    found.gate(GATED)
    found.replay()
    for each in ("bundle", "gate-bundle", "admission-decided", "admission-exported", "replay"):
        assert found.compared[each] == RELEASES * PLACES, each
    assert found.compared["gate"] == GATED * PLACES
    assert found.compared["gate-bundle-command"] == BY_BUNDLE
    assert found.compared["check"] == found.compared["dry-run"]
    assert min(found.compared.values()) > 0


def test_they_are_ten_thousand() -> None:
    assert len(SEEDS) * RELEASES * PLACES == 10_000
