"""The promoter's credentials end in the middle of a whole promotion over two clusters.

They really end: the API servers take the tokens no more. Where there is a new one, in a file or from a plugin, it
goes on by itself. Where there is none it stops with `interrupted` (exit 3), says whose credential it was, and
`resume` brings it to its end as soon as somebody has logged in. Nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.workspace.model import FILE as WORKSPACE
from ldmrelease.domain.events import EventKind
from tests.real.faultproxy import Answer, Passage
from tests.real.kube.api import Object
from tests.real.kube.given import Cluster
from tests.real.kube.lanes import in_lanes
from tests.real.kube.pair import LEVEL, PLACES, Pair, PairSite, make_pair, rewrite
from tests.real.kube.passes import Passes, accounts, passes_of
from tests.real.kube.site import BASE, SUMMIT
from tests.real.kube.test_kills import assert_whole, marks
from tests.real.kube.wire import USER, WATCH, Wire, credentials, wires
from tests.workspace import WEEKLY

pytestmark = pytest.mark.real

SAID, SKEW = 20, 10
"""Seconds after which a plugin says that its passes end, and how much sooner we ask for the next."""

FENCE = ("POST", "/configmaps$")
IMAGE = ("PATCH", "/deployments/ocps.*fieldManager=ldmrelease&")
JOB = ("POST", "/jobs$")
FILE, PLUGIN, FORESEEING_PLUGIN = "file", "plugin", "plugin that says when they end"


@dataclass(frozen=True)
class Point:
    """Where the credentials of a place end: before a request gets to the API server, or before its answer is back."""

    place: str
    request: tuple[str, str]
    answered: bool = False


@dataclass(frozen=True)
class Login:
    """How the promoter logs in at a place; its kubeconfig and what belongs to it are in `folder`."""

    passes: Passes
    folder: Path
    by: str

    @property
    def user(self) -> Object:
        """The user of its kubeconfig."""
        if self.by == FILE:
            return {"tokenFile": str(self.folder / "token")}
        return self.passes.plugin(self.folder / "session", SAID if self.by == FORESEEING_PLUGIN else None)

    def log_in(self) -> None:
        """Somebody, or the node's agent, sees to new credentials."""
        (self.folder / "session").touch()
        if self.by == FILE:
            (self.folder / "next").write_text(self.passes.issue())
            (self.folder / "next").replace(self.folder / "token")

    def log_out(self) -> None:
        """There will be no new ones."""
        (self.folder / "session").unlink(missing_ok=True)


@dataclass(frozen=True)
class Stage:
    """A pair with the wires to its clusters and a workspace that goes through them."""

    pair: Pair
    wires: Mapping[str, Wire]
    logins: Mapping[str, Login]
    site: PairSite
    since: dict[str, int]

    def end_at(self, point: Point, then: Callable[[Login], None]) -> None:
        """The credentials end at the point; `then` comes before it goes on."""
        wire, login = self.wires[point.place], self.logins[point.place]

        def fault(passage: Passage) -> Answer:
            answer = passage.forward() if point.answered else None
            until = time.monotonic() + (SAID - SKEW if login.by == FORESEEING_PLUGIN else 0)
            login.passes.end(wire, credentials(passage.request))
            then(login)
            time.sleep(max(0, until - time.monotonic()))
            return answer or passage.forward()

        wire.fail(*point.request, fault, times=1)

    def end_while_watched(self, place: str, after: tuple[str, str]) -> None:
        """The credentials end for good once this request is answered and what comes of it is to be watched."""
        wire, login = self.wires[place], self.logins[place]

        def fault(passage: Passage) -> Answer:
            answer = passage.forward()
            login.log_out()
            wire.fail("GET", WATCH, held)
            return answer

        def held(passage: Passage) -> Answer:
            login.passes.end(wire, credentials(passage.request))
            return passage.forward()

        wire.fail(*after, fault, times=1)


def staged(pair: Pair, folder: Path, by: str, act: Callable[[Stage], None]) -> None:
    pair.reset(settled=False)
    with wires(pair.clusters, folder) as between:
        logins = {
            place: Login(passes_of(pair, place), folder / place.replace("/", "-"), by) for place in PLACES
        }
        for each in logins.values():
            each.log_in()
        site = pair.site(folder / "site", access=lambda place, _: between[place].access(logins[place].user))
        act(Stage(pair, between, logins, site, marks(pair)))


