"""Claim: the place is ours in the ledger, and its fence is moved to our epoch, before anything is written."""

from typing import Any

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.deployments.clusters import cluster_uid
from ldmrelease.services.deployments.desired import said_images
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal


def act(work: Work) -> StepResult:
    """Move the fence, and keep what the target holds (what a restore puts back) and in which cluster."""
    claimed = writes.claim(work)
    if isinstance(claimed, Refusal | Unavailable):
        return step_failure(claimed)
    there, _ = claimed
    try:
        cluster = cluster_uid(work.context.clusters, work.application)
    except (BadAccess, ClusterError) as error:
        return error.unavailable
    result: dict[str, Any] = {"epoch": work.epoch, "before": registry.values_to_plain(there.values)}
    result |= {"images": found} if (found := said_images(work.application.target, there)) else {}
    return StepDone(result | ({"cluster": cluster} if cluster else {}))
