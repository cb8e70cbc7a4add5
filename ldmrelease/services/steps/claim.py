"""Claim: the place is ours in the ledger, and its fence is moved to our epoch, before anything is written."""

from ldmrelease.services import writing
from ldmrelease.services.steps.step import Answer, Done, Work, refused
from ldmrelease.targets import dispatch
from ldmrelease.targets.outcome import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Move the fence, and keep what the target holds: what a restore puts back."""
    claimed = writing.claim(work)
    if isinstance(claimed, Refusal | Unreachable):
        return refused(claimed)
    there, _ = claimed
    return Done({"epoch": work.epoch, "before": dispatch.values_to_plain(there.values)})
