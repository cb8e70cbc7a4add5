"""What a step of a waiting promotion is owed in a cluster (a sync, a restart of pods): one look, without a wait."""

from collections.abc import Mapping

from ldmrelease.cluster.rollout.snapshot import PodsSeen, look
from ldmrelease.cluster.rollout.status import Held, Unwritten, Verdict
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.services.context import Workbench
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.deployments.desired import wanted_there
from ldmrelease.targets.connections import answer
from ldmrelease.targets.results import Refusal, Unreachable

_OWES: Mapping[str, type[Verdict]] = {"not-synced": Unwritten, "on-delete": Held, "partition": Held}


def still_owed(
    bench: Workbench, application: Application, release: Release, code: str, begun_in: str | None
) -> bool | Refusal | Unreachable:
    """Whether the step would be answered `code` again; False where it is to be carried out to see.

    begun_in: the UID of the cluster that the promotion has begun in.
    """
    verdict, workloads = _OWES.get(code), application.workloads
    if verdict is None or workloads is None:
        return False
    against = other_cluster(bench.clusters, application, begun_in)
    if against is not None:
        return against
    wanted = wanted_there(release, application)
    seen = answer(lambda: look(bench.clusters.open(workloads.cluster), workloads, wanted))
    if not isinstance(seen, PodsSeen):
        return seen
    return not seen.problems and any(isinstance(each.verdict, verdict) for each in seen.workloads)
