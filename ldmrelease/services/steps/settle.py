"""Settle: what runs is what was promoted, seen and signed (design section 4, step 6)."""

from typing import Any

from ldmrelease.domain.acts import Observation
from ldmrelease.domain.facts import Intent
from ldmrelease.services.observe import observation_event, observe
from ldmrelease.services.steps.step import Answer, Done, Failed, Interrupted, Work
from ldmrelease.targets.outcome import Refusal, Unreachable


def act(work: Work) -> Answer:
    """Observe, and compare by digest: a tag that was written is verified here."""
    cause = "retire" if work.plan.intent is Intent.RETIRE else "apply"
    seen = observe(work.bench, work.application, cause=cause)
    match seen:
        case Unreachable():
            return Interrupted(seen.where, seen.reason)
        case Refusal():
            return Failed(seen.code, seen.values)
    wrong = _wrong(work, seen)
    if wrong is not None:
        return wrong
    result = {"basis": seen.basis, "revision": seen.revision, "state": _state(seen)}
    return Done(result, (observation_event(work.bench, seen),))


def _state(seen: Observation) -> str:
    """A tree tells what was committed; only a cluster tells what runs."""
    return "promoted" if seen.basis == "pods" else "committed"


def _wrong(work: Work, seen: Observation) -> Failed | None:
    intent, release = work.plan.intent, work.pinned.release
    there = {each.component: each.digest for each in seen.images if each.release == work.pinned.digest}
    if intent is Intent.RETIRE:
        return Failed("still-there", {"tag": release.tag}) if there else None
    if intent is Intent.ALIAS:
        return _wrong_alias(work, seen)
    for name in work.application.components(release.product):
        component = release.component(name)
        if component is not None and component in release.images and there.get(name) != component.digest:
            return Failed("digest-differs", _difference(name, component.digest, seen))
    return None


def _wrong_alias(work: Work, seen: Observation) -> Failed | None:
    alias = work.request.alias or ""
    tags = {each.spelling for each in seen.images if each.release == work.pinned.digest}
    if seen.aliases.get(alias) in tags:
        return None
    return Failed("alias-differs", {"alias": alias, "found": seen.aliases.get(alias), "wanted": sorted(tags)})


def _difference(component: str, wanted: str, seen: Observation) -> dict[str, Any]:
    found = [each for each in seen.images if each.component == component]
    return {
        "component": component,
        "wanted": wanted,
        "found": [{"digest": each.digest, "spelling": each.spelling} for each in found],
    }
