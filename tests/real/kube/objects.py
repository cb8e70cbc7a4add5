"""Workloads for tests as plain dicts. Pods end within a second and mount no token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.real.kube.api import Object

# With the script "ready" of images.SCRIPTS.
READY_FILE_PROBE: Object = {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1}


def container(name: str, image: str, *, env: Mapping[str, str] | None = None, **more: Any) -> Object:
    """A container; `more` are further fields of the API: command, readinessProbe, resources, ..."""
    variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
    return {"name": name, "image": image, "env": variables, "imagePullPolicy": "IfNotPresent"} | more


def pod_spec(containers: Sequence[Object], *, init: Sequence[Object] = (), **more: Any) -> Object:
    """A pod's spec. A sidecar is an init container with restartPolicy Always."""
    return {
        "containers": list(containers),
        "initContainers": list(init),
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
    } | more


def deployment(namespace: str, name: str, pod: Object, *, replicas: int = 1, **more: Any) -> Object:
    """A Deployment of this pod spec; `more` goes into its spec: strategy, paused, minReadySeconds, ..."""
    return _workload("Deployment", namespace, name, pod, {"replicas": replicas} | more)


def stateful_set(namespace: str, name: str, pod: Object, *, replicas: int = 1, **more: Any) -> Object:
    return _workload("StatefulSet", namespace, name, pod, {"replicas": replicas, "serviceName": name} | more)


def daemon_set(namespace: str, name: str, pod: Object, **more: Any) -> Object:
    return _workload("DaemonSet", namespace, name, pod, more)


def cron_job(namespace: str, name: str, pod: Object, *, schedule: str = "0 0 1 1 *", **more: Any) -> Object:
    """A CronJob; the schedule's default is New Year, so that it is armed and does not run."""
    job = {"spec": {"template": {"spec": {"restartPolicy": "Never"} | pod}, "backoffLimit": 0}}
    spec = {"schedule": schedule, "jobTemplate": job} | more
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": _named(namespace, name), "spec": spec}


def job(namespace: str, name: str, pod: Object, **more: Any) -> Object:
    spec = {"template": {"spec": {"restartPolicy": "Never"} | pod}, "backoffLimit": 0} | more
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _named(namespace, name), "spec": spec}


def bare_pod(namespace: str, name: str, pod: Object) -> Object:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _labelled(namespace, name), "spec": pod}


def labelled(manifest: Object, **labels: str) -> Object:
    """The same object with these labels, too (on it, not on its pods)."""
    meta = manifest["metadata"]
    return manifest | {"metadata": meta | {"labels": meta.get("labels", {}) | labels}}


def annotated(manifest: Object, annotations: Mapping[str, str]) -> Object:
    """The same object with these annotations, too."""
    meta = manifest["metadata"]
    return manifest | {"metadata": meta | {"annotations": meta.get("annotations", {}) | dict(annotations)}}


def rolled_out(workload: Object) -> bool:
    """Whether its controller has seen a Deployment, StatefulSet or DaemonSet and every pod of it is new and ready."""
    spec, status = workload["spec"], workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return False
    if workload["kind"] == "DaemonSet":
        counts = [status.get(each, 0) for each in ("updatedNumberScheduled", "numberAvailable")]
        return counts == [status["desiredNumberScheduled"]] * 2 and bool(counts[0])
    counts = [status.get(each, 0) for each in ("updatedReplicas", "readyReplicas", "replicas")]
    return counts == [spec["replicas"]] * 3


def apart_from_status(workload: Object) -> Object:
    """What somebody has written there: controllers write a workload's status, and one annotation, at any time."""
    metadata = workload["metadata"]
    annotations = {
        name: text
        for name, text in metadata.get("annotations", {}).items()
        if name != "deployment.kubernetes.io/revision"
    }
    kept = {
        key: metadata.get(key) for key in ("uid", "generation", "labels", "ownerReferences", "finalizers")
    }
    return {"metadata": {**kept, "annotations": annotations}, "spec": workload["spec"]}


def ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _workload(kind: str, namespace: str, name: str, pod: Object, spec: Object) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": _labelled(namespace, name),
        "spec": {"selector": {"matchLabels": labels}, "template": template} | spec,
    }


def _named(namespace: str, name: str) -> Object:
    return {"namespace": namespace, "name": name}


def _labelled(namespace: str, name: str) -> Object:
    return _named(namespace, name) | {"labels": {"app": name}}
