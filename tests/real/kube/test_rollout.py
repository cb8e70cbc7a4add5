"""What runs on a real cluster is judged at its pods: the cases where a workload's own status misleads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.objects.owners import image_owner
from ldmrelease.cluster.objects.workloads import read_workload
from ldmrelease.cluster.rollout.rollout_wait import (
    RolledOut,
    RolloutFailed,
    RolloutOutcome,
    RolloutOverwritten,
    RolloutTimedOut,
    unstick,
    wait_for,
)
from ldmrelease.cluster.rollout.snapshot import snapshot
from ldmrelease.cluster.rollout.status import (
    ActionRequired,
    Healthy,
    ImageMismatch,
    ScaledToZero,
    Scheduled,
    Status,
    Suspended,
)
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object
from tests.real.kube.given import Cluster
from tests.real.kube.images import Pushed, push_image
from tests.real.kube.objects import (
    READY_FILE_PROBE,
    bare_pod,
    container,
    cron_job,
    daemon_set,
    deployment,
    pod_spec,
    ready,
    rolled_out,
    stateful_set,
)

pytestmark = pytest.mark.real

KINDS = WorkloadKind


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    return open_api(ClusterAccess(cluster.context, str(cluster.kubeconfig)))


@pytest.fixture(scope="module")
def old(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "rollout/app", "1", seed="rollout old")


@pytest.fixture(scope="module")
def new(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "rollout/app", "2", seed="rollout new")


@pytest.fixture(scope="module")
def crashing(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "rollout/app", "crash", seed="rollout", script="crash")


@pytest.fixture(scope="module")
def ending(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "rollout/app", "exit", seed="rollout", script="exit")


def identity(image: Pushed) -> frozenset[str]:
    return frozenset({image.index, image.manifest, image.config})


class Application:
    """One workload `app` with the container `main`, in a namespace of its own."""

    def __init__(self, api: Api, kube: Kube, namespace: str, kind: WorkloadKind) -> None:
        self.api, self.kube, self.namespace, self.kind = api, kube, namespace, kind
        self.told: list[tuple[str, dict[str, Any]]] = []

    def workloads(self, *, deadline: int = 60, patience: int = 30) -> Workloads:
        chosen = (Selection(self.kind, {"main": "prompt"}, name="app"),)
        return Workloads(ClusterAccess("unused"), self.namespace, chosen, deadline, patience)

    def verdict(self, image: Pushed) -> Status:
        return snapshot(self.api, self.workloads(), {"prompt": identity(image)}).workloads[0].verdict

    def wait(self, image: Pushed, *, written: bool = True, **limits: int) -> RolloutOutcome:
        wanted = {"prompt": identity(image)}

        def progress(code: str, values: dict[str, Any]) -> None:
            self.told.append((code, values))

        return wait_for(self.api, self.workloads(**limits), wanted, progress=progress, written=written)

    def set_image(self, image: str) -> Object:
        return self.kube.set_image(self.kind, self.namespace, "app", "main", image)

    def until(self, true: Callable[[Object], bool]) -> Object:
        return self.kube.until(self.kind, self.namespace, "app", true)


@pytest.fixture
def application(api: Api, kube: Kube, namespace: str) -> Callable[..., Application]:
    """Creates the workload: `application("Deployment", image, ...)`, with more for its spec."""

    def make(
        kind: WorkloadKind, image: str, *, fields: Mapping[str, Any] | None = None, **more: Any
    ) -> Application:
        spec = pod_spec([container("main", image, **(fields or {}))])
        make_one: dict[WorkloadKind, Callable[..., Object]] = {
            KINDS.DEPLOYMENT: deployment,
            KINDS.STATEFUL_SET: stateful_set,
            KINDS.DAEMON_SET: daemon_set,
            KINDS.CRON_JOB: cron_job,
            KINDS.POD: bare_pod,
        }
        kube.create(make_one[kind](namespace, "app", spec, **more))
        return Application(api, kube, namespace, kind)

    return make


Make = Callable[..., Application]


def test_a_deployment_rolls_out_and_is_told_on_the_way(application: Make, old: Pushed, new: Pushed) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_digest, replicas=2)
    assert isinstance(app.wait(old), RolledOut)
    app.set_image(new.by_digest)
    found = app.wait(new)
    assert isinstance(found, RolledOut)
    assert found.seen[0].verdict == Healthy("healthy", {"ready": 2, "wanted": 2, "waiting_for": []})
    assert app.told[-1][0] == "healthy"
    assert [one for one, other in zip(app.told, app.told[1:], strict=False) if one == other] == []


def test_a_paused_deployment_is_observed_and_ready_and_runs_the_old_image(
    application: Make, old: Pushed, new: Pushed
) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_digest)
    assert isinstance(app.wait(old), RolledOut)
    app.kube.patch("Deployment", app.namespace, "app", {"spec": {"paused": True}})
    generation = app.set_image(new.by_digest)["metadata"]["generation"]
    status = app.until(lambda each: each["status"].get("observedGeneration") == generation)["status"]
    assert status["readyReplicas"] == 1
    assert isinstance(app.verdict(new), Suspended)
    broke = app.wait(new, patience=1)
    assert isinstance(broke, RolloutFailed)
    assert broke.code == "suspended"


@pytest.mark.parametrize("kind", [KINDS.STATEFUL_SET, KINDS.DAEMON_SET])
def test_on_delete_says_which_pods_somebody_must_restart(
    application: Make, old: Pushed, new: Pushed, kind: WorkloadKind
) -> None:
    app = application(kind, old.by_digest, updateStrategy={"type": "OnDelete"})
    assert isinstance(app.wait(old), RolledOut)
    generation = app.set_image(new.by_digest)["metadata"]["generation"]
    app.until(lambda each: each["status"].get("observedGeneration") == generation)
    found = app.verdict(new)
    assert isinstance(found, ActionRequired)
    timed_out = app.wait(new, deadline=1)
    assert isinstance(timed_out, RolloutTimedOut)
    assert timed_out.values["code"] == "on-delete"
    for name in found.values["pods"]:
        app.kube.delete("Pod", app.namespace, name)
    assert isinstance(app.wait(new), RolledOut)


def test_a_bare_pod_changes_in_place_and_is_not_believed_until_its_kubelet_tells(
    application: Make, old: Pushed, new: Pushed
) -> None:
    app = application(KINDS.POD, old.by_digest)
    app.until(ready)
    app.set_image(new.by_digest)
    assert not isinstance(app.verdict(new), Healthy)
    assert isinstance(app.wait(new), RolledOut)
    told = app.kube.get("Pod", app.namespace, "app")["status"]["containerStatuses"][0]
    assert told["imageID"].rpartition("@")[2] in identity(new)


def test_a_stateful_set_without_an_image_is_stuck_until_its_pod_is_deleted(
    application: Make, cluster: Cluster, old: Pushed
) -> None:
    app = application(KINDS.STATEFUL_SET, old.by_digest)
    assert isinstance(app.wait(old), RolledOut)
    missing = f"{old.repository}@sha256:{'0' * 64}"
    app.set_image(missing)
    pushed = Pushed(old.repository, "", f"sha256:{'0' * 64}", "", "")
    broke = app.wait(pushed, patience=2)
    assert isinstance(broke, RolloutFailed)
    assert (broke.code, broke.values["pod"]) == ("image-pull", "app-0")
    app.set_image(old.by_digest)
    stuck = app.wait(old, patience=5)
    assert isinstance(stuck, RolloutFailed)
    assert (stuck.code, stuck.values["trouble"]) == ("stuck", "image-pull")
    assert unstick(app.api, stuck.seen[0].workload) == ("app-0",)
    assert isinstance(app.wait(old), RolledOut)


def test_a_daemon_set_rolls_out(application: Make, old: Pushed, new: Pushed) -> None:
    app = application(KINDS.DAEMON_SET, old.by_digest)
    assert isinstance(app.wait(old), RolledOut)
    app.set_image(new.by_digest)
    assert isinstance(app.wait(new), RolledOut)
    assert isinstance(app.verdict(new), Healthy)


def test_a_cron_job_is_armed_until_a_job_of_the_image_has_ended(application: Make, ending: Pushed) -> None:
    app = application(KINDS.CRON_JOB, ending.by_digest)
    armed = app.wait(ending)
    assert isinstance(armed, RolledOut)
    assert isinstance(armed.seen[0].verdict, Scheduled)
    _run_now(app)
    assert app.verdict(ending).code == "ended"


def _run_now(app: Application) -> None:
    """What `kubectl create job --from=cronjob/app` does, with the controller's own mark."""
    found = app.kube.get("CronJob", app.namespace, "app")
    meta = found["metadata"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": "app",
        "uid": meta["uid"],
        "controller": True,
    }
    app.kube.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "app-1", "namespace": app.namespace, "ownerReferences": [owner]},
            "spec": found["spec"]["jobTemplate"]["spec"],
        }
    )
    app.kube.until("Job", app.namespace, "app-1", lambda job: job.get("status", {}).get("succeeded") == 1)


