"""The act in a cluster that a waiting promotion needs (a sync, a restart of pods): one look, without a wait."""

from collections.abc import Mapping

from ldmrelease.cluster.rollout.snapshot import RolloutSnapshot, snapshot
from ldmrelease.cluster.rollout.status import ActionRequired, ImageMismatch, Status
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.deployments.desired import desired_digests
from ldmrelease.targets.connections import ClusterConnections, answer
from ldmrelease.targets.results import Refusal

_OWES: Mapping[str, type[Status]] = {
    "not-synced": ImageMismatch,
    "on-delete": ActionRequired,
    "partition": ActionRequired,
}


def still_pending(
    clusters: ClusterConnections, application: Application, release: Release, code: str, begun_in: str | None
) -> bool | Refusal | Unavailable:
    """Whether the step would be answered `code` again; False where it is to be carried out to see.

    begun_in: the UID of the cluster that the promotion has begun in.
    """
    verdict, workloads = _OWES.get(code), application.workloads
    if code == "not-synced" and application.argo_cd is not None and application.argo_cd.asked:
        return False  # the step asks for the sync
    if verdict is None or workloads is None:
        return False
    against = other_cluster(clusters, application, begun_in)
    if against is not None:
        return against
    wanted = desired_digests(release, application)
    seen = answer(lambda: snapshot(clusters.open(workloads.cluster), workloads, wanted))
    if not isinstance(seen, RolloutSnapshot):
        return seen
    return not seen.problems and any(isinstance(each.verdict, verdict) for each in seen.workloads)
