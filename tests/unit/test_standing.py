"""What a check is about stands still: which pods there are, and what is no rollout. Clusters are in tests/real/kube."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.cluster.rollout import Armed, Rolling, Verdict
from ldmrelease.cluster.settle import Judged, TimedOut
from ldmrelease.domain.places import Application, KubernetesTarget, Place
from ldmrelease.domain.workloads import ClusterAccess, WorkloadKind, Workloads
from ldmrelease.services import standing
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
