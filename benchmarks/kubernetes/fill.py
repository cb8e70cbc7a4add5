"""Fill a cluster with Deployments, their ReplicaSets and pods, as controllers and kubelets leave them.

No node runs these pods, so their status is written here; whatever would tidy them up (the controller manager) must
not run. Everything goes through the API server, as its parts would send it.
"""

from __future__ import annotations

import os
import signal
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import urllib3
import yaml

from tests.real.kube.cluster import Own, lives

Object = dict[str, Any]
_WRITERS = 8
_NOW = "2026-01-01T00:00:00Z"
_APPS, _PODS = "/apis/apps/v1/namespaces/{}/{}", "/api/v1/namespaces/{}/{}"
_CONTROLLERS, _KUBELET = "kube-controller-manager", "kubelet"


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is: in each of so many namespaces, so many Deployments of so many pods."""

    namespaces: int = 50
    deployments: int = 100
    pods: int = 3

    def names(self) -> list[str]:
        return [f"site{number:02}" for number in range(self.namespaces)]


class Door:
    """The administrator's way in, for many threads."""

    def __init__(self, kubeconfig: Path) -> None:
        said = yaml.safe_load(kubeconfig.read_text())
        cluster, user = said["clusters"][0]["cluster"], said["users"][0]["user"]
        self._server = cluster["server"]
        self._pool = urllib3.PoolManager(
            maxsize=_WRITERS,
            ca_certs=cluster["certificate-authority"],
            cert_file=user["client-certificate"],
            key_file=user["client-key"],
        )

    def send(
        self, method: str, path: str, body: Object, manager: str, kind: str = "application/json"
    ) -> Object:
        answer = self._pool.request(
            method,
            f"{self._server}{path}?fieldManager={manager}",
            body=msgspec.json.encode(body),
            headers={"Content-Type": kind},
        )
        found: Object = msgspec.json.decode(answer.data)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {found.get('message')}")
        return found

    def set_status(self, path: str, status: Object, manager: str) -> None:
        self.send("PATCH", f"{path}/status", {"status": status}, manager, "application/merge-patch+json")


def stop_controllers(cluster: Own) -> None:
    """Nobody tidies up after us: the pods are of nodes that there are not."""
    for name in ("kcm", "sched"):
        file = cluster.directory / f"{name}.pid"
        if lives(file):
            os.kill(int(file.read_text().split()[0]), signal.SIGKILL)


def fill(kubeconfig: Path, shape: Shape, image: str) -> None:
    """Make it all; `image` is what the containers name and run."""
    door = Door(kubeconfig)
    work = [
        (namespace, f"app{number:03}") for namespace in shape.names() for number in range(shape.deployments)
    ]
    for namespace in shape.names():
        _make_namespace(door, namespace)
    with ThreadPoolExecutor(_WRITERS) as writers:
        for _ in writers.map(lambda each: _make(door, each, shape.pods, image), work):
            pass


def touch(kubeconfig: Path, pod: str, value: str) -> None:
    """Change something of a pod (`namespace/name`) that nobody looks at."""
    namespace, _, name = pod.partition("/")
    path = f"{_PODS.format(namespace, 'pods')}/{name}"
    body = {"metadata": {"annotations": {"touched": value}}}
    Door(kubeconfig).send("PATCH", path, body, "context", "application/merge-patch+json")


def _make_namespace(door: Door, name: str) -> None:
    door.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}}, "context")
    # The controller manager would; pods are not let in without.
    door.send("POST", _PODS.format(name, "serviceaccounts"), {"metadata": {"name": "default"}}, _CONTROLLERS)


def _make(door: Door, place: tuple[str, str], pods: int, image: str) -> None:
    namespace, name = place
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": namespace}
    template = {"metadata": {"labels": labels}, "spec": _pod_spec(name, image)}
    counts = {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "observedGeneration": 1}

    made = door.send(
        "POST",
        _APPS.format(namespace, "deployments"),
        {
            "metadata": {"name": name, "labels": labels | {"part": "context"}},
            "spec": {"replicas": pods, "selector": {"matchLabels": labels}, "template": template},
        },
        "kubectl-create",
    )
    door.set_status(
        f"{_APPS.format(namespace, 'deployments')}/{name}",
        counts | {"updatedReplicas": pods, "conditions": list(_deployment_conditions(name))},
        _CONTROLLERS,
    )
    suffix = f"{zlib.crc32(name.encode()):010}"
    hashed = labels | {"pod-template-hash": suffix}
    replica_set = door.send(
        "POST",
        _APPS.format(namespace, "replicasets"),
        {
            "metadata": {
                "name": f"{name}-{suffix}",
                "labels": hashed,
                "annotations": {
                    "deployment.kubernetes.io/desired-replicas": str(pods),
                    "deployment.kubernetes.io/max-replicas": str(pods + 1),
                    "deployment.kubernetes.io/revision": "1",
                },
                "ownerReferences": [_owner("Deployment", made)],
            },
            "spec": {
                "replicas": pods,
                "selector": {"matchLabels": hashed},
                "template": {"metadata": {"labels": hashed}, "spec": _pod_spec(name, image)},
            },
        },
        _CONTROLLERS,
    )
    path = f"{_APPS.format(namespace, 'replicasets')}/{name}-{suffix}"
    door.set_status(path, counts | {"fullyLabeledReplicas": pods}, _CONTROLLERS)
    for number in range(pods):
        pod = f"{name}-{suffix}-{number}"
        door.send(
            "POST",
            _PODS.format(namespace, "pods"),
            {
                "metadata": {
                    "name": pod,
                    "generateName": f"{name}-{suffix}-",
                    "labels": hashed,
                    "ownerReferences": [_owner("ReplicaSet", replica_set)],
                },
                "spec": _pod_spec(name, image) | {"nodeName": f"worker-{number}"},
            },
            _CONTROLLERS,
        )
        door.set_status(f"{_PODS.format(namespace, 'pods')}/{pod}", _pod_status(name, image), _KUBELET)


def _owner(kind: str, manifest: Object) -> Object:
    name, uid = manifest["metadata"]["name"], manifest["metadata"]["uid"]
    owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid}
    return owner | {"controller": True, "blockOwnerDeletion": True}


def _pod_spec(name: str, image: str) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10}
    return {
        "containers": [
            {
                "name": "main",
                "image": image,
                "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "APP", "value": name}, {"name": "LEVEL", "value": "INFO"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                "readinessProbe": probe,
                "livenessProbe": probe,
            }
        ]
    }


def _deployment_conditions(name: str) -> Iterator[Object]:
    for kind, reason in (
        ("Available", "MinimumReplicasAvailable"),
        ("Progressing", "NewReplicaSetAvailable"),
    ):
        yield {
            "type": kind,
            "status": "True",
            "reason": reason,
            "message": f'ReplicaSet "{name}" has successfully progressed.',
            "lastTransitionTime": _NOW,
            "lastUpdateTime": _NOW,
        }


def _pod_status(name: str, image: str) -> Object:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "hostIP": "10.0.0.1",
        "hostIPs": [{"ip": "10.0.0.1"}],
        "podIP": "10.1.0.1",
        "podIPs": [{"ip": "10.1.0.1"}],
        "qosClass": "Burstable",
        "startTime": _NOW,
        "conditions": [{"type": each, "status": "True", "lastTransitionTime": _NOW} for each in kinds],
        "containerStatuses": [
            {
                "name": "main",
                "image": image,
                "imageID": image,
                "containerID": f"containerd://{uuid.uuid5(uuid.NAMESPACE_DNS, name).hex * 2}",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": _NOW}},
            }
        ],
    }
