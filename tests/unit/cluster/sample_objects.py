"""Objects as an API server answers them, as far as they are read; the names are those of a real cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.objects.workloads import Workload, read_workload
from ldmrelease.domain.workload_selection import WorkloadKind

Object = dict[str, Any]

INDEX = "sha256:" + "1" * 64
MANIFEST = "sha256:" + "2" * 64
CONFIG = "sha256:" + "3" * 64
IDENTITY = frozenset({INDEX, MANIFEST, CONFIG})
OLD = "sha256:" + "9" * 64

NEW_IMAGE = f"registry.lsst.org/prod@{INDEX}"
OLD_IMAGE = f"registry.lsst.org/prod@{OLD}"
WANTED = {"main": IDENTITY}

_AT = {
    WorkloadKind.CRON_JOB: ("jobTemplate",),
}


def meta(name: str, **more: Any) -> Object:
    return {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": "7"} | more


def owner(kind: str, name: str) -> list[Object]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def spec_of(images: Mapping[str, str], **more: Any) -> Object:
    return {"containers": [{"name": name, "image": image} for name, image in images.items()]} | more


def template(images: Mapping[str, str], **more: Any) -> Object:
    return {"metadata": {"labels": {"app": "prompt"}}, "spec": spec_of(images, **more)}


def deployment(image: str = NEW_IMAGE, *, replicas: int = 2, observed: int = 4, **spec: Any) -> Object:
    return {
        "metadata": meta("prompt", generation=4),
        "spec": {"replicas": replicas, "template": template({"main": image})} | spec,
        "status": {"observedGeneration": observed, "replicas": replicas, "readyReplicas": replicas},
    }


def stateful_set(
    image: str = NEW_IMAGE, *, replicas: int = 2, update: str = "new", **strategy: Any
) -> Object:
    return {
        "metadata": meta("prompt", generation=4),
        "spec": {
            "replicas": replicas,
            "template": template({"main": image}),
            "updateStrategy": {"type": "RollingUpdate"} | strategy,
        },
        "status": {"observedGeneration": 4, "updateRevision": update},
    }


def daemon_set(
    image: str = NEW_IMAGE, *, desired: int = 2, misplaced: int = 0, strategy: str = "RollingUpdate"
) -> Object:
    return {
        "metadata": meta("prompt", generation=4),
        "spec": {"template": template({"main": image}), "updateStrategy": {"type": strategy}},
        "status": {
            "observedGeneration": 4,
            "desiredNumberScheduled": desired,
            "numberMisscheduled": misplaced,
        },
    }


def cron_job(image: str = NEW_IMAGE, **spec: Any) -> Object:
    return {
        "metadata": meta("prompt", generation=4),
        "spec": {"jobTemplate": {"spec": {"template": template({"main": image})}}} | spec,
    }


def job(
    name: str, image: str = NEW_IMAGE, *, ended: str | None = None, created: str = "2026-11-01"
) -> Object:
    conditions = [{"type": ended, "status": "True", "message": "BackoffLimitExceeded"}] if ended else []
    return {
        "metadata": meta(name, ownerReferences=owner("CronJob", "prompt"), creationTimestamp=created),
        "spec": {"template": template({"main": image})},
        "status": {"conditions": conditions},
    }


def scaled_job(image: str = NEW_IMAGE, **annotations: str) -> Object:
    return {
        "metadata": meta("prompt", generation=2, annotations=annotations),
        "spec": {"jobTargetRef": {"template": template({"main": image})}, "maxReplicaCount": 9},
    }


def replica_set(name: str, image: str, revision: int, *, failure: str | None = None) -> Object:
    conditions = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}]
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    return {
        "metadata": meta(name, ownerReferences=owner("Deployment", "prompt"), annotations=annotations),
        "spec": {"template": template({"main": image})},
        "status": {"conditions": conditions if failure else []},
    }


def controller_revision(hash_: str, image: str, revision: int) -> Object:
    return {
        "metadata": meta(
            f"prompt-{hash_}",
            ownerReferences=owner("DaemonSet", "prompt"),
            labels={"controller-revision-hash": hash_},
        ),
        "data": {"spec": {"template": template({"main": image})}},
        "revision": revision,
    }


def status_of(name: str, image_id: str, *, ready: bool = True, **more: Any) -> Object:
    state = {"running": {"startedAt": "2026-11-01T00:00:00Z"}}
    return {"name": name, "imageID": image_id, "ready": ready, "restartCount": 0, "state": state} | more


def pod(
    name: str,
    image: str = NEW_IMAGE,
    running: str = f"registry.lsst.org/app@{MANIFEST}",
    *,
    by: tuple[str, str] = ("ReplicaSet", "new"),
    ready: bool = True,
    hash_: str | None = None,
    phase: str = "Running",
    node: str = "node-1",
    container: Mapping[str, Any] | None = None,
    conditions: tuple[Object, ...] = (),
    **status: Any,
) -> Object:
    told = status_of("main", running, ready=ready) | dict(container or {})
    told_ready = {"type": "Ready", "status": "True" if ready else "False"}
    return {
        "metadata": meta(
            name,
            ownerReferences=owner(*by),
            labels={"controller-revision-hash": hash_} if hash_ else {},
            creationTimestamp="2026-11-01T00:00:00Z",
        ),
        "spec": {"nodeName": node, **spec_of({"main": image})},
        "status": {"phase": phase, "conditions": [*conditions, told_ready], "containerStatuses": [told]}
        | status,
    }


def old_pod(name: str, **more: Any) -> Object:
    return pod(name, OLD_IMAGE, f"registry.lsst.org/prod@{OLD}", **({"by": ("ReplicaSet", "old")} | more))


def bare(found: Object) -> Object:
    """The pod without an owner."""
    return {**found, "metadata": {k: v for k, v in found["metadata"].items() if k != "ownerReferences"}}


def node(name: str, *, ready: bool) -> Object:
    status = "True" if ready else "Unknown"
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": status}]}}


def event(about: str, reason: str, message: str, time: str = "2026-11-01T01:00:00Z") -> Object:
    return {
        "metadata": {"name": f"{about}.{reason}"},
        "involvedObject": {"uid": f"uid-{about}"},
        "reason": reason,
        "message": message,
        "lastTimestamp": time,
    }


def waiting(reason: str, message: str = "", *, restarts: int = 0, last: Object | None = None) -> Object:
    return {
        "imageID": "",
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": last} if last else {},
    }


def read(kind: WorkloadKind, manifest: Object) -> Workload:
    return read_workload(kind, manifest, {"main": "prompt"})


def of_deployment(*pods: Object, **more: Any) -> Related:
    """What is around a Deployment whose newest ReplicaSet, `new`, has the new image."""
    sets = (replica_set("old", OLD_IMAGE, 3), replica_set("new", NEW_IMAGE, 4))
    return Related(pods=pods, replica_sets=sets, **more)
