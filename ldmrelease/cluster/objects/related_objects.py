"""What is read around workloads to judge them: their pods, and what their controllers made and said.

Only what is looked at is kept of each object: ten thousands of pods are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Forbidden
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched
from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.domain.workload_selection import WorkloadKind

_MADE_BY: Mapping[WorkloadKind, str] = {
    WorkloadKind.DEPLOYMENT: "ReplicaSet",
    WorkloadKind.DAEMON_SET: "ControllerRevision",
    WorkloadKind.CRON_JOB: "Job",
    WorkloadKind.SCALED_JOB: "Job",
}
_CONTAINER_LISTS = ("containers", "initContainers", "volumes")


def read_related(namespace: str, kinds: Iterable[WorkloadKind]) -> dict[str, Watched]:
    """The collections to read for workloads of these kinds, by kind.

    Events and nodes only explain: who may not read them does without.
    """
    wanted = sorted(set(kinds))
    helpers = sorted({_MADE_BY[kind] for kind in wanted if kind in _MADE_BY})
    found = {kind: Watched(path_of(kind, namespace), keep=lean) for kind in helpers}
    found["Pod"] = Watched(path_of("Pod", namespace), keep=lean_pod)
    found["Event"] = Watched(
        path_of("Event", namespace), fields="type=Warning", keep=_lean_event, optional=True
    )
    if WorkloadKind.DAEMON_SET in wanted:
        found["Node"] = Watched(path_of("Node"), keep=_lean_node, optional=True)
    return found


def related(collections: Mapping[str, Iterable[KubernetesObject]]) -> Related:
    """The objects of the collections of `around`, by kind."""
    found = {kind: tuple(items) for kind, items in collections.items()}
    return Related(
        pods=found.get("Pod", ()),
        replica_sets=found.get("ReplicaSet", ()),
        revisions=found.get("ControllerRevision", ()),
        jobs=found.get("Job", ()),
        events=found.get("Event", ()),
        nodes=found.get("Node", ()),
    )


def listed(api: Api, requests: Mapping[str, Watched]) -> Related:
    """What the collections hold now."""
    return related({kind: _items(api, each) for kind, each in requests.items()})


def _items(api: Api, request: Watched) -> Iterable[KubernetesObject]:
    try:
        return api.list(request.path, labels=request.labels, fields=request.fields, keep=request.keep).items
    except Forbidden:
        if request.optional:
            return ()
        raise


def lean(manifest: KubernetesObject) -> KubernetesObject:
    """An object without what only its writers read, the largest part of many."""
    meta = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    return {**manifest, "metadata": meta}


def lean_pod(pod: KubernetesObject) -> KubernetesObject:
    """What is judged of a pod: its containers' images and its state."""
    spec = pod.get("spec") or {}
    images = {key: [_lean_container(each) for each in spec.get(key) or ()] for key in _CONTAINER_LISTS}
    meta = {
        key: value
        for key, value in pod["metadata"].items()
        if key in ("name", "namespace", "uid", "labels", "ownerReferences", "generation")
        or key.endswith("Timestamp")
        or key == "resourceVersion"
    }
    return {
        "metadata": meta,
        "spec": {"nodeName": spec.get("nodeName"), **images},
        "status": pod.get("status") or {},
    }


def _lean_container(container: KubernetesObject) -> KubernetesObject:
    return {key: value for key, value in container.items() if key in ("name", "image", "restartPolicy")}


def _lean_event(event: KubernetesObject) -> KubernetesObject:
    kept = ("involvedObject", "reason", "message", "series", "lastTimestamp", "eventTime")
    meta = {key: event["metadata"].get(key) for key in ("name", "namespace", "resourceVersion")}
    return {"metadata": meta, **{key: event[key] for key in kept if key in event}}


def _lean_node(node: KubernetesObject) -> KubernetesObject:
    conditions = (node.get("status") or {}).get("conditions") or ()
    # Every node says every five minutes that it is alive.
    ready = [
        {"type": each["type"], "status": each["status"]} for each in conditions if each["type"] == "Ready"
    ]
    return {"metadata": {"name": node["metadata"]["name"]}, "status": {"conditions": ready}}