def test_zero_replicas_are_idle(application: Make, old: Pushed) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_digest, replicas=0)
    found = app.wait(old)
    assert isinstance(found, RolledOut)
    assert isinstance(found.seen[0].verdict, ScaledToZero)


def test_the_same_content_in_another_repository_is_the_same_image(
    application: Make, cluster: Cluster, old: Pushed
) -> None:
    """Its node has the content from the first repository, and its kubelet tells that one."""
    app = application(KINDS.DEPLOYMENT, old.by_digest)
    assert isinstance(app.wait(old), RolledOut)
    copied = push_image(cluster.registry, "rollout/prod", "1", seed="rollout old")
    assert copied.index == old.index
    app.set_image(copied.by_digest)
    assert isinstance(app.wait(copied), RolledOut)
    seen = snapshot(app.api, app.workloads()).workloads[0].containers[0]
    assert seen.named == {copied.by_digest: 1}
    assert seen.running.keys() <= identity(copied)


def test_a_tag_is_judged_by_what_runs(application: Make, old: Pushed, new: Pushed) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_tag)
    app.until(rolled_out)
    assert isinstance(app.verdict(old), Healthy)
    assert app.verdict(new).code == "other-content"


def test_a_crash_is_told_with_its_last_lines(application: Make, crashing: Pushed) -> None:
    # Without a probe it may be ready for the moment before it crashes.
    probe = {"readinessProbe": objects.READY_FILE_PROBE}
    app = application(KINDS.DEPLOYMENT, crashing.by_digest, fields=probe)
    broke = app.wait(crashing, patience=3)
    assert isinstance(broke, RolloutFailed)
    assert (broke.code, broke.values["exit_code"]) == ("crash-loop", 3)
    assert "no such table: visits" in broke.values["log"]


