"""Whether a workload runs what is wanted: judged at its pods, by image identity, in any repository.

The numbers in a workload's status do not tell: a paused Deployment and an OnDelete StatefulSet are observed and
all ready while they run the old image, and a bare pod's status is old for seconds after its image was changed.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ldmrelease.cluster.objects.pods import (
    ContainerState,
    Related,
    Revisions,
    condition,
    digest_named,
    is_live,
    is_ready,
    name_of,
    pods_of,
    revisions_of,
)
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload
from ldmrelease.cluster.rollout import reasons
from ldmrelease.cluster.rollout.assess_jobs import assess_jobs
from ldmrelease.cluster.rollout.mismatch import DesiredDigests, image_mismatch, mismatch, shown
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


def assess(workload: Workload, related: Related, wanted: DesiredDigests) -> Status:
    """Judge a workload by what was read of it and around it."""
    missing = image_mismatch(workload.containers, wanted)
    if missing:
        return missing
    match workload.kind:
        case WorkloadKind.CRON_JOB | WorkloadKind.JOB | WorkloadKind.SCALED_JOB:
            return assess_jobs(workload, related, wanted)
        case WorkloadKind.POD:
            return _judge_pod(workload, related, wanted)
        case _:
            return _judge_replicas(workload, related, wanted)


def _judge_replicas(workload: Workload, related: Related, wanted: DesiredDigests) -> Status:
    if workload.observed_generation < workload.generation:
        return Progressing("not-observed", {"wanted": workload.replicas})
    pods = revisions_of(workload, related)
    lost = _lost_nodes(workload, related)
    counted = _Count.of(workload, pods, lost, wanted)
    if not workload.replicas and not lost:
        return (
            Progressing("old-pods", counted.values(counted.all_names))
            if counted.all_names
            else ScaledToZero("scaled-to-zero")
        )
    if pods.is_current and counted.good and counted.is_all and not counted.old:
        if not _available(workload, counted):
            return Progressing("min-ready", counted.values(()))
        if lost:
            return NodesNotReady("nodes-not-ready", {"nodes": lost, **counted.values(())})
        return Healthy("healthy", counted.values(()))
    if workload.paused and (counted.old or not pods.is_current):
        return Suspended("suspended", counted.values(counted.old))
    return (
        _trouble(workload, pods, related, counted)
        or _other_content(counted, wanted)
        or _held(workload, pods, counted)
        or _waiting_for_nodes(lost, counted)
        or _rolling(pods, related, counted)
    )


def _available(workload: Workload, counted: _Count) -> bool:
    """Whether enough pods have been ready for as long as the workload asks for."""
    if not (workload.manifest.get("spec") or {}).get("minReadySeconds"):
        return True
    status = workload.status
    available = int(status.get("availableReplicas") or status.get("numberAvailable") or 0)
    return available >= counted.wanted


class _Count(Struct, frozen=True):
    """The pods that count (on nodes that are ready): how many are wanted, and which are how far, by name."""

    wanted: int
    good: tuple[str, ...]
    unready: tuple[str, ...]
    other: tuple[ContainerState, ...]
    others: tuple[str, ...]
    old: tuple[str, ...]
    all_names: tuple[str, ...]

    @classmethod
    def of(cls, workload: Workload, pods: Revisions, lost: list[str], wanted: DesiredDigests) -> _Count:
        new = [each for each in pods.new if _node(each) not in lost]
        old = [each for each in pods.old if _node(each) not in lost]
        # A node that is not ready is for no pods in the controller's count, once it is tainted; its pod is misplaced.
        left_out = max(0, len(lost) - int(workload.status.get("numberMisscheduled") or 0))
        found = [(name_of(each), mismatch(each, wanted), is_ready(each)) for each in new]
        return cls(
            wanted=max(0, (workload.replicas or 0) - left_out),
            good=tuple(name for name, other, ready in found if not other and ready),
            unready=tuple(name for name, other, ready in found if not ready),
            other=tuple(other for _, other, ready in found if other and ready),
            others=tuple(name for name, other, ready in found if other and ready),
            old=tuple(map(name_of, old)),
            all_names=tuple(name_of(each) for each in (*pods.new, *pods.old)),
        )

    @property
    def is_all(self) -> bool:
        """Whether every new pod is as wanted, and there are enough of them."""
        return not self.unready and not self.others and len(self.good) >= self.wanted

    def values(self, waiting_for: tuple[str, ...]) -> dict[str, Any]:
        return {"ready": len(self.good), "wanted": self.wanted, "waiting_for": list(waiting_for)}


def _lost_nodes(workload: Workload, related: Related) -> list[str]:
    """The nodes of a DaemonSet's pods that are not ready: their pods cannot be replaced, and are left out.

    One that is being deleted is there until its node is back or gone: no kubelet ends it.
    """
    if workload.kind is not WorkloadKind.DAEMON_SET:
        return []
    bad = {name_of(each) for each in related.nodes if condition(each, "Ready").get("status") != "True"}
    return sorted(bad & {_node(each) for each in pods_of(workload, related)})


def _node(pod: KubernetesObject) -> str:
    spec = pod.get("spec") or {}
    return str(spec.get("nodeName") or "")


def _trouble(workload: Workload, pods: Revisions, related: Related, counted: _Count) -> Degraded | None:
    for each in reasons.troubles(pods.new, related):
        if each.code not in reasons.HOPEFUL:
            return Degraded(each.code, {**counted.values(()), **each.values})
    if workload.kind is WorkloadKind.STATEFUL_SET:
        for each in stuck_pods(pods, related):
            return Degraded("stuck", {**counted.values(()), "trouble": each.code, **each.values})
    if len(pods.new) < counted.wanted:
        short = reasons.workload_trouble(workload, pods.source, pods.new, related)
        if short:
            return Degraded(short.code, {**counted.values(()), **short.values})
    slow = reasons.progress_trouble(workload)
    return Degraded(slow.code, {**counted.values(()), **slow.values}) if slow else None


def stuck_pods(pods: Revisions, related: Related) -> tuple[reasons.Trouble, ...]:
    """The troubles of old pods: a StatefulSet waits for each of its pods to be ready before it replaces any."""
    found = reasons.troubles(pods.old, related)
    return tuple(each for each in found if each.code not in reasons.HOPEFUL)


def _held(workload: Workload, pods: Revisions, counted: _Count) -> ActionRequired | None:
    if not counted.old or not pods.is_current:
        return None
    values = {**counted.values(counted.old), "pods": list(counted.old)}
    if workload.strategy == "OnDelete":
        return ActionRequired("on-delete", values)
    spec = (workload.manifest.get("spec") or {}).get("updateStrategy") or {}
    partition = int((spec.get("rollingUpdate") or {}).get("partition") or 0)
    below = all(_ordinal(each) < partition for each in counted.old)
    if workload.kind is WorkloadKind.STATEFUL_SET and partition and below:
        return ActionRequired("partition", {**values, "partition": partition})
    return None


def _waiting_for_nodes(lost: list[str], counted: _Count) -> Progressing | None:
    """A DaemonSet replaces so many pods at a time, and the one on a lost node is among them until it is gone."""
    if not lost or counted.unready or counted.other:
        return None
    return Progressing("nodes-not-ready", {**counted.values(counted.old), "nodes": lost})


def _ordinal(pod: str) -> int:
    last = pod.rpartition("-")[2]
    return int(last) if last.isdigit() else -1


def _other_content(counted: _Count, wanted: DesiredDigests) -> ImageMismatch | None:
    """New pods that are ready and run something else although their specification does not say so."""
    for each in counted.other:
        if digest_named(each.container.image) is None and each.running and wanted.get(each.container.name):
            return ImageMismatch("other-content", shown(each))
    return None


def _rolling(pods: Revisions, related: Related, counted: _Count) -> Progressing:
    for each in reasons.troubles(pods.new, related):
        return Progressing(each.code, {**counted.values(counted.unready), **each.values})
    if counted.unready:
        return Progressing("not-ready", counted.values(counted.unready))
    if counted.other:
        return Progressing("other-image", {**counted.values(counted.others), **shown(counted.other[0])})
    if counted.old:
        return Progressing("old-pods", counted.values(counted.old))
    return Progressing("creating", counted.values(()))


def _judge_pod(workload: Workload, related: Related, wanted: DesiredDigests) -> Status:
    pod, pods = workload.manifest, Revisions((workload.manifest,), (), True)
    phase = workload.status.get("phase")
    if phase == "Succeeded":
        return ScaledToZero("ended", {"pod": workload.name})
    counted = _Count.of(workload, pods, [], wanted)
    if phase == "Failed":
        return _trouble(workload, pods, related, counted) or _rolling(pods, related, counted)
    if not is_live(pod):
        return Progressing("creating", {"ready": 0, "wanted": 1, "waiting_for": [workload.name]})
    if 0 < workload.observed_generation < workload.generation:
        return Progressing("not-observed", {"wanted": 1})
    if counted.is_all:
        return Healthy("healthy", counted.values(()))
    return (
        _trouble(workload, pods, related, counted)
        or _other_content(counted, wanted)
        or _rolling(pods, related, counted)
    )
