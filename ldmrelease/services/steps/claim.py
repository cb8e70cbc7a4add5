"""Claim: the place is ours in the ledger, and its fence is moved to our epoch, before anything is written."""

from ldmrelease.services import writing
from ldmrelease.services.steps.step import Answer, Done, Failed, Interrupted, Work
from ldmrelease.targets import dispatch
from ldmrelease.targets.outcome import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Move the fence, and keep what the target holds: what a restore puts back."""
    claimed = writing.claim(work)
    match claimed:
        case Unreachable():
            return Interrupted(claimed.where, claimed.reason)
        case Refusal():
            return Failed(claimed.code, claimed.values)
    there, _ = claimed
    return Done({"epoch": work.epoch, "before": dispatch.values_to_plain(there.values)})
