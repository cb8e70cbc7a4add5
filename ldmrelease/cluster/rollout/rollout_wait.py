"""Waiting for a rollout, by watch: until it has settled, or it is known that it will not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterError, Conflict, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import WatchCut, Watched, WatchState, watched
from ldmrelease.cluster.objects.pods import Related, revisions_of
from ldmrelease.cluster.objects.related_objects import lean, lean_pod, listed, read_related, related
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, find
from ldmrelease.cluster.rollout.assess import assess, stuck_pods
from ldmrelease.cluster.rollout.replaced_jobs import find_replaced, followed
from ldmrelease.cluster.rollout.snapshot import by_container
from ldmrelease.cluster.rollout.status import (
    ActionRequired,
    Degraded,
    Healthy,
    ImageMismatch,
    NodesNotReady,
    Progressing,
    ScaledToZero,
    Scheduled,
    Status,
    Suspended,
)
from ldmrelease.domain.workload_selection import WorkloadKind, Workloads

_LOG_LINES = 20
# What a kubelet answers (as a log) of a container that it has cleared away.
_NO_LOG = "unable to retrieve container logs"

# Of a CronJob it is asked when its images were written, which its field managers tell.
_KEPT: Mapping[WorkloadKind, Callable[[KubernetesObject], KubernetesObject]] = {
    WorkloadKind.POD: lean_pod,
    WorkloadKind.CRON_JOB: dict,
    WorkloadKind.SCALED_JOB: dict,
}

Digests = Mapping[str, frozenset[str]]
Progress = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class AssessedWorkload:
    """A workload and what is to be said of it; `around` is what it was judged by."""

    workload: Workload
    verdict: Status
    around: Related = field(default_factory=Related, compare=False, repr=False)


class RolledOut(Struct, frozen=True):
    """Every workload runs it, is scaled to zero, or is scheduled; on every node that is ready."""

    seen: tuple[AssessedWorkload, ...]


class RolloutFailed(Struct, frozen=True):
    """It will not get on without somebody: the code and values of the trouble that lasted (with `workload`, and
    `log`, the last lines of a container that crashes), or of a problem with the selection."""

    code: str
    values: dict[str, Any]
    seen: tuple[AssessedWorkload, ...] = ()


class RolloutTimedOut(Struct, frozen=True):
    """The deadline passed: `values` is of the first workload that has not settled (`workload`, `code`, counts)."""

    values: dict[str, Any]
    seen: tuple[AssessedWorkload, ...] = ()


class RolloutOverwritten(Struct, frozen=True):
    """A workload still (or again) names another image: `workload`, `container`, `image`."""

    values: dict[str, Any]
    seen: tuple[AssessedWorkload, ...] = ()


RolloutOutcome = RolledOut | RolloutFailed | RolloutTimedOut | RolloutOverwritten | WatchCut


def wait_for(
    api: Api, workloads: Workloads, wanted: Digests, *, progress: Progress, written: bool = False
) -> RolloutOutcome:
    """Wait until the workloads run what is wanted.

    wanted: for each component the digests of its image (all names of its identity); a component that is not
        there is not compared.
    progress: told `(code, values)` of a workload when that changed, `values` with `workload`; and `cut` and
        `back` when the API server was lost and found.
    written: the images were written before. Then a workload that names another one for longer than
        `workloads.patience` has been changed by somebody, and is not waited for.

    Answers `Cut` where the API server was away at the deadline. Raises `ClusterError` where it was never there,
    or refuses.
    """
    until = time.monotonic() + workloads.deadline
    found = find_replaced(api, workloads, until)
    for problem in found.problems:
        return RolloutFailed(problem.code, problem.values)
    follower = _Follower(
        api, workloads, found.workloads, wanted, progress, GracePeriods(workloads.patience, written)
    )
    return follower.follow(until)


class GracePeriods(Struct):
    """Since when (seconds of one clock) each workload has been in what is not waited for until the deadline."""

    seconds: float
    written: bool = False
    _since: dict[str, float] = msgspec.field(default_factory=dict)

    def take(
        self, now: float, judged: Sequence[AssessedWorkload]
    ) -> RolledOut | RolloutFailed | RolloutOverwritten | None:
        """What is decided, as of now; None while it is to be waited."""
        waiting = {each.workload.key for each in judged if self._is_impatient(each.verdict)}
        self._since = {key: self._since.get(key, now) for key in waiting}
        over = [each for each in judged if self._is_over(each, now)]
        seen = tuple(judged)
        for each in over:
            if isinstance(each.verdict, Degraded | Suspended):
                return RolloutFailed(each.verdict.code, status_values(each), seen)
            if isinstance(each.verdict, ImageMismatch):
                return RolloutOverwritten(status_values(each), seen)
        if not all(
            isinstance(each.verdict, Healthy | ScaledToZero | Scheduled) or each in over for each in judged
        ):
            return None
        # What its operator has to restart does not get on by itself; everything else is through.
        held = next((each for each in over if isinstance(each.verdict, ActionRequired)), None)
        return (
            RolloutFailed(held.verdict.code, status_values(held), seen)
            if held is not None
            else RolledOut(seen)
        )

    @property
    def due(self) -> float:
        """When it is next to be decided though nothing changes."""
        return min((since + self.seconds for since in self._since.values()), default=math.inf)

    def _is_impatient(self, verdict: Status) -> bool:
        if isinstance(verdict, ImageMismatch):
            return self.written
        return isinstance(verdict, Degraded | Suspended | NodesNotReady | ActionRequired)

    def _is_over(self, each: AssessedWorkload, now: float) -> bool:
        key = each.workload.key
        return key in self._since and now - self._since[key] >= self.seconds


def status_values(each: AssessedWorkload) -> dict[str, Any]:
    """What is told of a workload: its key, the code, and the values."""
    return {"workload": each.workload.key, "code": each.verdict.code, **each.verdict.values}


def undecided(judged: Sequence[AssessedWorkload]) -> RolloutTimedOut | RolloutOverwritten:
    """What there is to say at the deadline."""
    seen = tuple(judged)
    open_ones = [
        each
        for each in judged
        if not isinstance(each.verdict, Healthy | ScaledToZero | Scheduled | NodesNotReady)
    ]
    for each in open_ones:
        if isinstance(each.verdict, ImageMismatch):
            return RolloutOverwritten(status_values(each), seen)
    return RolloutTimedOut(status_values(open_ones[0]) if open_ones else {}, seen)


class _Follower:
    """Judges the workloads at every change, and tells what is new of them."""

    def __init__(
        self,
        api: Api,
        workloads: Workloads,
        found: tuple[Workload, ...],
        wanted: Digests,
        progress: Progress,
        patience: GracePeriods,
    ) -> None:
        self._api = api
        self._workloads = workloads
        self._namespace = workloads.namespace
        self._found = found
        self._wanted = wanted
        self._progress = progress
        self._patience = patience
        self._told: dict[str, dict[str, Any]] = {}
        self._cut: WatchCut | None = None
        self._jobs = {each.uid for each in found if each.kind is WorkloadKind.JOB}
        self._collections = sorted({each.collection for each in found})
        self._around = read_related(self._namespace, {each.kind for each in found})

    def follow(self, until: float) -> RolloutOutcome:
        judged: tuple[AssessedWorkload, ...] = ()
        with closing(watched(self._api, self._requests(), until=until, wake=self._due)) as states:
            for state in states:
                self._tell_cut(state.cut)
                if state.cut:
                    # What was true before may not be: nothing is decided on it.
                    continue
                judged = tuple(self._judge(state))
                self._tell(judged)
                outcome = self._patience.take(time.monotonic(), judged)
                if outcome is not None:
                    return self._with_log(outcome)
        return self._cut or undecided(judged)

    def _requests(self) -> list[Watched]:
        return [*(self._own(each) for each in self._collections), *self._around.values()]

    def _own(self, collection: str) -> Watched:
        own = [each for each in self._found if each.collection == collection]
        keep = _KEPT.get(own[0].kind, lean)
        # A Job may be replaced by one of another name.
        by_name = len(own) == 1 and own[0].kind is not WorkloadKind.JOB
        only = f"metadata.name={own[0].name}" if by_name else None
        return Watched(collection, fields=only, keep=keep)

    def _due(self) -> float:
        return math.inf if self._cut else self._patience.due

    def _judge(self, state: WatchState) -> Iterator[AssessedWorkload]:
        own = dict(zip(self._collections, state.collections, strict=False))
        rest = state.collections[len(self._collections) :]
        there = related({kind: items.values() for kind, items in zip(self._around, rest, strict=True)})
        self._follow_jobs(own)
        for each in self._found:
            manifest = own[each.collection].get(f"{each.namespace}/{each.name}")
            if manifest is None:
                # A GitOps controller may make it anew.
                yield AssessedWorkload(each, Progressing("vanished"))
                continue
            now = each.now(manifest)
            yield AssessedWorkload(now, assess(now, there, by_container(now, self._wanted)), there)

    def _follow_jobs(self, own: Mapping[str, Mapping[str, KubernetesObject]]) -> None:
        """Where other Jobs are there than before, those that took the place of the ones that were followed."""
        collections = {each.collection for each in self._found if each.kind is WorkloadKind.JOB}
        there = [job for collection in collections for job in own[collection].values()]
        now = {each["metadata"]["uid"] for each in there}
        if now != self._jobs:
            self._jobs = now
            self._found = followed(self._found, find(self._api, self._workloads).workloads, there)

    def _tell(self, judged: Sequence[AssessedWorkload]) -> None:
        for each in judged:
            values = status_values(each)
            if self._told.get(each.workload.key) != values:
                self._told[each.workload.key] = values
                self._progress(each.verdict.code, values)

    def _tell_cut(self, cut: WatchCut | None) -> None:
        if cut and not self._cut:
            self._progress("cut", {"reason": cut.reason})
        if self._cut and not cut:
            self._progress("back", {})
        self._cut = cut

    def _with_log(self, outcome: RolledOut | RolloutFailed | RolloutOverwritten) -> RolloutOutcome:
        if not isinstance(outcome, RolloutFailed) or "crash-loop" not in (
            outcome.code,
            outcome.values.get("trouble"),
        ):
            return outcome
        pod, container = outcome.values["pod"], outcome.values["container"]
        log = _last_lines(self._api, self._namespace, pod, container)
        return RolloutFailed(outcome.code, {**outcome.values, "log": log}, outcome.seen)


def _last_lines(api: Api, namespace: str, pod: str, container: str) -> str:
    """What a container wrote before it ended; empty where there is nothing to be had."""
    for previous in (True, False):
        try:
            found = api.log(namespace, pod, container, lines=_LOG_LINES, previous=previous)
        except ClusterError:
            continue
        if found and not found.startswith(_NO_LOG):
            return found
    return ""


def unstick(api: Api, workload: Workload, *, seconds: float = 30.0) -> tuple[str, ...]:
    """Delete the pods of older revisions of a StatefulSet that are in trouble; answers their names.

    Its controller waits for each of its pods to be ready before it replaces any, so that a pod without an image
    stays although the specification was put back. `seconds` is how long the controller may take to see the
    specification: before, nobody knows which pods are old. Raises `ClusterError`.
    """
    if workload.kind is not WorkloadKind.STATEFUL_SET:
        return ()
    now = _observed(api, workload, time.monotonic() + seconds)
    if now is None:
        return ()
    there = listed(api, read_related(now.namespace, [now.kind]))
    return tuple(name for name in _stuck(now, there) if _delete(api, now.namespace, name, there))


def _observed(api: Api, workload: Workload, until: float) -> Workload | None:
    request = Watched(workload.collection, fields=f"metadata.name={workload.name}", keep=lean)
    with closing(watched(api, [request], until=until)) as states:
        for state in states:
            for manifest in state.collections[0].values():
                now = workload.now(manifest)
                if now.observed_generation >= now.generation:
                    return now
    return None


def _stuck(workload: Workload, there: Related) -> list[str]:
    return [str(each.values["pod"]) for each in stuck_pods(revisions_of(workload, there), there)]


def _delete(api: Api, namespace: str, name: str, there: Related) -> bool:
    uid = next(each["metadata"]["uid"] for each in there.pods if each["metadata"]["name"] == name)
    try:
        api.delete(path_of("Pod", namespace, name), uid=uid)
    except (ObjectNotFound, Conflict):
        # Somebody else has replaced it.
        return False
    return True
