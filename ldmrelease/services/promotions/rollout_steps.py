"""Wait for a place's pods, and say what came of it in the terms of a step."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from ldmrelease.cluster.client.watch import WatchCut
from ldmrelease.cluster.rollout.rollout_wait import (
    AssessedWorkload,
    RolledOut,
    RolloutFailed,
    RolloutOutcome,
    RolloutOverwritten,
    RolloutTimedOut,
    wait_for,
)
from ldmrelease.cluster.rollout.status import ActionRequired, ScaledToZero, Scheduled
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.progress import HEARTBEAT
from ldmrelease.services.promotions.work import StepFailed, StepPending, Work, step_failure
from ldmrelease.targets.connections import answer
from ldmrelease.targets.results import Refusal

_PENDING_ACTS = ("on-delete", "partition")
"""Troubles that end when somebody restarts pods or moves a partition, and not before."""


def rolled_out(
    work: Work, workloads: Workloads, wanted: Mapping[str, frozenset[str]]
) -> str | StepFailed | StepPending | Unavailable:
    """Wait until the pods run what is wanted; `promoted`, `scaled-to-zero` or `scheduled` where they do.

    `wanted` has, for each component, all digests of its image; a component that is not there is not compared.
    """
    written = work.application.target.capabilities.writes_directly
    found = _waited(work, workloads, wanted, written)
    match found:
        case RolledOut(seen):
            return _state(seen)
        case RolloutOverwritten(values):
            # Who writes to git leaves it to another to bring it to the cluster, at times by hand.
            return (
                StepFailed("changed-there", _about(values))
                if written
                else StepPending("not-synced", _about(values))
            )
        case RolloutFailed(code, values):
            values = _about(values)
            return StepPending(code, values) if code in _PENDING_ACTS else StepFailed(code, values)
        case RolloutTimedOut(values, seen):
            held = next((each for each in seen if isinstance(each.verdict, ActionRequired)), None)
            if held is not None:
                return StepPending(held.verdict.code, {"workload": held.workload.key, **held.verdict.values})
            return StepFailed("rollout-timeout", {**_about(values), "trouble": values.get("code", "?")})
        case WatchCut(reason=reason):
            return Unavailable(workloads.cluster.context, reason, passes=True)
        case Refusal() | Unavailable():
            return step_failure(found)


def _waited(
    work: Work, workloads: Workloads, wanted: Mapping[str, frozenset[str]], written: bool
) -> RolloutOutcome | Refusal | Unavailable:
    """Wait up to the deadline, heartbeat by heartbeat."""

    def told(code: str, values: dict[str, Any]) -> None:
        work.progress("rollout", {"place": str(work.step.place), "code": code, **values})

    def wait(seconds: float) -> RolloutOutcome:
        some = replace(workloads, deadline=seconds)
        api = work.context.clusters.open(workloads.cluster)
        return wait_for(api, some, wanted, progress=told, written=written)

    left = float(workloads.deadline)
    while True:
        span = min(left, HEARTBEAT)
        found = answer(partial(wait, span))
        left -= span
        if left <= 0 or not isinstance(found, RolloutTimedOut | RolloutOverwritten | WatchCut):
            return found
        if isinstance(found, RolloutOverwritten) and written:
            return found
        work.heartbeat()


def _about(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without the code of the workload's state: a step's failure has a code of its own."""
    return {key: value for key, value in values.items() if key != "code"}


def _state(seen: tuple[AssessedWorkload, ...]) -> str:
    """One word for all workloads: what is scaled to zero or scheduled does not run it."""
    verdicts = [each.verdict for each in seen]
    if any(isinstance(each, Scheduled) for each in verdicts):
        return "scheduled"
    return "scaled-to-zero" if any(isinstance(each, ScaledToZero) for each in verdicts) else "promoted"
