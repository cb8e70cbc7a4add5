"""Which cluster an application runs in, and whether it is the one that the workspace means."""

from ldmrelease.cluster.client.errors import BadAccess
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Application
from ldmrelease.targets.connections import ClusterConnections, answer
from ldmrelease.targets.results import Refusal


def cluster_uid(clusters: ClusterConnections, application: Application) -> str | None:
    """The UID of its cluster, asked for; the workspace's word where it has no workloads.

    Raises `BadAccess` (also where it is another cluster than the workspace means), `ClusterError`.
    """
    if application.workloads is None:
        return application.cluster_uid
    access = application.workloads.cluster
    found = clusters.uid(access)
    if application.cluster_uid not in (None, found):
        raise BadAccess(
            access.context, f"it leads to the cluster {found}", f"expected is {application.cluster_uid}"
        )
    return found


def other_cluster(
    clusters: ClusterConnections, application: Application, begun_in: str | None = None
) -> Refusal | Unavailable | None:
    """`other-cluster`: the context leads to a cluster that is not the one whose UID the workspace has.

    Where it has none, to another than the one that a promotion has begun in (`moved-cluster`).
    """
    expected = application.cluster_uid or begun_in
    if application.workloads is None or expected is None:
        return None
    access = application.workloads.cluster
    found = answer(lambda: clusters.uid(access))
    if isinstance(found, Refusal | Unavailable):
        return found
    if found == expected:
        return None
    code = "other-cluster" if application.cluster_uid else "moved-cluster"
    return Refusal(code, {"file": access.context, "found": found, "expected": expected})
