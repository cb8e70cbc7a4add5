"""Which cluster an application runs in, and whether it is the one that the workspace means."""

from ldmrelease.domain.places import Application
from ldmrelease.services.workbench import Workbench
from ldmrelease.targets.clusters import answer
from ldmrelease.targets.outcome import Refusal, Unreachable


def cluster_uid(bench: Workbench, application: Application) -> str | None:
    """The UID of its cluster, asked for; the workspace's word where it has no workloads.

    Raises `BadAccess`, `ClusterError`.
    """
    if application.workloads is None:
        return application.cluster_uid
    return bench.clusters.uid(application.workloads.cluster)


def other_cluster(bench: Workbench, application: Application) -> Refusal | Unreachable | None:
    """`other-cluster`: the context leads to a cluster that is not the one whose UID the workspace has."""
    if application.workloads is None or application.cluster_uid is None:
        return None
    found = answer(lambda: cluster_uid(bench, application))
    if isinstance(found, Refusal | Unreachable):
        return found
    if found == application.cluster_uid:
        return None
    context = application.workloads.cluster.context
    return Refusal("other-cluster", {"file": context, "found": found, "expected": application.cluster_uid})
