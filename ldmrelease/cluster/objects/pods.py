"""The pods of a workload: which are of its newest revision, and which images their containers run.

How a revision is known differs by kind (Kubernetes documentation, "Workload Management"): a Deployment has
ReplicaSets, a StatefulSet and a DaemonSet have ControllerRevisions, a CronJob has Jobs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from ldmrelease.cluster.objects.custom import is_labelled
from ldmrelease.cluster.objects.workloads import (
    Container,
    KubernetesObject,
    Workload,
    containers_of,
    pod_spec,
)
from ldmrelease.domain.workload_selection import WorkloadKind

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "controller-revision-hash"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_ENDED = ("Succeeded", "Failed")

Manifests = tuple[KubernetesObject, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """What else there is in the namespace (and the nodes of the cluster, where they may be read)."""

    pods: Manifests = ()
    replica_sets: Manifests = ()
    revisions: Manifests = ()
    jobs: Manifests = ()
    events: Manifests = ()
    nodes: Manifests = ()
    _index: dict[str, dict[str, list[KubernetesObject]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def pods_of(self, owner: str) -> list[KubernetesObject]:
        """The pods whose controller has this uid."""
        return self._owned("pods", self.pods, owner)

    def replica_sets_of(self, owner: str) -> list[KubernetesObject]:
        """The ReplicaSets whose controller has this uid."""
        return self._owned("replica_sets", self.replica_sets, owner)

    def revisions_of(self, owner: str) -> list[KubernetesObject]:
        """The ControllerRevisions whose controller has this uid."""
        return self._owned("revisions", self.revisions, owner)

    def jobs_of(self, owner: str) -> list[KubernetesObject]:
        """The Jobs whose controller has this uid."""
        return self._owned("jobs", self.jobs, owner)

    def events_of(self, uid: str) -> list[KubernetesObject]:
        """The events that are about the object with this uid."""
        return self._find(
            "events", self.events, lambda each: (each.get("involvedObject") or {}).get("uid"), uid
        )

    def _owned(self, name: str, manifests: Manifests, owner: str) -> list[KubernetesObject]:
        return self._find(name, manifests, _controller_of, owner)

    def _find(
        self, name: str, manifests: Manifests, key: Callable[[KubernetesObject], str | None], wanted: str
    ) -> list[KubernetesObject]:
        # Thousands of workloads ask the same collection: it is gone through once.
        if name not in self._index:
            index: dict[str, list[KubernetesObject]] = {}
            for each in manifests:
                index.setdefault(key(each) or "", []).append(each)
            self._index[name] = index
        return self._index[name].get(wanted, [])


def _controller_of(manifest: KubernetesObject) -> str | None:
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((each.get("uid") for each in owners if each.get("controller")), None)


class Revisions(Struct, frozen=True):
    """The live pods of a workload's newest revision, and those of older ones.

    `is_current` is false while the newest revision is not what the workload's template says (paused, or its
    controller has not acted yet): then all pods are old. `source` is what makes the new pods, if it is not
    the workload itself.
    """

    new: Manifests
    old: Manifests
    is_current: bool
    source: KubernetesObject | None = None


class ContainerState(Struct, frozen=True):
    """A container of a pod: the image in the pod's specification, and what its kubelet says.

    `running` is the digest of the image that runs, None before it runs and where none is told (image volumes).
    """

    container: Container
    running: str | None
    ready: bool
    status: KubernetesObject


def is_live(pod: KubernetesObject) -> bool:
    """Whether a pod is there to stay: neither ended nor being deleted."""
    phase = (pod.get("status") or {}).get("phase")
    return not pod["metadata"].get("deletionTimestamp") and phase not in _ENDED


def is_ready(pod: KubernetesObject) -> bool:
    """Whether its kubelet (or the node controller, of a lost node) calls the pod ready."""
    return condition(pod, "Ready").get("status") == "True"


def condition(manifest: KubernetesObject, kind: str) -> KubernetesObject:
    """A condition of an object's status; empty where it is not told."""
    conditions: list[KubernetesObject] = (manifest.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each.get("type") == kind), {})


def name_of(manifest: KubernetesObject) -> str:
    """The name of an object."""
    return str(manifest["metadata"]["name"])


def digest_told(image_id: str) -> str | None:
    """The digest in an `imageID`: `docker-pullable://repo@sha256:...`, `repo@sha256:...` or `sha256:...`."""
    found = _DIGEST.search(image_id)
    return found.group() if found else None


def digest_named(image: str) -> str | None:
    """The digest in an image of a specification; None for one that names a tag alone."""
    return digest_told(image) if "@" in image else None


