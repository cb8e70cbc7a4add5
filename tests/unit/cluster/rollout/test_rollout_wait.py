"""How long trouble may last, and what is said at the deadline."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.cluster.rollout.rollout_wait import (
    AssessedWorkload,
    GracePeriods,
    RolledOut,
    RolloutFailed,
    RolloutOverwritten,
    RolloutTimedOut,
    undecided,
)
from ldmrelease.cluster.rollout.status import (
    ActionRequired,
    Degraded,
    Healthy,
    ImageMismatch,
    NodesNotReady,
    Progressing,
    ScaledToZero,
    Scheduled,
    Status,
    Suspended,
)
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.unit.cluster.sample_objects import deployment, meta, read

SICK = Degraded("image-pull", {"pod": "a"})


def judged(verdict: Status, name: str = "prompt") -> AssessedWorkload:
    manifest = deployment() | {"metadata": meta(name)}
    return AssessedWorkload(read(WorkloadKind.DEPLOYMENT, manifest), verdict)


def test_trouble_that_lasts_breaks() -> None:
    patience = GracePeriods(60)
    assert patience.take(100, [judged(SICK)]) is None
    assert patience.due == 160
    assert patience.take(159, [judged(SICK)]) is None
    found = patience.take(160, [judged(SICK)])
    assert isinstance(found, RolloutFailed)
    assert (found.code, found.values["workload"], found.values["pod"]) == (
        "image-pull",
        "Deployment/prompt",
        "a",
    )


def test_trouble_of_another_kind_is_still_trouble() -> None:
    patience = GracePeriods(60)
    patience.take(100, [judged(SICK)])
    found = patience.take(160, [judged(Degraded("crash-loop"))])
    assert isinstance(found, RolloutFailed)
    assert found.code == "crash-loop"


def test_trouble_that_passed_is_forgotten() -> None:
    patience = GracePeriods(60)
    patience.take(100, [judged(SICK)])
    patience.take(130, [judged(Progressing("not-ready"))])
    assert patience.due == math.inf
    patience.take(140, [judged(SICK)])
    assert patience.take(160, [judged(SICK)]) is None


def test_the_trouble_of_one_workload_is_not_lengthened_by_another() -> None:
    patience = GracePeriods(60)
    patience.take(100, [judged(SICK, "a"), judged(Progressing("not-ready"), "b")])
    patience.take(150, [judged(Progressing("not-ready"), "a"), judged(SICK, "b")])
    assert patience.take(170, [judged(Progressing("not-ready"), "a"), judged(SICK, "b")]) is None


def test_a_slow_start_is_waited_for_until_the_deadline() -> None:
    patience = GracePeriods(60)
    for now in range(0, 10_000, 1000):
        assert (
            patience.take(now, [judged(Progressing("not-ready")), judged(ActionRequired("on-delete"), "b")])
            is None
        )


def test_pods_that_their_operator_restarts_are_not_waited_for_once_all_else_is_through() -> None:
    patience = GracePeriods(60)
    held = judged(ActionRequired("on-delete", {"pods": ["b-0"]}), "b")
    assert patience.take(0, [judged(Progressing("not-ready")), held]) is None
    assert patience.take(70, [judged(Progressing("not-ready")), held]) is None
    found = patience.take(80, [judged(Healthy("healthy")), held])
    assert isinstance(found, RolloutFailed)
    assert (found.code, found.values["workload"], found.values["pods"]) == (
        "on-delete",
        "Deployment/b",
        ["b-0"],
    )


def test_a_pause_is_no_wait() -> None:
    patience = GracePeriods(60)
    patience.take(0, [judged(Suspended("suspended"))])
    assert isinstance(patience.take(60, [judged(Suspended("suspended"))]), RolloutFailed)


def test_nodes_may_come_back_within_the_patience() -> None:
    patience = GracePeriods(60)
    lost = judged(NodesNotReady("nodes-not-ready", {"nodes": ["n"]}))
    assert patience.take(0, [lost]) is None
    assert isinstance(patience.take(60, [lost]), RolledOut)


def test_a_sync_that_nobody_makes_is_waited_for_and_an_undone_write_is_not() -> None:
    other = judged(ImageMismatch("other-digest", {"container": "main"}))
    manual, ours = GracePeriods(60), GracePeriods(60, written=True)
    assert (manual.take(0, [other]), ours.take(0, [other])) == (None, None)
    assert manual.take(600, [other]) is None
    assert isinstance(undecided([other]), RolloutOverwritten)
    found = ours.take(60, [other])
    assert isinstance(found, RolloutOverwritten)
    assert found.values["container"] == "main"


def test_at_the_deadline_the_first_that_has_not_settled_is_told() -> None:
    found = undecided([judged(Healthy("healthy"), "a"), judged(Progressing("creating", {"ready": 0}), "b")])
    assert isinstance(found, RolloutTimedOut)
    assert found.values == {"workload": "Deployment/b", "code": "creating", "ready": 0}


settling = st.sampled_from([Healthy("healthy"), ScaledToZero("scaled-to-zero"), Scheduled("scheduled")])
waiting = st.sampled_from(
    [
        Progressing("creating"),
        ActionRequired("on-delete"),
        SICK,
        Suspended("suspended"),
        ImageMismatch("other-digest"),
    ]
)


@given(st.lists(settling, min_size=1), st.lists(waiting, max_size=3))
def test_it_has_settled_when_everything_has(good: list[Status], bad: list[Status]) -> None:
    found = GracePeriods(60).take(0, [judged(each, str(n)) for n, each in enumerate([*good, *bad])])
    assert isinstance(found, RolledOut) == (not bad)
