"""A step that waits for long says so now and then, and an older holder finds out that it was taken over."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ldmrelease.cluster.rollout.rollout_wait import RolledOut, RolloutOverwritten, RolloutTimedOut
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, KubernetesTarget
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads
from ldmrelease.services.progress import HEARTBEAT
from ldmrelease.services.promotions import rollout_steps
from ldmrelease.services.promotions.work import StepFailed, StepPending

IN_GIT = ImageSettingsTarget(GitFile("gitops", "main", "values.yaml"), ())
WORKLOADS = Workloads(ClusterAccess("here"), "ns", (), deadline=2.5 * HEARTBEAT)


class Taken(Exception):
    """What a heartbeat raises where somebody has taken over."""


def work(heartbeat, target=None):
    """As much of a step's work as a wait needs."""
    return SimpleNamespace(
        application=SimpleNamespace(target=target or KubernetesTarget(WORKLOADS)),
        context=SimpleNamespace(clusters=SimpleNamespace(open=lambda _: None)),
        step=SimpleNamespace(place=Place("base", "ocps")),
        progress=lambda _code, _values: None,
        heartbeat=heartbeat,
    )


@pytest.fixture
def answers(monkeypatch):
    """What each wait answers, and how long each was to be."""
    left, spans = [], []

    def wait(_api, some, _wanted, **_more):
        spans.append(some.deadline)
        return left.pop(0)

    monkeypatch.setattr(rollout_steps, "wait_for", wait)
    return SimpleNamespace(left=left, spans=spans)


def test_a_long_rollout_is_waited_for_beat_by_beat_up_to_its_deadline(answers):
    answers.left += [RolloutTimedOut({"code": "not-ready"})] * 3
    heartbeats = []
    found = rollout_steps.rolled_out(work(lambda: heartbeats.append(1)), WORKLOADS, {})
    assert isinstance(found, StepFailed)
    assert answers.spans == [HEARTBEAT, HEARTBEAT, HEARTBEAT / 2]
    assert len(heartbeats) == 2


def test_what_settles_in_the_meantime_is_settled(answers):
    answers.left += [RolloutTimedOut({"code": "not-ready"}), RolledOut(())]
    assert rollout_steps.rolled_out(work(lambda: None), WORKLOADS, {}) == "promoted"


def test_a_tree_that_is_not_synced_yet_is_waited_for_to_the_deadline(answers):
    answers.left += [RolloutOverwritten({"workload": "Deployment/ocps"})] * 3
    found = rollout_steps.rolled_out(
        work(lambda: None, target=IN_GIT),
        WORKLOADS,
        {},
    )
    assert isinstance(found, StepPending)
    assert len(answers.spans) == 3


def test_a_holder_that_was_taken_over_waits_no_longer(answers):
    answers.left += [RolloutTimedOut({"code": "not-ready"})] * 3

    def taken():
        raise Taken

    with pytest.raises(Taken):
        rollout_steps.rolled_out(work(taken), WORKLOADS, {})
    assert answers.spans == [HEARTBEAT]