@pytest.fixture(scope="module")
def pairs(cluster: Cluster, second_cluster: Cluster) -> Iterator[list[Pair]]:
    made = [make_pair(cluster, second_cluster) for _ in LANES]
    try:
        with accounts(made):
            yield made
    finally:
        for each in made:
            each.down()


def goes_on(points: Sequence[Point], stage: Stage) -> None:
    """It goes on with new credentials; the old ones are sent no more where it is known that they ended."""
    for point in points:
        stage.end_at(point, Login.log_in)
    stage.site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
    assert_whole(stage.pair, stage.site, stage.since)
    for point in points:
        # A file that changed tells, and a plugin that says when.
        is_told = point.answered and stage.logins[point.place].by != PLUGIN
        assert bool(stage.wires[point.place].answered(401)) != is_told, point


def stops_before_the_write(stage: Stage) -> None:
    stage.end_at(Point(SUMMIT, IMAGE), Login.log_out)
    stops(stage, SUMMIT)
    found = stage.pair.kubes[SUMMIT].get("Deployment", stage.pair.namespace(SUMMIT), "ocps")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == stage.pair.before
    is_resumed(stage, SUMMIT)


def stops_while_it_rolls_out(stage: Stage) -> None:
    stage.end_while_watched(SUMMIT, IMAGE)
    watched_for(stage.site, rollout="20s")
    stops(stage, SUMMIT)
    watched_for(stage.site)
    is_resumed(stage, SUMMIT)


def stops_while_a_check_runs(stage: Stage) -> None:
    stage.end_while_watched(BASE, JOB)
    watched_for(stage.site, check="30s")
    stops(stage, BASE)
    is_resumed(stage, BASE)


def watched_for(site: PairSite, rollout: str = "2m", check: str = "2m") -> None:
    """So long what is watched is tried again: a rollout at the summit, and a check anywhere."""

    def change(file: dict[str, Any]) -> None:
        file["environments"]["summit"]["applications"]["ocps"]["workloads"]["deadline"] = rollout
        file["checks"]["smoke"]["deadline"] = check

    rewrite(site.root / WORKSPACE, change)


def stops(stage: Stage, place: str) -> None:
    """It is interrupted, in words that tell whose credential it was; nothing is recorded as failed or ended."""
    done = stage.site.run("promote", WEEKLY, "--target", LEVEL, "--yes")
    told = done.stdout + done.stderr
    assert done.exit_code == ExitCode.UNDECIDED, told
    assert f"credential of user '{USER}' of {stage.wires[place].kubeconfig}" in told
    assert "interrupted" in told
    for kind in (EventKind.STEP_FAILED, EventKind.HALTING, EventKind.ENDED):
        assert stage.site.events(kind) == [], kind


def is_resumed(stage: Stage, place: str) -> None:
    """As long as nobody has logged in it stops again; then it comes to its end."""
    again = stage.site.run("resume", "--all")
    assert again.exit_code == ExitCode.UNDECIDED, again.output
    stage.wires[place].heal()
    stage.logins[place].log_in()
    stage.site.ok("resume", "--all")
    assert "nothing to do" in stage.site.ok("promote", WEEKLY, "--target", LEVEL, "--yes")
    assert_whole(stage.pair, stage.site, stage.since)


LANES: Sequence[tuple[str, Callable[[Stage], None]]] = (
    (FILE, partial(goes_on, [Point(BASE, IMAGE), Point(SUMMIT, JOB, answered=True)])),
    (PLUGIN, partial(goes_on, [Point(BASE, FENCE), Point(SUMMIT, IMAGE, answered=True)])),
    (
        FORESEEING_PLUGIN,
        partial(goes_on, [Point(BASE, JOB, answered=True), Point(SUMMIT, FENCE, answered=True)]),
    ),
    (PLUGIN, stops_before_the_write),
    (FILE, stops_while_it_rolls_out),
    (PLUGIN, stops_while_a_check_runs),
)


def test_credentials_end_in_the_middle(pairs: list[Pair], tmp_path: Path) -> None:
    lanes = [
        partial(staged, pair, tmp_path / pair.own, by, act)
        for pair, (by, act) in zip(pairs, LANES, strict=True)
    ]
    failures = in_lanes(lanes, tmp_path)
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)
