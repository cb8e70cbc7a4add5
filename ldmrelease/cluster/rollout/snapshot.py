"""What runs in a cluster now: one reading, without a watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.objects.pods import (
    Manifests,
    Related,
    is_live,
    is_ready,
    jobs_of,
    name_of,
    pods_of,
    states,
)
from ldmrelease.cluster.objects.related_objects import listed, read_related
from ldmrelease.cluster.objects.workloads import SelectionProblem, Workload, find
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.mismatch import DesiredDigests
from ldmrelease.cluster.rollout.status import Status
from ldmrelease.domain.workload_selection import READ_ONLY, WorkloadKind, Workloads


class PodCount(Struct, frozen=True):
    """In how many pods an image runs, and how many of those are ready."""

    pods: int
    ready: int


class ContainerSnapshot(Struct, frozen=True):
    """A container of a workload over all its pods.

    `image` is what the workload names; `named` are the images of the pods' specifications, with the number of
    pods; `running` are the digests that kubelets tell (of an index, a platform's manifest or a configuration), and
    `pods` are the names of the pods that each runs in.
    """

    name: str
    component: str | None
    image: str
    named: Mapping[str, int]
    running: Mapping[str, PodCount]
    pods: Mapping[str, tuple[str, ...]] = {}


class WorkloadSnapshot(Struct, frozen=True):
    """A workload with its containers, and what is to be said of its rollout."""

    workload: Workload
    containers: tuple[ContainerSnapshot, ...]
    verdict: Status


class RolloutSnapshot(Struct, frozen=True):
    """All workloads of an application, and what is wrong with their selection."""

    workloads: tuple[WorkloadSnapshot, ...]
    problems: tuple[SelectionProblem, ...] = ()


def snapshot(
    api: Api, workloads: Workloads, wanted: Mapping[str, frozenset[str]] | None = None
) -> RolloutSnapshot:
    """Read what runs. `wanted` are the digests of each component's image, where they are known: the verdicts
    are about them.

    Raises `ClusterError` where nobody can be asked, and Forbidden without the right to list pods.
    """
    found = find(api, workloads)
    if not found.workloads:
        return RolloutSnapshot((), found.problems)
    requests = read_related(workloads.namespace, (each.kind for each in found.workloads))
    there = listed(api, requests)
    return RolloutSnapshot(
        tuple(_seen(each, there, wanted or {}) for each in found.workloads), found.problems
    )


def by_container(workload: Workload, wanted: Mapping[str, frozenset[str]]) -> DesiredDigests:
    """What the containers of a workload shall run, from what the components shall."""
    return {container: wanted.get(component) for container, component in workload.components.items()}


def _seen(workload: Workload, there: Related, wanted: Mapping[str, frozenset[str]]) -> WorkloadSnapshot:
    pods = _counted(workload, there)
    containers = tuple(_container(workload, name, pods) for name in workload.images)
    return WorkloadSnapshot(workload, containers, assess(workload, there, by_container(workload, wanted)))


def _counted(workload: Workload, there: Related) -> Manifests:
    """The pods that tell what runs: of Jobs those that are at work, else of the newest one, ended or not."""
    live = tuple(pod for pod in pods_of(workload, there) if is_live(pod))
    if workload.kind in READ_ONLY and live:
        return live
    if workload.kind is WorkloadKind.CRON_JOB or workload.kind in READ_ONLY:
        return tuple(
            pod for job in jobs_of(workload, there)[:1] for pod in there.pods_of(job["metadata"]["uid"])
        )
    return live


def _container(workload: Workload, name: str, pods: Manifests) -> ContainerSnapshot:
    named: Counter[str] = Counter()
    running: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    names: dict[str, tuple[str, ...]] = {}
    for pod in pods:
        for state in states(pod):
            if state.container.name != name:
                continue
            named[state.container.image] += 1
            if state.running:
                running[state.running] += 1
                ready[state.running] += is_ready(pod)
                names[state.running] = (*names.get(state.running, ()), name_of(pod))
    return ContainerSnapshot(
        name=name,
        component=workload.components.get(name),
        image=workload.images[name],
        named=dict(named),
        running={digest: PodCount(count, ready[digest]) for digest, count in running.items()},
        pods=names,
    )
