"""What the check runs of a promotion have left at a place, because the process ended before it was removed."""

from ldmrelease.checks.container import remove_container
from ldmrelease.checks.job import delete_job, leftover_jobs
from ldmrelease.cluster.errors import Absent, Forbidden
from ldmrelease.domain.places import Check
from ldmrelease.services.gather import registered_runs
from ldmrelease.services.steps.step import Work


def sweep(work: Work) -> None:
    """Delete the Jobs and containers of this promotion's runs here; nothing needs them any more.

    Raises `BadAccess`, and `ClusterError` where the cluster cannot be asked.
    """
    runs = {
        each.run: each.check
        for each in registered_runs(work.bench, work.pinned.digest)
        if each.promotion == work.promotion and each.environment == work.step.place.environment
    }
    for name in sorted(set(runs.values())):
        check = work.bench.world.check(name)
        mine = {run for run, of in runs.items() if of == name}
        if check is not None and check.kind == "job":
            _sweep_jobs(work, check, mine)
        if check is not None and check.kind == "container":
            for run in sorted(mine):
                remove_container(run)


def _sweep_jobs(work: Work, check: Check, runs: set[str]) -> None:
    workloads = work.application.workloads
    if workloads is None:
        return
    api = work.bench.clusters.open(workloads.cluster)
    try:
        # Ids of promotions come again in other ledgers: the run says whose a Job is.
        left = [each for each in leftover_jobs(api, check.namespace, work.promotion) if each.run in runs]
        for each in left:
            delete_job(api, each.namespace, each.name, each.uid)
    except (Absent, Forbidden):
        # Who may not look there has made none.
        return
