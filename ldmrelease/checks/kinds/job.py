"""A check that is a Job of the cluster where the release runs."""

from contextlib import suppress
from functools import partial

from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.checks.job.rights import is_there, job_rights
from ldmrelease.checks.job.run import delete_job, leftover_jobs, run_job
from ldmrelease.checks.job.templates import ImageRun
from ldmrelease.checks.outcome import RunOutcome, said_nothing
from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterError, Forbidden, ObjectNotFound
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Check

TRAITS = Traits(runs_image=True, in_cluster=True, about_place=True)


def cluster_needs(check: Check) -> ClusterNeeds | None:
    """Its namespace, and the rights to make Jobs there and to see them."""
    return ClusterNeeds(check.namespace, job_rights(check.namespace))


def is_ready(api: Api, needs: ClusterNeeds) -> bool:
    """Whether the namespace takes Jobs."""
    return is_there(api, needs.namespace)


def run(this: CheckRun) -> ExecutedRun | Unavailable:
    """Run it, or adopt its Job; waited for heartbeat by heartbeat up to its deadline."""
    if this.api is None:
        return ExecutedRun(said_nothing("no-cluster", f"{this.place} has no workloads in a cluster"))
    image = this.image(True)
    if isinstance(image, RunOutcome):
        return ExecutedRun(image)
    api, left = this.api(), this.left()
    while left > this.heartbeat_every:
        done = _run(this, api, image, this.heartbeat_every)
        if isinstance(done, ExecutedRun) and done.ran.problem != "deadline":
            return done
        this.heartbeat()
        left -= this.heartbeat_every
    return _run(this, api, image, left)


def clean_up(left: Leftovers) -> None:
    """Delete the promotion's Jobs in the namespaces of these checks."""
    if left.api is None:
        return
    api = left.api()
    for namespace in sorted({each.namespace for each in left.checks}):
        with suppress(ObjectNotFound):
            try:
                _sweep(api, namespace, left)
            except Forbidden as error:
                left.kept("jobs", namespace, error)


def _run(this: CheckRun, api: Api, image: ImageRun, left: float) -> ExecutedRun | Unavailable:
    done = run_job(api, image, deadline=left, progress=this.waits)
    if isinstance(done, Unavailable):
        return done
    if done.uid is None:
        return ExecutedRun(done.ran)
    return ExecutedRun(done.ran, partial(_delete, api, done.namespace, done.name, done.uid), image.image)


def _delete(api: Api, namespace: str, name: str, uid: str) -> None:
    # What cannot be deleted now is swept before the place is let go.
    with suppress(ClusterError):
        delete_job(api, namespace, name, uid)


def _sweep(api: Api, namespace: str, left: Leftovers) -> None:
    # Promotions of other ledgers may have the same name: whose a Job is, its run tells.
    ours = {each.run for each in left.runs}
    for job in leftover_jobs(api, namespace, left.promotion):
        if job.run in ours:
            delete_job(api, job.namespace, job.name, job.uid)