def states(pod: KubernetesObject) -> tuple[ContainerState, ...]:
    """The containers (init containers and image volumes too) of a pod, each with its state."""
    status = pod.get("status") or {}
    told = {
        each["name"]: each
        for kind in ("containerStatuses", "initContainerStatuses")
        for each in status.get(kind) or ()
    }
    return tuple(_state(each, told.get(each.name) or {}) for each in containers_of(pod.get("spec") or {}))


def _state(container: Container, status: KubernetesObject) -> ContainerState:
    running = digest_told(status.get("imageID") or "")
    return ContainerState(container, running, bool(status.get("ready")), status)


def jobs_of(workload: Workload, related: Related) -> Manifests:
    """The Jobs of a CronJob or a ScaledJob, or the Job itself, newest first."""
    if workload.kind is WorkloadKind.JOB:
        return (workload.manifest,)
    return tuple(sorted(related.jobs_of(workload.uid), key=_age, reverse=True))


def pods_of(workload: Workload, related: Related) -> Manifests:
    """Every pod of a workload, live or not, by name."""
    return tuple(sorted(_pods_of(workload, related), key=name_of))


def _pods_of(workload: Workload, related: Related) -> Iterator[KubernetesObject]:
    match workload.kind:
        case WorkloadKind.POD:
            yield workload.manifest
        case WorkloadKind.DEPLOYMENT:
            for each in related.replica_sets_of(workload.uid):
                yield from related.pods_of(each["metadata"]["uid"])
        case WorkloadKind.CRON_JOB | WorkloadKind.JOB | WorkloadKind.SCALED_JOB:
            for each in jobs_of(workload, related):
                yield from related.pods_of(each["metadata"]["uid"])
        case WorkloadKind.CUSTOM:
            labels = workload.custom.pods if workload.custom else {}
            yield from (each for each in related.pods if is_labelled(each, labels))
        case _:
            yield from related.pods_of(workload.uid)


def revisions_of(workload: Workload, related: Related) -> Revisions:
    """Tell the live pods of the newest revision of a workload from the older ones."""
    live = tuple(each for each in pods_of(workload, related) if is_live(each))
    match workload.kind:
        case WorkloadKind.DEPLOYMENT:
            return _by_replica_set(workload, related, live)
        case WorkloadKind.STATEFUL_SET:
            return _by_hash(live, workload.status.get("updateRevision"), None)
        case WorkloadKind.DAEMON_SET:
            return _by_controller_revision(workload, related, live)
        case WorkloadKind.CUSTOM:
            return _split(live, {name_of(each) for each in live if _names_same(each, workload)}, None)
        case _:
            return Revisions(live, (), True)


def _names_same(pod: KubernetesObject, workload: Workload) -> bool:
    """Whether a pod's containers name the images that the workload names, in any repository."""
    there = {each.name: each.image for each in containers_of(pod.get("spec") or {})}
    return all(_is_same(there.get(each.name, ""), each.image) for each in workload.containers)


def _is_same(one: str, other: str) -> bool:
    digest = digest_named(one)
    return one == other or (digest is not None and digest == digest_named(other))


def _by_replica_set(workload: Workload, related: Related, live: Manifests) -> Revisions:
    newest = max(related.replica_sets_of(workload.uid), key=_deployment_revision, default=None)
    if newest is None or containers_of(pod_spec(WorkloadKind.DEPLOYMENT, newest)) != workload.containers:
        return Revisions((), live, False)
    new = {name_of(each) for each in related.pods_of(newest["metadata"]["uid"])}
    return _split(live, new, newest)


def _by_controller_revision(workload: Workload, related: Related, live: Manifests) -> Revisions:
    own = related.revisions_of(workload.uid)
    newest = max(own, key=lambda each: int(each.get("revision", 0)), default=None)
    if newest is None:
        return Revisions((), live, False)
    spec = pod_spec(WorkloadKind.DAEMON_SET, newest.get("data") or {})
    if spec and containers_of(spec) != workload.containers:
        return Revisions((), live, False)
    return _by_hash(live, (newest["metadata"].get("labels") or {}).get(_HASH), newest)


def _by_hash(live: Manifests, wanted: str | None, source: KubernetesObject | None) -> Revisions:
    if not wanted:
        return Revisions((), live, False)
    new = {name_of(each) for each in live if (each["metadata"].get("labels") or {}).get(_HASH) == wanted}
    return _split(live, new, source)


def _split(live: Manifests, new: set[str], source: KubernetesObject | None) -> Revisions:
    return Revisions(
        tuple(each for each in live if name_of(each) in new),
        tuple(each for each in live if name_of(each) not in new),
        True,
        source,
    )


def _deployment_revision(replica_set: KubernetesObject) -> tuple[int, str]:
    annotations = replica_set["metadata"].get("annotations") or {}
    return int(annotations.get(_REVISION, 0)), _age(replica_set)


def _age(manifest: KubernetesObject) -> str:
    return str(manifest["metadata"].get("creationTimestamp", ""))
