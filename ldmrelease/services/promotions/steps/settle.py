"""Settle: what runs is what was promoted, seen and signed (design section 4, step 6)."""

import time
from collections.abc import Iterable
from typing import Any

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Release
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.deployments.desired import desired_digests
from ldmrelease.services.inventory.observations import is_of
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions.availability import availability
from ldmrelease.services.promotions.rollout_steps import rolled_out
from ldmrelease.services.promotions.sync_wait import Synced, for_pods, sync_wait
from ldmrelease.services.promotions.work import (
    StepDone,
    StepFailed,
    StepPending,
    StepResult,
    Work,
    step_failure,
)

_PAUSE = 2.0
"""Seconds between two looks at what has no pods."""


def act(work: Work) -> StepResult:
    """Wait for the pods where there are any; then observe, and compare by digest."""
    workloads = work.application.workloads
    if workloads is not None and work.application.observe == "pods":
        return _settled_in_cluster(work, workloads)
    seen = _look(work)
    if not isinstance(seen, Observation):
        return seen
    return _wrong(work, seen) or _done(work, seen, "committed")


def _settled_in_cluster(work: Work, workloads: Workloads) -> StepResult:
    waits = sync_wait(work, workloads)
    synced = waits.synced(workloads.deadline) if waits is not None else Synced(workloads.deadline)
    if isinstance(synced, Unavailable):
        return synced
    found = _settled_pods(work, for_pods(workloads, synced.left))
    if isinstance(found, StepPending) and synced.why is not None:
        return StepPending(found.code, found.values | {"controller": synced.why}, found.who)
    if not isinstance(found, StepDone) or waits is None or not synced.controllers:
        return found
    healthy = waits.healthy(synced.left)
    if isinstance(healthy, Unavailable):
        return healthy
    return StepDone({**found.result, "controllers": healthy.seen}, found.events, found.blobs, found.then)


def _settled_pods(work: Work, workloads: Workloads) -> StepResult:
    left = float(workloads.deadline)
    while True:
        state = rolled_out(work, workloads, desired_digests(work.pinned.release, work.application))
        if not isinstance(state, str):
            return state
        seen = _look(work)
        if not isinstance(seen, Observation):
            return seen
        # What has no pods is seen by what it names; what runs has to be seen running.
        wrong = _wrong(work, seen)
        if wrong is None:
            return _done(work, seen, state)
        unsynced = _unsynced(work, workloads, wrong) if state == "scheduled" else None
        if unsynced is None:
            return wrong
        if left <= 0:
            return unsynced
        time.sleep(_PAUSE)
        left -= _PAUSE
        work.heartbeat()
        work.context.connections.renew()


def _unsynced(work: Work, workloads: Workloads, wrong: StepFailed) -> StepPending | None:
    """That a workload without pods still names another tag than the tree; None where that is not what is wrong.

    A tag says no digest, and there is no pod that would: that nobody has synced it is seen by what it names.
    """
    component = work.pinned.release.component(str(wrong.values.get("component")))
    if work.application.target.capabilities.writes_directly or component is None:
        return None
    named = [each["spelling"] for each in wrong.values.get("found", ())]
    if not named or component.spelling in named:
        return None
    workload = str(workloads.selections[0])
    return StepPending("not-synced", {"workload": workload, "container": component.name, "image": named[0]})


def _look(work: Work) -> Observation | StepFailed | Unavailable:
    cause = "retire" if work.plan.intent is Intent.RETIRE else "apply"
    seen = observe(work.context, work.application, cause=cause)
    return seen if isinstance(seen, Observation) else step_failure(seen)


def _done(work: Work, seen: Observation, state: str) -> StepDone:
    result: dict[str, Any] = {"basis": seen.basis, "revision": seen.revision, "state": state}
    if state == "promoted":
        level = work.context.levels[work.here.level]
        result["availability"] = availability(work.context.registries, work.pinned, level, work.context.now())
    return StepDone(result, (observation_event(work.context, seen),))


def _wrong(work: Work, seen: Observation) -> StepFailed | None:
    intent, release = work.plan.intent, work.pinned.release
    ours = [each for each in seen.images if is_of(each, release)]
    if intent is Intent.RETIRE:
        return StepFailed("still-there", {"tag": release.tag}) if _spelled(ours, release) else None
    if intent is Intent.ALIAS:
        return _wrong_alias(work, seen)
    there = {each.component for each in ours}
    for name in work.application.components(release.product):
        component = release.component(name)
        if component is not None and component in release.images and name not in there:
            return StepFailed("digest-differs", _difference(name, component.digest, seen))
    return None


def _wrong_alias(work: Work, seen: Observation) -> StepFailed | None:
    alias = work.request.alias or ""
    tags = {each.spelling for each in _spelled(seen.images, work.pinned.release)}
    if seen.aliases.get(alias) in tags:
        return None
    return StepFailed(
        "alias-differs", {"alias": alias, "found": seen.aliases.get(alias), "wanted": sorted(tags)}
    )


def _spelled(images: Iterable[ObservedImage], release: Release) -> list[ObservedImage]:
    """Those of the release's images that are there under its own tag: another release's may be the same image."""
    return [
        each
        for each in images
        if is_of(each, release)
        and (part := release.component(each.component)) is not None
        and each.spelling == part.spelling
    ]


def _difference(component: str, wanted: str, seen: Observation) -> dict[str, Any]:
    found = [each for each in seen.images if each.component == component]
    return {
        "component": component,
        "wanted": wanted,
        "found": [{"digest": each.digest, "spelling": each.spelling} for each in found],
    }
