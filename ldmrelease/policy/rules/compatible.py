"""`compatible`: the schemas and protocols that a release needs are those that the environment has.

A major version of prompt processing is forced by an incompatibility with the APDB, the Butler or the schema of alerts:
its release declares the ranges that it works with.
"""

from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.version_ranges import VersionRange
from ldmrelease.domain.workspace_facts import InterfaceFact
from ldmrelease.policy.counted import JudgedPart, counted_statements, worst
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.subjects import PolicySubject


class Parameters(Struct, frozen=True):
    """The `interfaces` that the release has to declare (empty: at least one, whichever); roles `by` of those whose
    declarations count (empty: any).
    """

    interfaces: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Everything that the release declares to need has to be there in its range, and has to be known."""
    values: dict[str, Any] = {"environment": context.facts.place.environment}
    release = context.facts.release
    subjects = [PolicySubject(each) for each in (release.digest, release.content) if each is not None]
    declared = counted_statements("compatibility", subjects, parameters.by, context)
    latest = _newest(declared.found)
    if latest is None or latest.compatibility is None:
        outcome, code = declared.absent()
        code = "not-declared" if code == "no-evidence" or latest is not None else code
        values |= {"seen": declared.seen} if declared.seen else {}
        return context.finding(requirement, outcome, code, values, who=parameters.by)
    requires = latest.compatibility.requires
    parts = {
        each: _part(requires.get(each), _there(each, parameters.by, context))
        for each in sorted({*requires, *parameters.interfaces})
    }
    if not parts:
        return context.finding(requirement, Outcome.MISSING, "not-declared", values, who=parameters.by)
    speaking = worst(parts.values())
    interfaces = [{"interface": name, "code": part.code, **part.values} for name, part in parts.items()]
    unmet = [each for each in interfaces if each["code"] != "compatible"]
    values["interfaces"] = unmet or interfaces
    return context.finding(requirement, speaking.outcome, speaking.code, values, evidence=(latest.evidence,))


def _newest(found: tuple[StatementFact, ...]) -> StatementFact | None:
    return found[-1] if found else None


def _there(interface: str, by: tuple[str, ...], context: RuleContext) -> list[InterfaceFact]:
    """What the workspace says, and what releases there are said to provide by somebody who counts."""
    return sorted(
        (
            each
            for each in context.facts.interfaces
            if each.interface == interface
            and (each.place is None or not by or not set(by).isdisjoint(each.roles))
        ),
        key=lambda each: (each.source, each.place or "", each.version),
    )


def _part(asked: str | None, there: list[InterfaceFact]) -> JudgedPart:
    if asked is None:
        return JudgedPart(Outcome.MISSING, "not-declared")
    told: dict[str, Any] = {"requires": asked}
    if not there:
        return JudgedPart(Outcome.MISSING, "unknown-here", told)
    told["found"] = [_told(each) for each in there]
    try:
        range_ = VersionRange.parse(asked)
        fits = all(range_.has(each.version) for each in there)
    except ValueError as error:
        return JudgedPart(Outcome.ERRORED, "unreadable-version", told | {"detail": str(error)})
    if not fits:
        return JudgedPart(Outcome.FAILED, "incompatible", told)
    return JudgedPart(Outcome.SATISFIED, "compatible", told)


def _told(fact: InterfaceFact) -> dict[str, str]:
    place = {"place": fact.place} if fact.place is not None else {}
    return {"version": fact.version, "source": fact.source, **place}
