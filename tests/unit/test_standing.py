"""What a check is about stands still: which pods there are, and what is no rollout. Clusters are in tests/real/kube."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.cluster.settle import Judged, TimedOut
from ldmrelease.cluster.verdict import Armed, Rolling, Verdict
from ldmrelease.domain.acts import Standing
from ldmrelease.domain.places import Application, Check, KubernetesTarget, Place
from ldmrelease.domain.workloads import ClusterAccess, WorkloadKind, Workloads
from ldmrelease.services import check_run, standing
from tests.unit.cluster.objects import cron_job, read

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
        (Armed("armed", {"suspended": False}), True),
        (Rolling("job-running", {"job": "nightly-1", "waiting_for": []}), True),
        (Rolling("old-pods", {"ready": 1, "wanted": 2, "waiting_for": []}), False),
    ],
)
def test_a_job_that_a_cron_job_has_begun_is_no_rollout(
    verdict: Verdict, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take an hour, and no check is about it."""
    seen = (Judged(read(WorkloadKind.CRON_JOB, cron_job()), verdict),)
    monkeypatch.setattr(standing, "wait_for", lambda *_, **__: TimedOut({}, seen))
    assert (standing.standing(BENCH, APPLICATION, PINNED) is not None) == stands


@pytest.mark.parametrize(
    ("kind", "asked"), [("command", True), ("job", True), ("container", False), ("reported", False)]
)
def test_how_a_place_stands_is_asked_for_what_we_run_there(
    kind: str, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something is rolled out that takes a minute, of which a run that is only registered has nothing."""
    monkeypatch.setattr(check_run, "standing", lambda *_: Standing("state"))
    where = check_run.where_of(BENCH, Check("smoke", kind, ("starts",)), APPLICATION, PINNED)
    assert (where.standing is not None) == asked
