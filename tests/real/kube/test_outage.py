"""The summit's API server is gone, or hangs, for half a minute in the middle of a promotion.

Several promotions at once, each of them at another point when it happens: it goes on by itself, and nothing is
done twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from ldmrelease.services.promotions.commands import Promoted, promote
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster
from tests.real.kube.lanes import start
from tests.real.kube.pair import LEVEL, Pair, PairSite, make_pair
from tests.real.kube.site import SUMMIT
from tests.real.kube.test_kills import (
    assert_nothing_left,
    assert_recorded_once,
    assert_runs,
    assert_written_once,
    marks,
)
from tests.real.test_kills import quiet
from tests.real.test_kills import spec as wish_for
from tests.workspace import WEEKLY

pytestmark = pytest.mark.real

AWAY = 30
"""Seconds."""

POINTS = {
    "its claim": ("before", "POST", "configmaps"),
    "the fetching of images": ("after", "POST", "/pods"),
    "the write": ("before", "PATCH", "/deployments/ocps"),
    "the rollout": ("after", "PATCH", "/deployments/ocps"),
    "the making of the Job": ("before", "POST", "/jobs"),
    "the Job": ("after", "POST", "/jobs"),
}


@dataclass
class Waits:
    """Holds a promotion at a point of the summit's until the server is gone; whoever disturbs it sees `here`."""

    phase: str
    method: str
    ends: str
    namespaces: tuple[str, str]
    folder: Path
    is_summit: bool = False

    def __call__(self, phase: str, what: str) -> None:
        method, _, path = what.partition(" ")
        # Checks have a namespace of the same name in both clusters.
        self.is_summit |= f"/{self.namespaces[0]}/" in path
        mine = self.is_summit and any(f"/namespaces/{each}/" in path for each in self.namespaces)
        if not mine or (phase, method) != (self.phase, self.method) or not path.endswith(self.ends):
            return
        if (self.folder / "here").exists():
            return
        (self.folder / "here").touch()
        while not (self.folder / "gone").exists():
            time.sleep(0.05)


def promote_through(pair: Pair, site: PairSite, waits: Waits, since: dict[str, int]) -> None:
    """One promotion, and whether it came through; if not, it is resumed. Raises what is not as it has to be."""
    context = site.context(waits)
    try:
        answer = promote(context, wish_for(context, LEVEL), quiet)
        assert isinstance(answer, Promoted), answer
        through = answer.outcome.interrupted is None
    except Exception as error:
        (waits.folder / "raised").write_text(repr(error))
        through = False
    context.ledger.close()
    while not (waits.folder / "back").exists():
        time.sleep(0.05)
    (waits.folder / ("through" if through else "interrupted")).touch()
    if not through:
        site.ok("resume", "--all")
    assert "nothing to do" in site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
    assert_recorded_once(site)
    for place, kube in pair.kubes.items():
        assert_runs(pair, site, place, kube)
        assert_nothing_left(pair, place, kube)
        assert_written_once(pair, place, since)


@pytest.fixture
def pairs(cluster: Cluster, disturbable_cluster: Own) -> Iterator[list[Pair]]:
    made = [make_pair(cluster, disturbable_cluster) for _ in POINTS]
    yield made
    for each in made:
        each.down()


Disturbed = Callable[[Own], AbstractContextManager[None]]


@pytest.mark.parametrize("how", [Own.without_api_server, Own.hanging_api_server], ids=["gone", "hanging"])
def test_a_promotion_survives_half_a_minute_without_the_api_server(
    how: Disturbed,
    pairs: list[Pair],
    disturbable_cluster: Own,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lanes = []
    for pair, (phase, method, ends) in zip(pairs, POINTS.values(), strict=True):
        pair.reset()
        folder = tmp_path / pair.own
        site = pair.site(folder / "site")
        waits = Waits(phase, method, ends, (pair.namespace(SUMMIT), pair.checks), folder)
        lanes.append(
            (folder, start(partial(promote_through, pair, site, waits, marks(pair)), folder / "log"))
        )
    folders = [folder for folder, _ in lanes]
    until(lambda: all((each / "here").exists() or (each / "log").exists() for each in folders))
    with how(disturbable_cluster):
        for each in folders:
            (each / "gone").touch()
        time.sleep(AWAY)
    for each in folders:
        (each / "back").touch()
    failures = list(failed(lanes))
    with capsys.disabled():
        ends = {point: end_of(folder) for point, folder in zip(POINTS, folders, strict=True)}
        print(f"\nAPI server away for {AWAY} s: {ends}")
    assert set(ends.values()) == {"through"}, ends
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def end_of(folder: Path) -> str:
    return next((each for each in ("through", "interrupted") if (folder / each).exists()), "lost")


def failed(lanes: list[tuple[Path, int]]) -> Iterator[str]:

    for folder, child in lanes:
        if os.waitpid(child, 0)[1]:
            yield (folder / "log").read_text()


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not everybody came so far"
        time.sleep(0.1)
