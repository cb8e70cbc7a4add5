"""Check: run one of the level's checks where the release runs now; register first, sign what was seen."""

from ldmrelease.services.check_run import Unregistered, register, run_registered, where_of
from ldmrelease.services.steps.step import Answer, Done, Failed, Overtaken, Work


def act(work: Work) -> Answer:
    """A run that was registered before we were stopped is run again under its own id: it counts once."""
    name = work.step.parameters["check"]
    check = work.bench.world.check(name)
    if check is None:
        return Failed("unknown-check", {"check": name})
    where = where_of(work.application)
    run = register(work.bench, check, work.pinned, where, promotion=work.promotion, expect=work.expect)
    if isinstance(run, Unregistered):
        return Overtaken()
    result = run_registered(work.bench, check, run, work.pinned, work.application)
    return Done({"run": run.run, "result": result.result}, result.events, result.blobs)
