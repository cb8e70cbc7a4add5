"""What a workload runs is judged at its pods, by image identity, whatever its status counts."""

from __future__ import annotations

import pytest

from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.status import (
    ActionRequired,
    Degraded,
    Healthy,
    ImageMismatch,
    NodesNotReady,
    Progressing,
    ScaledToZero,
    Status,
    Suspended,
)
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.unit.cluster.sample_objects import (
    CONFIG,
    IDENTITY,
    INDEX,
    MANIFEST,
    NEW_IMAGE,
    OLD,
    OLD_IMAGE,
    WANTED,
    Object,
    bare,
    controller_revision,
    daemon_set,
    deployment,
    event,
    node,
    of_deployment,
    old_pod,
    pod,
    read,
    replica_set,
    stateful_set,
    status_of,
    template,
    waiting,
)

IN_SET = ("StatefulSet", "prompt")
IN_DAEMON = ("DaemonSet", "prompt")


def judged(manifest: Object, related: Related, kind: WorkloadKind = WorkloadKind.DEPLOYMENT) -> Status:
    return assess(read(kind, manifest), related, WANTED)


def judged_set(manifest: Object, *pods: Object) -> Status:
    return judged(manifest, Related(pods=pods), WorkloadKind.STATEFUL_SET)


def judged_daemon(manifest: Object, *pods: Object, nodes: tuple[Object, ...] = ()) -> Status:
    revisions = (controller_revision("old", OLD_IMAGE, 1), controller_revision("new", NEW_IMAGE, 2))
    return judged(manifest, Related(pods=pods, revisions=revisions, nodes=nodes), WorkloadKind.DAEMON_SET)


def judged_pod(manifest: Object) -> Status:
    return judged(bare(manifest), Related(), WorkloadKind.POD)


# Deployments


def test_all_new_pods_ready_is_ran() -> None:
    found = judged(deployment(), of_deployment(pod("a"), pod("b")))
    assert found == Healthy("healthy", {"ready": 2, "wanted": 2, "waiting_for": []})


@pytest.mark.parametrize(
    "running",
    [
        f"docker-pullable://registry.lsst.org/prod@{INDEX}",
        f"other.registry:5000/app@{MANIFEST}",
        CONFIG,
    ],
)
def test_any_name_of_the_image_in_any_repository_counts(running: str) -> None:
    found = judged(deployment(replicas=1), of_deployment(pod("a", running=running)))
    assert isinstance(found, Healthy)


def test_a_surge_pod_is_no_obstacle_and_must_be_right_too() -> None:
    assert isinstance(judged(deployment(), of_deployment(pod("a"), pod("b"), pod("c"))), Healthy)
    odd = pod("c", running=f"x@{OLD}")
    assert isinstance(judged(deployment(), of_deployment(pod("a"), pod("b"), odd)), Progressing)


def test_a_paused_deployment_is_observed_and_ready_and_runs_the_old_image() -> None:
    related = Related(pods=(old_pod("a"), old_pod("b")), replica_sets=(replica_set("old", OLD_IMAGE, 3),))
    found = judged(deployment(paused=True), related)
    assert isinstance(found, Suspended)
    assert found.values["waiting_for"] == ["a", "b"]


def test_a_paused_deployment_that_has_rolled_out_before_runs_it() -> None:
    assert isinstance(judged(deployment(paused=True), of_deployment(pod("a"), pod("b"))), Healthy)


def test_a_generation_that_is_not_observed_is_not_judged_by_its_pods() -> None:
    found = judged(deployment(observed=3), of_deployment(pod("a"), pod("b")))
    assert found.code == "not-observed"


def test_a_replica_set_that_is_not_made_yet_leaves_old_pods() -> None:
    related = Related(pods=(old_pod("a"), old_pod("b")), replica_sets=(replica_set("old", OLD_IMAGE, 3),))
    assert isinstance(judged(deployment(), related), Progressing)


