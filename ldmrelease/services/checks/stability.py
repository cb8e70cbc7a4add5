"""Whether a release runs at a place on every pod, undisturbed: what a check is about has to stand still."""

import hashlib
import json
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ldmrelease.cluster.client.errors import ClusterUnreachable
from ldmrelease.cluster.client.watch import WatchCut
from ldmrelease.cluster.objects.pods import ContainerState, is_live, pods_of, states
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.cluster.rollout.rollout_wait import AssessedWorkload, wait_for
from ldmrelease.cluster.rollout.status import Healthy, NodesNotReady, Scheduled, Status
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.evidence import ObservedPod, StableState
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Application
from ldmrelease.domain.workload_selection import WorkloadKind, Workloads
from ldmrelease.services.deployments.desired import desired_digests
from ldmrelease.services.inventory.observations import runs_release
from ldmrelease.services.inventory.observe import observe
from ldmrelease.services.needs import PlaceObserving
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.targets.connections import ClusterConnections

_MOMENT = 60.0
"""Seconds for what changes no pod (an annotation) or only their number (an autoscaler) to come to an end."""

_PATIENCE = 5.0
"""Seconds that a pod may be in trouble: one that an autoscaler has just added is not ready at first."""

_REVISION = "deployment.kubernetes.io/revision"


def stable_state(context: PlaceObserving, application: Application, pinned: Pinned) -> StableState | None:
    """What stands there, if it is the release.

    None while something else runs, or something is being rolled out. Raises `BadAccess`, `ClusterError`.
    """
    workloads = application.workloads
    if workloads is None:
        return None
    if application.observe == "pods":
        return _in_pods(context.clusters, application, workloads, pinned)
    seen = observe(context, application)
    if isinstance(seen, Unavailable):
        raise ClusterUnreachable(seen.where, seen.reason)
    if not isinstance(seen, Observation) or not runs_release(application, seen, pinned.release):
        return None
    # Not the revision: other commits to the same tree change nothing here.
    return StableState(
        canonical.digest_of([[each.component, each.digest, each.spelling] for each in seen.images])
    )


def stable_throughout(
    before: StableState | None, after: StableState | None
) -> tuple[ObservedPod, ...] | None:
    """The containers that were there before and after; None where something was rolled out meanwhile, or none of
    them is left: then nobody knows which a check was about (trust.md section 2)."""
    if before is None or after is None or before.state != after.state:
        return None
    still = set(after.pods)
    kept = tuple(each for each in before.pods if each in still)
    return None if before.pods and not kept else kept


def crashed(before: StableState | None, after: StableState | None) -> ObservedPod | None:
    """A container that was started anew in between, in the same pod; None where none was."""
    if before is None or after is None:
        return None
    then = {(each.pod, each.container): each.restarts for each in before.pods}
    return next(
        (each for each in after.pods if each.restarts > then.get((each.pod, each.container), each.restarts)),
        None,
    )


def _in_pods(
    clusters: ClusterConnections, application: Application, workloads: Workloads, pinned: Pinned
) -> StableState | None:
    found = wait_for(
        clusters.open(workloads.cluster),
        replace(workloads, deadline=_MOMENT, patience=_PATIENCE),
        desired_digests(pinned.release, application),
        progress=lambda _code, _values: None,
        written=True,
    )
    if isinstance(found, WatchCut):
        raise ClusterUnreachable(workloads.cluster.context, found.reason)
    stands = [_stands(each.verdict) for each in found.seen]
    if not stands or not all(stands):
        return None
    pods = sorted(_pods(found.seen), key=lambda each: (each.pod, each.container))
    return StableState(_templates(found.seen), tuple(pods))


def _stands(verdict: Status) -> bool:
    """Whether nothing is rolled out there: a CronJob's Job that has begun changes nothing, however long it takes."""
    return isinstance(verdict, Healthy | NodesNotReady | Scheduled) or verdict.code == "job-running"


def _pods(seen: Sequence[AssessedWorkload]) -> Iterator[ObservedPod]:
    """The containers of components that are there to stay: those of a CronJob's and a ScaledJob's Jobs are not."""
    for each in seen:
        if each.workload.kind in (WorkloadKind.CRON_JOB, WorkloadKind.SCALED_JOB):
            continue
        for pod in filter(is_live, pods_of(each.workload, each.around)):
            for state in states(pod):
                if state.container.name in each.workload.components and state.running:
                    yield _observed(pod, state)


def _observed(pod: KubernetesObject, state: ContainerState) -> ObservedPod:
    """A container that crashed and was started anew is not the one that was there before."""
    status = state.status
    restarts = int(status.get("restartCount") or 0)
    return ObservedPod(pod["metadata"]["uid"], state.container.name, status["imageID"], restarts)


def _templates(seen: Sequence[AssessedWorkload]) -> str:
    """Of what the pods are made, and how often that changed where it is counted."""
    wanted = []
    for each in seen:
        manifest = each.workload.manifest
        revision = (manifest["metadata"].get("annotations") or {}).get(_REVISION)
        template = (manifest.get("spec") or {}).get("template")
        wanted.append([each.workload.key, each.workload.uid, template, each.workload.images, revision])
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
