"""Claim: the place is ours in the ledger, and its fence is moved to our epoch, before anything is written."""

from ldmrelease.cluster.errors import BadAccess, ClusterError
from ldmrelease.services import writing
from ldmrelease.services.clusters import cluster_uid
from ldmrelease.services.steps.step import Answer, Done, Work, refused, unheard
from ldmrelease.targets import dispatch
from ldmrelease.targets.outcome import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Move the fence, and keep what the target holds (what a restore puts back) and in which cluster."""
    claimed = writing.claim(work)
    if isinstance(claimed, Refusal | Unreachable):
        return refused(claimed)
    there, _ = claimed
    try:
        cluster = cluster_uid(work.bench, work.application)
    except (BadAccess, ClusterError) as error:
        return unheard(error)
    before = dispatch.values_to_plain(there.values)
    return Done({"epoch": work.epoch, "before": before, **({"cluster": cluster} if cluster else {})})