def test_old_pods_beside_enough_new_ones_are_waited_for() -> None:
    found = judged(deployment(), of_deployment(pod("a"), pod("b"), old_pod("z")))
    assert (found.code, found.values["waiting_for"]) == ("old-pods", ["z"])


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_ended_and_leaving_pods_do_not_count(phase: str) -> None:
    leaving = old_pod("z")
    leaving["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z"
    evicted = old_pod("y", phase=phase)
    assert isinstance(judged(deployment(), of_deployment(pod("a"), pod("b"), leaving, evicted)), Healthy)
    assert judged(deployment(), of_deployment(pod("a"), leaving)).code == "creating"


def test_pods_that_have_not_been_ready_long_enough_are_waited_for() -> None:
    manifest = deployment(minReadySeconds=30)
    manifest["status"]["availableReplicas"] = 1
    assert judged(manifest, of_deployment(pod("a"), pod("b"))).code == "min-ready"
    manifest["status"]["availableReplicas"] = 2
    assert isinstance(judged(manifest, of_deployment(pod("a"), pod("b"))), Healthy)


def test_the_pods_of_another_workload_do_not_count() -> None:
    foreign = pod("b", by=("ReplicaSet", "elsewhere"))
    assert judged(deployment(), of_deployment(pod("a"), foreign)).code == "creating"


def test_zero_replicas_are_idle_and_never_ran() -> None:
    manifest = deployment(replicas=0)
    assert isinstance(judged(manifest, of_deployment()), ScaledToZero)
    assert judged(manifest, of_deployment(old_pod("a"))).code == "old-pods"


def test_a_specification_with_another_image_is_unwritten() -> None:
    found = judged(deployment(OLD_IMAGE), of_deployment(pod("a"), pod("b")))
    assert found == ImageMismatch("other-digest", {"container": "main", "image": OLD_IMAGE})


def test_a_container_that_is_not_there_is_named() -> None:
    found = assess(read(WorkloadKind.DEPLOYMENT, deployment()), of_deployment(), {"side": IDENTITY})
    assert found == ImageMismatch("no-container", {"container": "side", "there": ["main"]})


def by_tag(running: str) -> Status:
    image = "registry.lsst.org/prod:w_2026_45"
    related = Related(pods=(pod("a", image, running),), replica_sets=(replica_set("new", image, 4),))
    return judged(deployment(image, replicas=1), related)


def test_an_image_by_tag_is_judged_by_what_runs() -> None:
    assert isinstance(by_tag(f"x@{MANIFEST}"), Healthy)
    assert by_tag(f"x@{OLD}") == ImageMismatch(
        "other-content", {"container": "main", "image": "registry.lsst.org/prod:w_2026_45", "running": OLD}
    )


def test_an_image_by_tag_and_digest_is_judged_by_its_digest() -> None:
    image = f"registry.lsst.org/prod:w_2026_45@{OLD}"
    assert judged(deployment(image), of_deployment()).code == "other-digest"


def test_where_the_digests_are_not_known_the_specification_alone_decides() -> None:
    workload = read(WorkloadKind.DEPLOYMENT, deployment())
    related = of_deployment(pod("a", running=f"x@{OLD}"), pod("b"))
    assert isinstance(assess(workload, related, {"main": None}), Healthy)
    assert isinstance(assess(workload, related, WANTED), Progressing)


@pytest.mark.parametrize("where", ["containers", "initContainers"])
def test_a_sidecar_with_the_old_image_is_seen(where: str) -> None:
    manifest, one = deployment(replicas=1), pod("a")
    side = {"name": "side", "image": NEW_IMAGE}
    sets = replica_set("new", NEW_IMAGE, 4)
    for spec in (manifest["spec"]["template"]["spec"], one["spec"], sets["spec"]["template"]["spec"]):
        spec[where] = [*spec.get(where, ()), side]
    kind = "containerStatuses" if where == "containers" else "initContainerStatuses"
    told = one["status"].setdefault(kind, [])
    told.append(status_of("side", f"x@{OLD}"))
    workload, related = read(WorkloadKind.DEPLOYMENT, manifest), Related(pods=(one,), replica_sets=(sets,))
    wanted = {"main": IDENTITY, "side": IDENTITY}
    found = assess(workload, related, wanted)
    assert (found.code, found.values["container"]) == ("other-image", "side")
    told[-1]["imageID"] = f"x@{CONFIG}"
    assert isinstance(assess(workload, related, wanted), Healthy)


def test_an_image_volume_is_judged_by_its_reference() -> None:
    def verdict(reference: str) -> Status:
        manifest, one, sets = deployment(replicas=1), pod("a"), replica_set("new", NEW_IMAGE, 4)
        for spec in (manifest["spec"]["template"]["spec"], one["spec"], sets["spec"]["template"]["spec"]):
            spec["volumes"] = [
                {"name": "cache", "emptyDir": {}},
                {"name": "data", "image": {"reference": reference}},
            ]
        related = Related(pods=(one,), replica_sets=(sets,))
        return assess(read(WorkloadKind.DEPLOYMENT, manifest), related, WANTED | {"volume/data": IDENTITY})

    assert isinstance(verdict(f"registry.lsst.org/calib@{INDEX}"), Healthy)
    assert verdict(f"registry.lsst.org/calib@{OLD}").code == "other-digest"
    # Nobody tells what is mounted from a tag.
    assert verdict("registry.lsst.org/calib:1").code == "other-digest"


def test_a_quota_is_the_trouble_of_the_newest_replica_set() -> None:
    sets = (replica_set("new", NEW_IMAGE, 4, failure="exceeded quota: pods=1"),)
    found = judged(deployment(), Related(pods=(pod("a"),), replica_sets=sets))
    assert isinstance(found, Degraded)
    assert (found.code, found.values["message"]) == ("not-created", "exceeded quota: pods=1")


def test_a_deployment_that_was_given_up_says_so() -> None:
    manifest = deployment()
    manifest["status"]["conditions"] = [
        {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "m"}
    ]
    found = judged(manifest, of_deployment(pod("a", ready=False, phase="Pending"), pod("b")))
    assert isinstance(found, Degraded)
    assert found.code == "progress-deadline"


def test_a_pod_in_trouble_comes_before_what_is_told_of_the_deployment() -> None:
    sick = pod("a", ready=False, phase="Pending", container=waiting("ImagePullBackOff", "not found"))
    found = judged(deployment(), of_deployment(sick, pod("b")))
    assert isinstance(found, Degraded)
    assert (found.code, found.values["pod"], found.values["ready"]) == ("image-pull", "a", 1)


def test_an_old_pod_in_trouble_is_none_of_a_deployment_that_moves_on() -> None:
    sick = old_pod("z", ready=False, container=waiting("CrashLoopBackOff", restarts=3))
    assert judged(deployment(), of_deployment(pod("a"), pod("b", ready=False), sick)).code == "not-ready"


# StatefulSets


def test_a_stateful_set_runs_by_its_update_revision() -> None:
    pods = [pod(f"prompt-{n}", by=IN_SET, hash_="new") for n in range(2)]
    assert isinstance(judged_set(stateful_set(), *pods), Healthy)


def test_an_on_delete_stateful_set_says_which_pods_somebody_must_restart() -> None:
    old = [old_pod(f"prompt-{n}", by=IN_SET, hash_="old") for n in range(2)]
    found = judged_set(stateful_set(type="OnDelete"), *old)
    assert isinstance(found, ActionRequired)
    assert (found.code, found.values["pods"]) == ("on-delete", ["prompt-0", "prompt-1"])


def test_a_partition_holds_the_pods_below_it() -> None:
    pods = (old_pod("prompt-0", by=IN_SET, hash_="old"), pod("prompt-1", by=IN_SET, hash_="new"))
    found = judged_set(stateful_set(rollingUpdate={"partition": 1}), *pods)
    assert isinstance(found, ActionRequired)
    assert (found.code, found.values["pods"]) == ("partition", ["prompt-0"])
    assert judged_set(stateful_set(), *pods).code == "old-pods"


def test_a_stateful_set_waits_for_ever_for_an_old_pod_without_an_image() -> None:
    stuck = old_pod("prompt-1", by=IN_SET, hash_="bad", ready=False, container=waiting("ImagePullBackOff"))
    found = judged_set(stateful_set(), pod("prompt-0", by=IN_SET, hash_="new"), stuck)
    assert isinstance(found, Degraded)
    assert (found.code, found.values["trouble"], found.values["pod"]) == ("stuck", "image-pull", "prompt-1")


# DaemonSets


def test_a_daemon_set_runs_by_its_newest_controller_revision() -> None:
    new = [pod(f"d{n}", by=IN_DAEMON, hash_="new") for n in range(2)]
    assert isinstance(judged_daemon(daemon_set(), *new), Healthy)
    old = old_pod("d9", by=IN_DAEMON, hash_="old")
    assert judged_daemon(daemon_set(), new[0], old).code == "old-pods"
    assert isinstance(judged_daemon(daemon_set(strategy="OnDelete"), new[0], old), ActionRequired)


def test_the_nodes_that_are_not_ready_are_named() -> None:
    there = pod("d1", by=IN_DAEMON, hash_="new", node="node-1")
    lost = old_pod("d2", by=IN_DAEMON, hash_="old", node="node-2", ready=False)
    nodes = (node("node-1", ready=True), node("node-2", ready=False))
    found = judged_daemon(daemon_set(), there, lost, nodes=nodes)
    assert isinstance(found, NodesNotReady)
    assert (found.values["nodes"], found.values["ready"], found.values["wanted"]) == (["node-2"], 1, 1)


def deleted(pod: Object) -> Object:
    return pod | {"metadata": pod["metadata"] | {"deletionTimestamp": "2026-11-01T00:00:00Z"}}


NODES = (node("node-1", ready=True), node("node-2", ready=False), node("node-3", ready=True))


def test_a_node_whose_pod_is_deleted_and_does_not_end_is_named() -> None:
    there = pod("d1", by=IN_DAEMON, hash_="new", node="node-1")
    lost = deleted(old_pod("d2", by=IN_DAEMON, hash_="old", node="node-2", ready=False))
    found = judged_daemon(daemon_set(desired=1, misplaced=1), there, lost, nodes=NODES)
    assert isinstance(found, NodesNotReady)
    assert (found.values["nodes"], found.values["ready"], found.values["wanted"]) == (["node-2"], 1, 1)


def test_a_daemon_set_that_waits_for_a_lost_node_names_it() -> None:
    """It replaces one pod at a time, and the one on the lost node is never gone."""
    there = old_pod("d1", by=IN_DAEMON, hash_="old", node="node-1")
    lost = deleted(old_pod("d2", by=IN_DAEMON, hash_="old", node="node-2", ready=False))
    found = judged_daemon(daemon_set(desired=1, misplaced=1), there, lost, nodes=NODES)
    assert isinstance(found, Progressing)
    assert (found.code, found.values["nodes"], found.values["waiting_for"]) == (
        "nodes-not-ready",
        ["node-2"],
        ["d1"],
    )


def test_a_lost_node_that_its_controller_does_not_count_is_not_left_out_twice() -> None:
    """Two nodes are ready; one's pod is being replaced, so that one new pod is not all."""
    there = pod("d1", by=IN_DAEMON, hash_="new", node="node-1")
    lost = pod("d2", by=IN_DAEMON, hash_="new", node="node-2", ready=False)
    found = judged_daemon(daemon_set(desired=2, misplaced=1), there, lost, nodes=NODES)
    assert isinstance(found, Progressing)
    assert (found.values["ready"], found.values["wanted"]) == (1, 2)


@pytest.mark.parametrize(("desired", "misplaced"), [(1, 0), (0, 1)])
def test_a_daemon_set_on_lost_nodes_alone_does_not_run(desired: int, misplaced: int) -> None:
    lost = pod("d2", by=IN_DAEMON, hash_="new", node="node-2", ready=False)
    daemons = daemon_set(desired=desired, misplaced=misplaced)
    for each in (lost, deleted(lost)):
        found = judged_daemon(daemons, each, nodes=(node("node-2", ready=False),))
        assert isinstance(found, Progressing)
        assert found.values["nodes"] == ["node-2"]


def test_a_daemon_set_for_no_node_is_idle() -> None:
    assert isinstance(judged_daemon(daemon_set(desired=0)), ScaledToZero)


# Bare pods


def test_a_bare_pod_is_ready_with_its_old_image_for_seconds() -> None:
    found = judged_pod(pod("prompt", NEW_IMAGE, running=f"x@{OLD}"))
    assert found.code == "other-image"
    assert isinstance(judged_pod(pod("prompt")), Healthy)


def test_a_bare_pod_whose_kubelet_has_not_seen_the_change_is_waited_for() -> None:
    manifest = pod("prompt", observedGeneration=1)
    manifest["metadata"]["generation"] = 2
    assert judged_pod(manifest).code == "not-observed"


def test_an_ended_bare_pod_does_not_run() -> None:
    assert isinstance(judged_pod(pod("prompt", phase="Succeeded", ready=False)), ScaledToZero)
    failed = judged_pod(pod("prompt", phase="Failed", ready=False, reason="Evicted", message="disk"))
    assert isinstance(failed, Degraded)
    assert (failed.code, failed.values["reason"]) == ("failed", "Evicted")


# What is over, and what is not made yet


def test_events_that_are_over_are_no_trouble() -> None:
    refused = event("prompt", "FailedCreate", "exceeded quota", "2026-10-31T23:00:00Z")
    related = Related(pods=(pod("prompt-0", by=IN_SET, hash_="new"),), events=(refused,))
    assert judged(stateful_set(), related, WorkloadKind.STATEFUL_SET).code == "creating"
    later = event("prompt", "FailedCreate", "exceeded quota")
    related = Related(pods=related.pods, events=(refused, later))
    assert judged(stateful_set(), related, WorkloadKind.STATEFUL_SET).code == "not-created"


def test_a_template_without_its_own_controller_revision_is_not_rolled_out() -> None:
    manifest = daemon_set()
    manifest["spec"]["template"] = template({"main": f"new@{CONFIG}"})
    pods = [pod(f"d{n}", by=IN_DAEMON, hash_="new") for n in range(2)]
    assert isinstance(judged_daemon(manifest, *pods), Progressing)
