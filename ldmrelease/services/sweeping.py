"""Sweep what a promotion left in a cluster: Jobs whose results are recorded, pods that fetched images."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ldmrelease.checks.job import delete_job, leftover_jobs
from ldmrelease.cluster.client import Api
from ldmrelease.cluster.errors import Absent, Forbidden
from ldmrelease.cluster.prepull import delete_prepull_pods
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.workloads import Workloads
from ldmrelease.services.gather import registered_runs
from ldmrelease.services.steps.step import Work
from ldmrelease.targets.clusters import answer
from ldmrelease.targets.outcome import Unreachable


def swept(work: Work) -> Unreachable | None:
    """Sweep the place's cluster; what we may not list was never made by us."""
    workloads = work.application.workloads
    if workloads is None:
        return None
    found = answer(lambda: _sweep(work, workloads))
    return found if isinstance(found, Unreachable) else None


def _sweep(work: Work, workloads: Workloads) -> None:
    begun = [each for each in work.here.steps if work.journal.step(each.id).intended]
    checks = [
        work.bench.world.check(each.parameters["check"]) for each in begun if each.kind is StepKind.CHECK
    ]
    namespaces = {each.namespace for each in checks if each is not None and each.kind == "job"}
    pulled = any(each.kind is StepKind.PULL for each in begun)
    if namespaces or pulled:
        api = work.bench.clusters.open(workloads.cluster)
        for namespace in sorted(namespaces):
            with _said_if_forbidden(work, "jobs", namespace):
                _sweep_jobs(api, namespace, work)
        if pulled:
            with _said_if_forbidden(work, "pods", workloads.namespace):
                delete_prepull_pods(api, workloads.namespace, work.promotion)


@contextmanager
def _said_if_forbidden(work: Work, resource: str, namespace: str) -> Iterator[None]:
    """What we may not delete stays, and is said: it takes room, and does no harm."""
    with suppress(Absent):
        try:
            yield
        except Forbidden as error:
            left = {"resource": resource, "namespace": namespace, "reason": error.reason}
            work.progress("left", {"place": str(work.step.place), **left})


def _sweep_jobs(api: Api, namespace: str, work: Work) -> None:
    # Promotions of other ledgers may have the same name: whose a Job is, its run tells.
    ours = {
        each.run
        for each in registered_runs(work.bench, work.pinned.digest)
        if each.promotion == work.promotion
    }
    for job in leftover_jobs(api, namespace, work.promotion):
        if job.run in ours:
            delete_job(api, job.namespace, job.name, job.uid)
