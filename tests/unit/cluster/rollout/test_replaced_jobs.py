"""A Job that is replaced is followed to the one in its place, and to that one's pods."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.objects.jobs import successor, without_replaced
from ldmrelease.cluster.rollout.rollout_wait import RolledOut, RolloutFailed, wait_for
from ldmrelease.cluster.rollout.snapshot import snapshot
from ldmrelease.cluster.rollout.status import Healthy
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from tests.unit.cluster.fake_server import Answer, FakeServer, Watch, event, listing, status
from tests.unit.cluster.sample_objects import IDENTITY, NEW_IMAGE, OLD_IMAGE, Object, job, pod, scaled_job

BASE = "/apis/batch/v1/namespaces/ns/jobs"
PODS, EVENTS = "/api/v1/namespaces/ns/pods", "/api/v1/namespaces/ns/events"
SCALED = "/apis/keda.sh/v1alpha1/namespaces/ns/scaledjobs"
EARLY, LATE = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"
WANTED = {"prompt": IDENTITY}


def free(name: str, image: str = NEW_IMAGE, *, uid: str | None = None, **more: Any) -> Object:
    """A Job without a controller, with the labels of its application."""
    made = job(name, image, **more)
    del made["metadata"]["ownerReferences"]
    made["metadata"]["labels"] = {"app": "dome", "batch.kubernetes.io/job-name": name}
    made["metadata"]["uid"] = uid or f"uid-{name}"
    return made


def pod_of(uid: str, image: str = NEW_IMAGE, **more: Any) -> Object:
    made = pod(f"{uid}-p", image, by=("Job", "any"), **more)
    made["metadata"]["ownerReferences"][0]["uid"] = uid
    return made


def selected(seconds: float = 20, **choice: str) -> Workloads:
    kind = WorkloadKind(choice.pop("kind", "Job"))
    chosen = Selection(kind, {"main": "prompt"}, **choice)
    return Workloads(ClusterAccess("base"), "ns", (chosen,), deadline=seconds, patience=1)


def serve(server: FakeServer, *pods: Object, at: str = BASE) -> None:
    """Everything is there, and nothing of it changes, but for what a test answers otherwise."""
    server.on(f"GET {PODS}", listing(*pods))
    for path in (PODS, EVENTS, at):
        server.on(f"WATCH {path}", Watch([], then="goes on"))
    server.on(f"GET {EVENTS}", listing())
    server.on("GET /api/v1/namespaces/ns", Answer(body={"metadata": {"name": "ns"}}))


def wait(api: Api, workloads: Workloads) -> Any:
    return wait_for(api, workloads, WANTED, progress=lambda *_: None)


def test_a_job_that_is_made_anew_under_its_name_is_followed_to_its_pod(server: FakeServer, api: Api) -> None:
    old, new = free("dome", OLD_IMAGE, created=EARLY), free("dome", uid="uid-2", created=LATE)
    serve(server, pod_of("uid-2"))
    server.on(f"GET {BASE}/dome", Answer(body=old), Answer(body=new))
    server.on(f"GET {BASE}", listing(old))
    changes = [event("DELETED", old), event("ADDED", new)]
    server.on(f"WATCH {BASE}", Watch(changes, then="goes on"))
    done = wait(api, selected(name="dome"))
    assert isinstance(done, RolledOut)
    assert [each.workload.uid for each in done.seen] == ["uid-2"]


@pytest.mark.parametrize("choice", [{"labels": "app=dome"}, {"name": "dome-1"}])
def test_a_job_of_another_name_takes_its_place(server: FakeServer, api: Api, choice: dict[str, str]) -> None:
    old, new = free("dome-1", OLD_IMAGE, created=EARLY), free("dome-2", created=LATE)
    serve(server, pod_of("uid-dome-2"))
    server.on(f"GET {BASE}/dome-1", Answer(body=old), status(404))
    server.on(f"GET {BASE}", listing(old), listing(old), listing(new))
    server.on(f"WATCH {BASE}", Watch([event("DELETED", old), event("ADDED", new)], then="goes on"))
    done = wait(api, selected(**choice))
    assert isinstance(done, RolledOut)
    assert [each.workload.name for each in done.seen] == ["dome-2"]


def test_a_job_that_is_not_there_yet_is_waited_for(server: FakeServer, api: Api) -> None:
    new = free("dome")
    serve(server, pod_of("uid-dome"))
    server.on(f"GET {BASE}/dome", status(404), status(404), Answer(body=new))
    server.on(f"GET {BASE}", listing(), listing(), listing(), listing(new))
    server.on(f"WATCH {BASE}", Watch([event("ADDED", new)], then="goes on"))
    assert isinstance(wait(api, selected(name="dome")), RolledOut)


def test_one_that_never_comes_is_absent_at_the_deadline(server: FakeServer, api: Api) -> None:
    serve(server)
    server.on(f"GET {BASE}/dome", status(404))
    server.on(f"GET {BASE}", listing())
    done = wait(api, selected(seconds=0.3, name="dome"))
    assert isinstance(done, RolloutFailed)
    assert done.code == "workload-absent"


def test_the_old_one_counts_as_long_as_it_is_at_work() -> None:
    old, new = free("dome-1", OLD_IMAGE, created=EARLY), free("dome-2", created=LATE)
    other = free("mount")
    other["metadata"]["labels"] = {"app": "mount"}
    assert without_replaced([old, new, other]) == [old, new, other]
    over = free("dome-1", OLD_IMAGE, created=EARLY, ended="Complete")
    assert without_replaced([over, new, other]) == [new, other]
    old["metadata"]["deletionTimestamp"] = LATE
    assert without_replaced([old, new]) == [new]
    assert without_replaced([over]) == [over]


def test_who_has_neither_labels_nor_a_controller_has_no_successor() -> None:
    old, new = free("a", created=EARLY), free("b", created=LATE)
    assert successor(old, [new]) is new
    assert successor(new, [old]) is None
    for each in (old, new):
        each["metadata"]["labels"] = {}
    assert successor(old, [new]) is None


def test_a_snapshot_has_the_pods_of_the_jobs_of_a_scaled_job(server: FakeServer, api: Api) -> None:
    made = job("scaled-1")
    serve(server, pod_of("uid-scaled-1"), at=SCALED)
    server.on(f"GET {SCALED}/prompt", Answer(body=scaled_job()))
    server.on(f"GET {BASE}", listing(made))
    found = snapshot(api, selected(kind="ScaledJob", name="prompt"), WANTED)
    assert [type(each.verdict) for each in found.workloads] == [Healthy]
    (container,) = found.workloads[0].containers
    assert (container.image, sum(each.ready for each in container.running.values())) == (NEW_IMAGE, 1)


def test_a_cluster_without_keda_says_so(server: FakeServer, api: Api) -> None:
    found = snapshot(api, selected(kind="ScaledJob", name="prompt"))
    assert [each.code for each in found.problems] == ["kind-absent"]
