"""Check: run one of the level's checks where the release runs now; register first, sign what was seen."""

from typing import Any

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Check
from ldmrelease.services.checks.runs import (
    RunResult,
    Unregistered,
    attempts_so_far,
    register,
    run_place,
    run_registered,
)
from ldmrelease.services.deployments.desired import desired_digests
from ldmrelease.services.promotions.rollout_steps import rolled_out
from ldmrelease.services.promotions.work import Overtaken, StepDone, StepFailed, StepResult, Work

ATTEMPTS = 3
"""So many runs, each registered, while all that is wrong is that the place did not stand still."""

_OF_THE_PLACE = frozenset({"rollout", "gone"})
"""Problems of a run that say nothing of the release or its check: another run may be spared them."""


def act(work: Work) -> StepResult:
    """A run that was registered before we were stopped is run again under its own id: it counts once."""
    name = work.step.parameters["check"]
    check = work.context.topology.check(name)
    if check is None:
        return StepFailed("unknown-check", {"check": name})
    begun = attempts_so_far(work.context, check, work.pinned, work.step.place, work.promotion)
    try:
        return _tried(work, check, max(0, begun - 1))
    except (BadAccess, ClusterError) as error:
        return error.unavailable


def _tried(work: Work, check: Check, attempt: int) -> StepResult:
    """What came of this attempt, or of a later one. Raises `BadAccess`, `ClusterError`."""
    where = run_place(work.context, check, work.application, work.pinned)
    if where.unsettled:
        broken = _settled_again(work)
        if broken is not None:
            return broken
        where = run_place(work.context, check, work.application, work.pinned)
    run = register(
        work.context,
        check,
        work.pinned,
        where,
        promotion=work.promotion,
        attempt=attempt,
        expect=work.expect(),
    )
    if isinstance(run, Unregistered):
        return Overtaken()
    found = run_registered(
        work.context, check, run, work.pinned, work.application, work.progress, work.heartbeat
    )
    if isinstance(found, Unavailable):
        return Unavailable(found.where, found.reason, passes=True)
    if found.ran.problem == "crashed":
        return _crashed(found)
    if found.ran.problem not in _OF_THE_PLACE or attempt + 1 >= ATTEMPTS:
        result = {"run": run.run, "result": found.result, **_problem(found)}
        return StepDone(result, found.events, found.blobs, found.then)
    if found.then is not None:
        found.then()
    told = {"place": str(work.step.place), "check": check.name, **_problem(found)}
    work.progress("check-again", told)
    return _tried(work, check, attempt + 1)


def _crashed(found: RunResult) -> StepFailed:
    """The place had come to rest, and its pods do not last: it is put back, whatever the check would say."""
    if found.then is not None:
        found.then()
    return StepFailed("crashed-later", {"output": found.ran.output})


def _settled_again(work: Work) -> StepResult | None:
    """Why the place does not come to rest: a pod that crashed after it had been ready, or somebody's change."""
    workloads = work.application.workloads
    if workloads is None or work.application.observe != "pods":
        return None
    state = rolled_out(work, workloads, desired_digests(work.pinned.release, work.application))
    return None if isinstance(state, str) else state


def _problem(found: RunResult) -> dict[str, Any]:
    ran = found.ran
    return {"problem": ran.problem, "output": ran.output} if ran.problem is not None else {}
