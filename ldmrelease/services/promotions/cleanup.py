"""Sweep what a promotion left behind: Jobs and containers of recorded checks, pods that fetched images."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ldmrelease.checks.container import remove_container
from ldmrelease.checks.job.run import delete_job, leftover_jobs
from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Absent, Forbidden
from ldmrelease.cluster.prepull import delete_prepull_pods
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.plan import Step, StepKind
from ldmrelease.domain.topology import Check
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.evidence.runs import registered_runs
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets.connections import answer


def clean_up(work: Work) -> Unavailable | None:
    """Sweep the engine here and the place's cluster; what we may not list was never made by us."""
    for run in _runs(work, [each.name for each in _checks(work) if each.kind == "container"]):
        remove_container(run)
    workloads = work.application.workloads
    if workloads is None:
        return None
    found = answer(lambda: _sweep(work, workloads))
    return found if isinstance(found, Unavailable) else None


def _sweep(work: Work, workloads: Workloads) -> None:
    namespaces = {each.namespace for each in _checks(work) if each.kind == "job"}
    pulled = any(each.kind is StepKind.PULL for each in work.here.steps if _has_begun(work, each))
    if namespaces or pulled:
        api = work.context.clusters.open(workloads.cluster)
        for namespace in sorted(namespaces):
            with _said_if_forbidden(work, "jobs", namespace):
                _sweep_jobs(api, namespace, work)
        if pulled:
            with _said_if_forbidden(work, "pods", workloads.namespace):
                delete_prepull_pods(api, workloads.namespace, work.owner)


def _checks(work: Work) -> list[Check]:
    """The checks whose steps have begun at the place."""
    begun = [each for each in work.here.steps if each.kind is StepKind.CHECK and _has_begun(work, each)]
    checks = (work.context.topology.check(each.parameters["check"]) for each in begun)
    return [each for each in checks if each is not None]


def _has_begun(work: Work, step: Step) -> bool:
    return work.journal.step(step.id).intended


def _runs(work: Work, checks: list[str]) -> list[str]:
    """The promotion's runs of these checks in the place's environment."""
    if not checks:
        return []
    return [
        each.run
        for each in registered_runs(work.context, work.pinned)
        if (each.promotion, each.environment) == (work.promotion, work.step.place.environment)
        and each.check in checks
    ]


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
        each.run for each in registered_runs(work.context, work.pinned) if each.promotion == work.promotion
    }
    for job in leftover_jobs(api, namespace, work.promotion):
        if job.run in ours:
            delete_job(api, job.namespace, job.name, job.uid)
