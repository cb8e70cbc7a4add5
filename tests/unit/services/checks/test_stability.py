"""What a check is about stands still: which pods there are, and what is not a rollout. Clusters: tests/real/kube."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.cluster.rollout.rollout_wait import AssessedWorkload, RolloutTimedOut
from ldmrelease.cluster.rollout.status import Progressing, Scheduled, Status
from ldmrelease.domain.events.evidence import ObservedPod, StableState
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.topology import Application, Check, Place
from ldmrelease.domain.workload_selection import ClusterAccess, WorkloadKind, Workloads
from ldmrelease.services.checks import runs, stability
from tests.unit.cluster.sample_objects import cron_job, read

WORKLOADS = Workloads(ClusterAccess("here"), "ns", ())
APPLICATION = Application(
    Place("base", "ocps"),
    "commissioning",
    (),
    KubernetesTarget(WORKLOADS),
    observe="pods",
    workloads=WORKLOADS,
)
PINNED: Any = SimpleNamespace(digest="sha256:1", release=SimpleNamespace(images=(), product="stack"))
BENCH: Any = SimpleNamespace(clusters=SimpleNamespace(open=lambda _: None, uid=lambda _: "uid"))


@pytest.mark.parametrize(
    ("verdict", "stands"),
    [
        (Scheduled("scheduled", {"suspended": False}), True),
        (Progressing("job-running", {"job": "nightly-1", "waiting_for": []}), True),
        (Progressing("old-pods", {"ready": 1, "wanted": 2, "waiting_for": []}), False),
    ],
)
def test_a_job_that_a_cron_job_has_begun_is_no_rollout(
    verdict: Status, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take an hour, and no check is about it."""
    seen = (AssessedWorkload(read(WorkloadKind.CRON_JOB, cron_job()), verdict),)
    monkeypatch.setattr(stability, "wait_for", lambda *_, **__: RolloutTimedOut({}, seen))
    assert (stability.stable_state(BENCH, APPLICATION, PINNED) is not None) == stands


@pytest.mark.parametrize(
    ("kind", "asked"), [("command", True), ("job", True), ("container", False), ("reported", False)]
)
def test_how_a_place_stands_is_asked_for_what_we_run_there(
    kind: str, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something is rolled out that takes a minute, of which a run that is only registered has nothing."""
    monkeypatch.setattr(runs, "stable_state", lambda *_: StableState("state"))
    where = runs.run_place(BENCH, Check("smoke", kind, ("starts",)), APPLICATION, PINNED)
    assert (where.stable_state is not None) == asked


def pods(*named: tuple[str, int]) -> StableState:
    """Pods by their UID, each with how often its container was started anew."""
    return StableState("state", tuple(ObservedPod(uid, "main", "image", restarts) for uid, restarts in named))


def test_pods_may_come_and_go_and_those_that_stayed_are_named() -> None:
    before, after = pods(("a", 0), ("b", 0)), pods(("b", 0), ("c", 2))
    assert stability.stable_throughout(before, after) == (ObservedPod("b", "main", "image", 0),)
    assert stability.crashed(before, after) is None, "what is new has crashed before it was looked at"
    assert stability.stable_throughout(before, pods(("c", 0))) is None
    assert stability.stable_throughout(before, replace(before, state="another")) is None


def test_a_container_that_was_started_anew_in_between_has_crashed() -> None:
    crash = stability.crashed(pods(("a", 1), ("b", 0)), pods(("a", 2), ("b", 0)))
    assert crash == ObservedPod("a", "main", "image", 2)
    assert stability.crashed(pods(("a", 1)), pods(("a", 1))) is None
    assert stability.crashed(pods(("a", 1)), None) is None
