"""A step that waits for long says so now and then, and an older holder finds out that it was taken over."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ldmrelease.cluster.rollout.wait import NotWritten, Settled, TimedOut
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads
from ldmrelease.services.progress import BEAT
from ldmrelease.services.promotions import rollout
from ldmrelease.services.promotions.work import Failed, Pending

WORKLOADS = Workloads(ClusterAccess("here"), "ns", (), deadline=2.5 * BEAT)


class Taken(Exception):
    """What a beat raises where somebody has taken over."""


def work(beat, target=None):
    """As much of a step's work as a wait needs."""
    return SimpleNamespace(
        application=SimpleNamespace(target=target or KubernetesTarget(WORKLOADS)),
        bench=SimpleNamespace(clusters=SimpleNamespace(open=lambda _: None)),
        step=SimpleNamespace(place=Place("base", "ocps")),
        progress=lambda _code, _values: None,
        beat=beat,
    )


@pytest.fixture
def answers(monkeypatch):
    """What each wait answers, and how long each was to be."""
    left, spans = [], []

    def wait(_api, some, _wanted, **_more):
        spans.append(some.deadline)
        return left.pop(0)

    monkeypatch.setattr(rollout, "wait_for", wait)
    return SimpleNamespace(left=left, spans=spans)


def test_a_long_rollout_is_waited_for_beat_by_beat_up_to_its_deadline(answers):
    answers.left += [TimedOut({"code": "not-ready"})] * 3
    beats = []
    found = rollout.rolled_out(work(lambda: beats.append(1)), WORKLOADS, {})
    assert isinstance(found, Failed)
    assert answers.spans == [BEAT, BEAT, BEAT / 2]
    assert len(beats) == 2


def test_what_settles_in_the_meantime_is_settled(answers):
    answers.left += [TimedOut({"code": "not-ready"}), Settled(())]
    assert rollout.rolled_out(work(lambda: None), WORKLOADS, {}) == "promoted"


def test_a_tree_that_is_not_synced_yet_is_waited_for_to_the_deadline(answers):
    answers.left += [NotWritten({"workload": "Deployment/ocps"})] * 3
    found = rollout.rolled_out(work(lambda: None, target=object()), WORKLOADS, {})
    assert isinstance(found, Pending)
    assert len(answers.spans) == 3


def test_a_holder_that_was_taken_over_waits_no_longer(answers):
    answers.left += [TimedOut({"code": "not-ready"})] * 3

    def taken():
        raise Taken

    with pytest.raises(Taken):
        rollout.rolled_out(work(taken), WORKLOADS, {})
    assert answers.spans == [BEAT]
