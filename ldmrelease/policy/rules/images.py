"""`images`: every image is there, for every required platform, and its tag has not moved."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import ImageFact
from ldmrelease.domain.images import without_os_version
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.asked_images import asked_images
from ldmrelease.policy.rule_context import RuleContext, command

# Problems that say that something is not there; the others say that it cannot be read as an image.
ABSENT = frozenset({"absent", "child-absent"})

Fault = tuple[Outcome, str, dict[str, Any]]
_WORST_FIRST = (Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED)


class Parameters(Struct, frozen=True):
    """`platforms`, such as `linux/amd64`, that every image must have; none: whatever it was built for."""

    platforms: tuple[str, ...] = ()


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """A tag that is gone is told, and no fault: what is promoted is the digest."""
    release = context.facts.release
    images = asked_images(context.facts)
    if not images:
        return context.finding(requirement, Outcome.MISSING, "no-images")
    faults = [fault for image in images for fault in _faults(image, parameters.platforms)]
    faults.sort(key=lambda fault: _WORST_FIRST.index(fault[0]))
    values: dict[str, Any] = {"platforms": list(parameters.platforms)}
    gone = [each.component for each in images if each.tag_now is None]
    if gone:
        values["tag_gone"] = gone
    if not faults:
        return context.finding(requirement, Outcome.SATISFIED, "present", values)
    outcome, code, first = faults[0]
    values |= first
    if len(faults) > 1:
        values["faults"] = [{"code": code} | about for _, code, about in faults]
    return context.finding(
        requirement,
        outcome,
        code,
        values,
        next=command("release", "pin", release.tag, "--reason", "WHY") if code == "tag-moved" else (),
    )


def _faults(image: ImageFact, platforms: tuple[str, ...]) -> Iterable[Fault]:
    about = {"component": image.component, "image": image.name}
    if image.problem is not None:
        yield Outcome.MISSING if image.problem in ABSENT else Outcome.ERRORED, image.problem, about
        return
    if image.lacking:
        yield Outcome.MISSING, "part-absent", about | {"lacking": list(image.lacking)}
    elif not image.present:
        yield Outcome.MISSING, "absent", about | {"digest": image.digest}
    if image.tag_now not in (None, image.digest):
        yield Outcome.FAILED, "tag-moved", about | {"pinned": image.digest, "now": image.tag_now}
    has = [each.platform for each in image.platforms]
    if len(set(has)) < len(has):
        yield Outcome.ERRORED, "duplicate-platform", about | {"has": sorted(has)}
    for platform in platforms:
        if platform not in map(without_os_version, has):
            yield Outcome.MISSING, "platform-absent", about | {"platform": platform, "has": sorted(has)}
