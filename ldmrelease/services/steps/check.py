"""Check: run one of the level's checks where the release runs now; register first, sign what was seen."""

from typing import Any

from ldmrelease.checks.job import Cut
from ldmrelease.cluster.errors import BadAccess, ClusterError
from ldmrelease.services.check_run import RunResult, Unregistered, register, run_registered, where_of
from ldmrelease.services.steps.step import Answer, Done, Failed, Interrupted, Overtaken, Work


def act(work: Work) -> Answer:
    """A run that was registered before we were stopped is run again under its own id: it counts once."""
    name = work.step.parameters["check"]
    check = work.bench.world.check(name)
    if check is None:
        return Failed("unknown-check", {"check": name})
    try:
        where = where_of(work.bench, work.application)
        run = register(work.bench, check, work.pinned, where, promotion=work.promotion, expect=work.expect)
        if isinstance(run, Unregistered):
            return Overtaken()
        found = run_registered(
            work.bench, check, run, work.pinned, work.application, work.progress, work.beat
        )
    except (BadAccess, ClusterError) as error:
        return Interrupted(error.where, error.reason)
    if isinstance(found, Cut):
        return Interrupted(str(work.step.place), found.why)
    return Done(
        {"run": run.run, "result": found.result, **_problem(found)}, found.events, found.blobs, found.then
    )


def _problem(found: RunResult) -> dict[str, Any]:
    ran = found.ran
    return {"problem": ran.problem, "output": ran.output} if ran.problem is not None else {}
