"""Restore: put a failed place back to what it held before, only where the value is still ours."""

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import Observation
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.restorable import restore_refusal
from ldmrelease.services.promotions.rollout_steps import rolled_out
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure
from ldmrelease.services.signers import NoKey
from ldmrelease.targets.results import Written
from ldmrelease.trust.signer import KeyProblem


def act(work: Work) -> StepResult:
    """Write back, and wait until it runs again; what somebody else changed meanwhile is left, and said.

    What was never admitted there is not put back: the place stays claimed, as it is, until somebody rolls it back.
    """
    against = restore_refusal(work)
    if against is not None:
        return step_failure(against)
    answer = writes.restore(work)
    return _running_again(work, answer) if isinstance(answer, Written) else step_failure(answer)


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
