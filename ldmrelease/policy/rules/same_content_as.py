"""`same-content-as`: a final has the content of its last candidate (LDM-672)."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import CandidatePin
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext

FINAL = "release"


class Parameters(Struct, frozen=True):
    """`kind` of the release to compare with."""

    kind: str = "candidate"


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """It asks something of finals only: a weekly has no candidate, and the level says what it accepts."""
    release = context.facts.release
    values: dict[str, Any] = {"kind": parameters.kind, "content": release.content}
    if release.kind != FINAL:
        return context.finding(
            requirement, Outcome.SATISFIED, "not-applicable", values | {"of": release.kind}
        )
    last = _last(context.facts.candidate_pins, parameters.kind, release.version)
    if not last:
        return context.finding(requirement, Outcome.MISSING, "no-candidate", values)
    values |= {"candidate": last[0].tag, "candidate_content": last[0].content}
    if len({each.content for each in last}) > 1:
        values["candidates"] = [{"tag": each.tag, "content": each.content} for each in last]
        return context.finding(requirement, Outcome.ERRORED, "ambiguous-candidate", values)
    if not release.content or not last[0].content:
        return context.finding(requirement, Outcome.MISSING, "no-content", values)
    if release.content != last[0].content:
        return context.finding(requirement, Outcome.FAILED, "other-content", values)
    return context.finding(requirement, Outcome.SATISFIED, "same-content", values)


def _last(
    candidate_pins: Iterable[CandidatePin], kind: str, version: tuple[Any, ...] | None
) -> list[CandidatePin]:
    """The candidates of the version that stand last in the order: several if they share their place."""
    if version is None:
        return []
    same = [
        each
        for each in candidate_pins
        if each.kind == kind and each.version is not None and each.version[:3] == version[:3]
    ]
    highest = max((_comparable(each.order) for each in same), default=None)
    last = [each for each in same if _comparable(each.order) == highest]
    return sorted(last, key=lambda each: (each.tag, each.digest))


def _comparable(key: Any) -> tuple[Any, ...]:
    """An order key in which any two values compare, and a list read from JSON is the tuple it was."""
    if isinstance(key, (list, tuple)):
        return (3, tuple(_comparable(each) for each in key))
    if isinstance(key, int):
        return (1, key)
    return (0, "") if key is None else (2, str(key))
