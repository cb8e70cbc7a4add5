"""Restore: put a failed place back to what it held before, only where the value is still ours."""

from ldmrelease.services import writing
from ldmrelease.services.observe import observation_event, observe
from ldmrelease.services.steps.step import Answer, Done, Failed, Interrupted, Work
from ldmrelease.targets.outcome import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Write back; what somebody else changed meanwhile is left, and said."""
    answer = writing.restore(work)
    match answer:
        case Unreachable():
            return Interrupted(answer.where, answer.reason)
        case Refusal():
            return Failed(answer.code, answer.values)
    seen = observe(work.bench, work.application, cause="restore")
    if isinstance(seen, Unreachable | Refusal):
        return Done({"revision": answer.revision})
    return Done({"revision": answer.revision}, (observation_event(work.bench, seen),))
