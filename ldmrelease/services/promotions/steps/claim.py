"""Claim: the place is ours in the ledger, and its fence is moved to our epoch, before anything is written."""

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.services.deployments.clusters import cluster_uid
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import Answer, Done, Work, refused, unheard
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Move the fence, and keep what the target holds (what a restore puts back) and in which cluster."""
    claimed = writes.claim(work)
    if isinstance(claimed, Refusal | Unreachable):
        return refused(claimed)
    there, _ = claimed
    try:
        cluster = cluster_uid(work.bench, work.application)
    except (BadAccess, ClusterError) as error:
        return unheard(error)
    before = registry.values_to_plain(there.values)
    return Done({"epoch": work.epoch, "before": before, **({"cluster": cluster} if cluster else {})})
