"""Restore: put a failed place back to what it held before, only where the value is still ours."""

from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import Observation
from ldmrelease.promotion.state import RESTORE_NOT_MERGED
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions import proposals, writes
from ldmrelease.services.promotions.proposals import ProposedChange
from ldmrelease.services.promotions.restorable import restore_refusal
from ldmrelease.services.promotions.rollout_steps import rolled_out
from ldmrelease.services.promotions.steps.merge import awaited
from ldmrelease.services.promotions.steps.propose import described, text_of
from ldmrelease.services.promotions.work import StepDone, StepPending, StepResult, Work, step_failure
from ldmrelease.services.signers import NoKey
from ldmrelease.targets.results import Refusal, Written
from ldmrelease.trust.signer import KeyProblem


def act(work: Work) -> StepResult:
    """Write back, and wait until it runs again; what somebody else changed meanwhile is left, and said.

    What was never admitted there is not put back: the place stays claimed, as it is, until somebody rolls it back.
    """
    against = restore_refusal(work)
    if against is not None:
        return step_failure(against)
    rules = work.context.gitops.of(getattr(work.application.target.location, "repository", ""))
    if work.here.withdrawal() is not None and rules.proposes_restore(work.here.level):
        return _proposed(work)
    answer = writes.restore(work)
    return _running_again(work, answer) if isinstance(answer, Written) else step_failure(answer)


def _proposed(work: Work) -> StepResult:
    """What is put back is proposed, and waits for others to merge it."""
    change = proposals.restore_of(work)
    if not isinstance(change, ProposedChange):
        return step_failure(change)
    if proposals.has_it(change):
        return _running_again(work, Written(change.there.revision, {}, found=True))
    found = proposals.opened(work, change, lambda made: text_of(work, change, made))
    if isinstance(found, Refusal | Unavailable):
        return step_failure(found)
    answer = awaited(work, change, described(found))
    if isinstance(answer, StepDone):
        return _running_again(work, Written(str(answer.result["revision"]), {}, found=True))
    return replace(answer, code=RESTORE_NOT_MERGED) if isinstance(answer, StepPending) else answer


def _running_again(work: Work, written: Written) -> StepResult:
    """What was there before may not have run either: then it is restored all the same, and said."""
    workloads, again = work.application.workloads, {}
    if workloads is not None and work.application.observe == "pods":
        state = rolled_out(work, workloads, {})
        if isinstance(state, Unavailable):
            return state
        again = {"state": state} if isinstance(state, str) else {"state": "not-running", "why": state.code}
    result = {"revision": written.revision, **again}
    seen = observe(work.context, work.application, cause="restore")
    if not isinstance(seen, Observation):
        return StepDone(result)
    try:
        event = observation_event(work.context, seen)
    except (NoKey, KeyProblem):
        return StepDone(result)
    # What was put back is put back, whether or not the observer's key is there to say so.
    return StepDone(result, (event,) if work.context.would_count(event) else ())
