"""Have the nodes of a cluster fetch images before anything is switched to them.

One short-lived pod for each node and set of images, bound to the node by name: the kubelet fetches an image
before it looks whether the command is there, which it never is. So nothing of the image runs, and the pods have
no rights. Names follow from promotion, node and images: what a killed attempt has left is adopted.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct, field

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Conflict, Forbidden, Invalid, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched, watched
from ldmrelease.cluster.objects.nodes import NodeChoice, chosen

PROMOTION = "ldmrelease.dev/promotion"
PART = "ldmrelease.dev/part"
_PREPULL = "prepull"
_COMMAND = ["/ldmrelease-pull"]
_NOBODY = 65534

# The kubelet's order: fetch, configure, create, start. Whatever fails after the first has the image.
_AFTER_THE_PULL = frozenset(
    {
        "CreateContainerConfigError",
        "PreCreateHookError",
        "CreateContainerError",
        "PreStartHookError",
        "RunContainerError",
        "StartError",
        "CrashLoopBackOff",
    }
)
_NO_IMAGE = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ImageInspectError",
        "ErrImageNeverPull",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)

Object = dict[str, Any]
Progress = Callable[[int, int], None]
"""Told how many nodes have their images, of how many."""


class PrepullRequest(Struct, frozen=True):
    """Images, by digest, that the pods of a workload will run. `pod` is the specification of its pods."""

    images: tuple[str, ...]
    pod: Mapping[str, Any]
    is_daemon: bool = False


class Pulled(Struct, frozen=True):
    """The nodes that have all their images now, in how many seconds; `left` are nodes that were left out, each
    with the reason."""

    nodes: tuple[str, ...]
    seconds: int
    left: Mapping[str, str] = field(default_factory=dict)


class NotPulled(Struct, frozen=True):
    """Not every node has its images.

    Codes: `pull-failed` (a node cannot fetch one: `node`, `image`, `message`), `pull-late` (not by the deadline:
    `nodes`), `pull-forbidden` (`verb`, `resource`, `message`) and `pull-not-accepted` (`message`).
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def prepull(
    api: Api,
    namespace: str,
    wanted: Sequence[PrepullRequest],
    promotion: str,
    *,
    deadline: float,
    progress: Progress = lambda _done, _all: None,
) -> Pulled | NotPulled:
    """Fetch what is wanted on every node that may run it, and delete the pods that did.

    promotion: its name among those of all ledgers, a label of the pods. deadline: in seconds from now.

    Raises `ClusterError` where the API server cannot be reached; pods may be left then, and are adopted or deleted
    by the next attempt.
    """
    began = time.monotonic()
    try:
        choice = _choices(api, wanted)
        pods = _pods(namespace, promotion, choice)
        _create(api, namespace, pods)
        answer = _wait(api, namespace, promotion, pods, began + deadline, progress)
        delete_prepull_pods(api, namespace, promotion)
    except Forbidden as error:
        _tidy(api, namespace, promotion)
        values = {"verb": error.verb, "resource": error.resource, "message": error.message}
        return NotPulled("pull-forbidden", values)
    except (Invalid, ObjectNotFound) as error:
        _tidy(api, namespace, promotion)
        return NotPulled("pull-not-accepted", {"message": error.reason})
    if isinstance(answer, NotPulled):
        return answer
    left = {node: why for each in choice for node, why in each[1].left.items()} | answer
    nodes = sorted({pod["spec"]["nodeName"] for pod in pods} - answer.keys())
    return Pulled(tuple(nodes), round(time.monotonic() - began), left)


def delete_prepull_pods(api: Api, namespace: str, promotion: str) -> None:
    """Delete the pods of a promotion's attempts, whoever made them. Raises `ClusterError`."""
    labels = f"{PART}={_PREPULL},{PROMOTION}={label_value(promotion)}"
    for pod in api.list(path_of("Pod", namespace), labels=labels).items:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        with suppress(ObjectNotFound, Conflict):
            api.delete(path_of("Pod", namespace, name), uid=uid)


def _tidy(api: Api, namespace: str, promotion: str) -> None:
    # Who may not make pods has none to delete, and may be forbidden to list them too.
    with suppress(Forbidden, ObjectNotFound, Invalid):
        delete_prepull_pods(api, namespace, promotion)


def _choices(api: Api, wanted: Sequence[PrepullRequest]) -> list[tuple[PrepullRequest, NodeChoice]]:
    nodes = api.list(path_of("Node")).items
    return [(each, chosen(nodes, each.pod, is_daemon=each.is_daemon)) for each in wanted if each.images]