def test_a_pod_that_no_node_takes_is_told_with_the_schedulers_words(application: Make, old: Pushed) -> None:
    much = {"resources": {"requests": {"memory": "900Ti"}}}
    broke = application(KINDS.DEPLOYMENT, old.by_digest, fields=much).wait(old, patience=1)
    assert isinstance(broke, RolloutFailed)
    assert broke.code == "unschedulable"
    assert "Insufficient memory" in broke.values["message"]


@pytest.mark.parametrize("kind", [KINDS.DEPLOYMENT, KINDS.STATEFUL_SET, KINDS.DAEMON_SET])
def test_a_quota_is_told(
    application: Make, kube: Kube, namespace: str, old: Pushed, kind: WorkloadKind
) -> None:
    quota = {"metadata": {"name": "none", "namespace": namespace}, "spec": {"hard": {"pods": "0"}}}
    kube.create({"apiVersion": "v1", "kind": "ResourceQuota"} | quota)
    broke = application(kind, old.by_digest).wait(old, patience=1)
    assert isinstance(broke, RolloutFailed)
    assert broke.code == "not-created"
    assert "exceeded quota" in broke.values["message"]


def test_a_probe_that_fails_is_waited_for_and_told_at_the_deadline(
    application: Make, cluster: Cluster
) -> None:
    slow = push_image(cluster.registry, "rollout/app", "ready", seed="rollout", script="ready")
    app = application(KINDS.DEPLOYMENT, slow.by_digest, fields={"readinessProbe": READY_FILE_PROBE})
    found = app.wait(slow, deadline=6, patience=1)
    assert isinstance(found, RolloutTimedOut)
    assert found.values["code"] == "not-ready"
    assert "Readiness probe failed" in found.values["message"]


def test_a_sync_that_nobody_makes_is_not_written(application: Make, old: Pushed, new: Pushed) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_digest)
    found = app.wait(new, written=False, deadline=2)
    assert isinstance(found, RolloutOverwritten)
    assert found.values["image"] == old.by_digest


def test_somebody_who_sets_another_image_in_the_middle_is_seen_and_named(
    application: Make, old: Pushed, new: Pushed
) -> None:
    app = application(KINDS.DEPLOYMENT, new.by_digest, replicas=2)
    assert isinstance(app.wait(new), RolledOut)
    app.set_image(old.by_digest)
    assert isinstance(app.verdict(new), ImageMismatch)
    found = app.wait(new, patience=1)
    assert isinstance(found, RolloutOverwritten)
    there = read_workload(KINDS.DEPLOYMENT, app.kube.get("Deployment", app.namespace, "app"), {})
    owner = image_owner(there, "main")
    assert owner is not None
    assert owner.manager == "kubectl-set"


@pytest.fixture
def waiting() -> Iterator[Callable[[Callable[[], RolloutOutcome]], Callable[[], RolloutOutcome]]]:
    """Waits in the background; what it returns gives the outcome."""
    threads = []

    def start(wait: Callable[[], RolloutOutcome]) -> Callable[[], RolloutOutcome]:
        found: list[RolloutOutcome] = []
        thread = threading.Thread(target=lambda: found.append(wait()))
        threads.append(thread)
        thread.start()

        def outcome() -> RolloutOutcome:
            thread.join(60)
            return found[0]

        return outcome

    yield start
    for each in threads:
        each.join(60)


def test_a_manual_sync_is_seen_when_it_comes(
    application: Make, waiting: Callable[..., Callable[[], RolloutOutcome]], old: Pushed, new: Pushed
) -> None:
    app = application(KINDS.DEPLOYMENT, old.by_digest)
    outcome = waiting(lambda: app.wait(new, written=False))
    app.until(rolled_out)
    app.set_image(new.by_digest)
    assert isinstance(outcome(), RolledOut)
    assert "other-digest" in [code for code, _ in app.told]
