"""Jobs that are replaced while they are waited for: deleted and made anew, under the same name or another one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched, watched
from ldmrelease.cluster.objects.jobs import family, successor
from ldmrelease.cluster.objects.related_objects import lean
from ldmrelease.cluster.objects.workloads import (
    FoundWorkloads,
    KubernetesObject,
    SelectionProblem,
    Workload,
    find,
)
from ldmrelease.domain.workload_selection import WorkloadKind, Workloads

_GONE = frozenset({"workload-absent", "nothing-chosen"})


def find_replaced(api: Api, workloads: Workloads, until: float) -> FoundWorkloads:
    """What is selected; a Job that is not there is waited for: whoever replaces it has deleted it first.

    until: the deadline, in seconds of `time.monotonic`. Then what is missing is a problem, as for every workload.
    """
    found = find(api, workloads)
    if not found.problems or not all(map(_is_missing_job, found.problems)):
        return found
    request = Watched(path_of(WorkloadKind.JOB, workloads.namespace), keep=lean)
    with closing(watched(api, [request], until=until)) as states:
        for state in states:
            if state.cut:
                continue
            found = find(api, workloads)
            if not found.problems or not all(map(_is_missing_job, found.problems)):
                break
    return found


def _is_missing_job(problem: SelectionProblem) -> bool:
    selected = problem.values.get("workload") or problem.values.get("selection") or ""
    return problem.code in _GONE and str(selected).startswith(f"{WorkloadKind.JOB}/")


def followed(
    before: Iterable[Workload], found: Iterable[Workload], there: list[KubernetesObject]
) -> tuple[Workload, ...]:
    """The workloads to go on with, as they are selected now; a Job that is gone is followed to its successor.

    there: all Jobs of the namespace. A Job without a successor stays, as one that has vanished.
    """
    now = {each.key: each for each in found if each.kind is WorkloadKind.JOB}
    kept = {each.key: each for each in before if each.kind is not WorkloadKind.JOB}
    families = {family(each.manifest) for each in now.values()}
    for each in before:
        if each.kind is not WorkloadKind.JOB or each.key in now:
            continue
        replaced = successor(each.manifest, there)
        if replaced is not None:
            after = each.now(replaced)
            now.setdefault(after.key, after)
        elif family(each.manifest) not in families:
            now[each.key] = each
    return tuple((kept | now)[key] for key in sorted(kept | now))
