"""Which cluster an application runs in, and whether it is the one that the workspace means."""

from ldmrelease.cluster.errors import BadAccess
from ldmrelease.domain.places import Application
from ldmrelease.domain.workloads import ClusterAccess
from ldmrelease.services.workbench import Workbench
from ldmrelease.targets.clusters import answer
from ldmrelease.targets.outcome import Refusal, Unreachable


def cluster_uid(bench: Workbench, application: Application) -> str | None:
    """The UID of its cluster, asked for; the workspace's word where it has no workloads.

    Raises `BadAccess` (also where it is another cluster than the workspace means), `ClusterError`.
    """
    if application.workloads is None:
        return application.cluster_uid
    access = application.workloads.cluster
    found = bench.clusters.uid(access)
    if application.cluster_uid not in (None, found):
        raise BadAccess(
            access.context, f"it leads to the cluster {found}", f"expected is {application.cluster_uid}"
        )
    return found


def other_cluster(bench: Workbench, application: Application) -> Refusal | Unreachable | None:
    """`other-cluster`: the context leads to a cluster that is not the one whose UID the workspace has."""
    if application.workloads is None or application.cluster_uid is None:
        return None
    access = application.workloads.cluster
    found = answer(lambda: bench.clusters.uid(access))
    return found if isinstance(found, Refusal | Unreachable) else mismatch(application, access, found)


def mismatch(application: Application, access: ClusterAccess, uid: str) -> Refusal | None:
    """`other-cluster` where the workspace means a cluster with another UID than the one that was found."""
    if application.cluster_uid in (None, uid):
        return None
    return Refusal(
        "other-cluster", {"file": access.context, "found": uid, "expected": application.cluster_uid}
    )