def _pods(
    namespace: str, promotion: str, choice: Sequence[tuple[PrepullRequest, NodeChoice]]
) -> list[Object]:
    """One for each node and set of images: workloads that want the same share it."""
    made = [
        pull_pod(namespace, promotion, node, each) for each, choice_of in choice for node in choice_of.nodes
    ]
    return list({pod["metadata"]["name"]: pod for pod in made}.values())


def pull_pod(namespace: str, promotion: str, node: str, wanted: PrepullRequest) -> Object:
    """The pod that has a node fetch the images as the workload's own pods would: with its pull secrets."""
    images = sorted(set(wanted.images))
    spec: Object = {
        "nodeName": node,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(number, image) for number, image in enumerate(images)],
    }
    # A service account's pull secrets are those of its pods.
    for key in ("serviceAccountName", "imagePullSecrets", "tolerations"):
        if wanted.pod.get(key):
            spec[key] = wanted.pod[key]
    seed = [promotion, node, *images, spec.get("serviceAccountName"), spec.get("imagePullSecrets")]
    name = "ldmrelease-pull-" + hashlib.sha256(repr(seed).encode()).hexdigest()[:20]
    labels = {PART: _PREPULL, PROMOTION: label_value(promotion), "app.kubernetes.io/managed-by": "ldmrelease"}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _container(number: int, image: str) -> Object:
    size = {"cpu": "10m", "memory": "16Mi"}
    return {
        "name": f"image-{number}",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": _COMMAND,
        "resources": {"requests": size, "limits": size},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def label_value(text: str) -> str:
    """The text as the value of a label: itself where it can be one."""
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _create(api: Api, namespace: str, pods: Sequence[Object]) -> None:
    for pod in pods:
        # It is there already: an attempt that was stopped made it, and its name says that it is the same.
        with suppress(Conflict):
            api.create(path_of("Pod", namespace), pod)


def _wait(
    api: Api, namespace: str, promotion: str, pods: Sequence[Object], until: float, progress: Progress
) -> dict[str, str] | NotPulled:
    """Wait until every pod has its images; the nodes whose pods came to nothing, with the reason."""
    nodes = {f"{namespace}/{pod['metadata']['name']}": pod["spec"]["nodeName"] for pod in pods}
    waiting, left = dict(nodes), dict[str, str]()
    labels = f"{PART}={_PREPULL},{PROMOTION}={label_value(promotion)}"
    request = Watched(path_of("Pod", namespace), labels=labels, keep=_kept)
    states = watched(api, [request], until=until) if nodes else iter(())
    for state in states:
        there = state.collections[0]
        for key, node in list(waiting.items()):
            seen = pull_state(there[key]) if key in there else PullAborted("its pod was deleted")
            if isinstance(seen, PullFailed):
                return NotPulled("pull-failed", {"node": node, "image": seen.image, "message": seen.message})
            if isinstance(seen, PullAborted):
                left[node] = seen.why
            if seen is not None:
                del waiting[key]
        progress(len(nodes) - len(waiting), len(nodes))
        if not waiting:
            return left
    return NotPulled("pull-late", {"nodes": sorted(set(waiting.values()))}) if waiting else left


def _kept(pod: Object) -> Object:
    return {"metadata": pod["metadata"], "spec": pod["spec"], "status": pod.get("status") or {}}


class Fetched(Struct, frozen=True):
    """The node has all images of the pod."""


class PullFailed(Struct, frozen=True):
    """The node cannot fetch an image."""

    image: str
    message: str


class PullAborted(Struct, frozen=True):
    """The pod will fetch nothing (any more), for a reason that is not the image."""

    why: str


def pull_state(pod: Object) -> Fetched | PullFailed | PullAborted | None:
    """What became of a pod; None while it fetches."""
    status = pod.get("status") or {}
    statuses = status.get("containerStatuses") or []
    images = {each["name"]: each["image"] for each in pod["spec"]["containers"]}
    for each in statuses:
        waits = (each.get("state") or {}).get("waiting") or {}
        if waits.get("reason") in _NO_IMAGE:
            return PullFailed(images[each["name"]], waits.get("message") or waits["reason"])
    if len(statuses) == len(images) and all(map(_has_image, statuses)):
        return Fetched()
    if status.get("phase") == "Failed":
        return PullAborted(
            f"{status.get('reason') or 'its pod failed'}: {status.get('message') or 'nothing was said'}"
        )
    return None


def _has_image(status: Mapping[str, Any]) -> bool:
    """The node names it, or got further than it could without."""
    state = status.get("state") or {}
    waits, ended = state.get("waiting") or {}, state.get("terminated") or {}
    reasons = {waits.get("reason"), ended.get("reason")}
    return bool(status.get("imageID")) or bool(reasons & _AFTER_THE_PULL)
