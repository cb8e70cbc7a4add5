"""Sweep what a promotion left behind: Jobs and containers of recorded checks, pods that fetched images."""

from contextlib import suppress
from functools import partial

from ldmrelease.checks.interface import Leftovers
from ldmrelease.checks.registry import kind_of
from ldmrelease.cluster.client.errors import Forbidden, ObjectNotFound
from ldmrelease.cluster.prepull import delete_prepull_pods
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.plan import Step, StepKind
from ldmrelease.domain.topology import Check
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.evidence.registered_runs import registered_runs
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets.connections import answer


def clean_up(work: Work) -> Unavailable | None:
    """Sweep what checks have left, here and in the place's cluster; what we may not list was never made by us."""
    found = answer(lambda: _sweep(work))
    return found if isinstance(found, Unavailable) else None


def _sweep(work: Work) -> None:
    workloads = work.application.workloads
    by_kind: dict[str, list[Check]] = {}
    for each in _checks(work):
        by_kind.setdefault(each.kind, []).append(each)
    for kind, checks in sorted(by_kind.items()):
        kind_of(kind).clean_up(
            Leftovers(
                checks=tuple(checks),
                runs=_runs(work),
                promotion=work.promotion,
                environment=work.step.place.environment,
                api=partial(work.context.clusters.open, workloads.cluster) if workloads is not None else None,
                kept=partial(_say_kept, work),
            )
        )
    if workloads is not None and any(
        each.kind is StepKind.PULL for each in work.here.steps if _has_begun(work, each)
    ):
        _sweep_pods(work, workloads)


def _sweep_pods(work: Work, workloads: Workloads) -> None:
    """The pods that fetched images."""
    with suppress(ObjectNotFound):
        try:
            api = work.context.clusters.open(workloads.cluster)
            delete_prepull_pods(api, workloads.namespace, work.owner)
        except Forbidden as error:
            _say_kept(work, "pods", workloads.namespace, error)


def _checks(work: Work) -> list[Check]:
    """The checks whose steps have begun at the place."""
    begun = [each for each in work.here.steps if each.kind is StepKind.CHECK and _has_begun(work, each)]
    checks = (work.context.topology.check(each.parameters["check"]) for each in begun)
    return [each for each in checks if each is not None]


def _has_begun(work: Work, step: Step) -> bool:
    return work.journal.step(step.id).intended


def _runs(work: Work) -> tuple[RunRegistration, ...]:
    """All runs of the promotion."""
    known = registered_runs(work.context, work.pinned)
    return tuple(each for each in known if each.promotion == work.promotion)


def _say_kept(work: Work, resource: str, namespace: str, error: Forbidden) -> None:
    """What we may not delete stays, and is said: it takes room, and does no harm."""
    left = {"resource": resource, "namespace": namespace, "reason": error.reason}
    work.progress("left", {"place": str(work.step.place), **left})
