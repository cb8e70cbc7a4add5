"""`same-cycle`: all components of an environment are of one cycle, notebook menus too.

A component of another cycle is unsafe at a site, and so is a notebook image of another cycle. What has no cycle is of
none, and is let be. A menu that is restricted to a cycle names that one; its aliases escape the restriction.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta, Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import CycleFact, CycleRole, Facts, Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext

ALSO_ASKED_OF = (Intent.ALIAS,)
"""An alias is what users start by default: it may be moved to another cycle as little as an image."""


class Parameters(Struct, frozen=True):
    """All components of the environment are of one cycle, notebook menus included."""

    first: Annotated[
        tuple[str, ...],
        Meta(
            description="Applications that go to another cycle before the others of their environment, which then "
            "follow: these are asked to be of one cycle among themselves, the others to be of theirs. Left out: "
            "none may differ from another at any time."
        ),
    ] = ()


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """As the environment would be with the release: what the same promotion changes there later follows."""
    facts = context.facts
    cycles = sorted(
        {each.cycle for each in facts.cycles if each.role is CycleRole.RELEASE and each.cycle is not None}
    )
    if not cycles:
        return context.finding(requirement, Outcome.SATISFIED, "no-cycle", {"tag": facts.release.tag})
    if len(cycles) > 1:
        own = [each for each in facts.cycles if each.role is CycleRole.RELEASE and each.cycle is not None]
        values = {"cycles": cycles, "others": _told(own)}
        return context.finding(requirement, Outcome.FAILED, "several-cycles", values)
    return _compared(requirement, parameters, context, cycles[0])


def _compared(requirement: Requirement, parameters: Parameters, context: RuleContext, cycle: str) -> Finding:
    facts = context.facts
    values: dict[str, Any] = {"cycle": cycle, "environment": facts.place.environment}
    compared = _compared_with(facts, parameters.first)
    unread = [each for each in compared if each.problem is not None]
    if unread:
        told = [{"place": str(each.place), "code": each.problem} for each in unread]
        return context.finding(requirement, Outcome.ERRORED, "unread", values | {"places": told})
    differing = [
        each
        for each in facts.cycles
        if each.role is not CycleRole.RELEASE and each.cycle not in (None, cycle)
    ]
    in_the_way = [each for each in differing if each in compared and not _follows(each, facts, cycle)]
    behind = [each for each in differing if each not in in_the_way]
    if behind:
        values["behind"] = _told(behind)
    if not in_the_way:
        return context.finding(requirement, Outcome.SATISFIED, "same-cycle", values)
    values["others"] = _told(in_the_way)
    earlier = all(each.place in facts.earlier for each in in_the_way)
    outcome, code = (Outcome.PENDING, "earlier-in-plan") if earlier else (Outcome.FAILED, "two-cycles")
    return context.finding(requirement, outcome, code, values)


def _compared_with(facts: Facts, first: tuple[str, ...]) -> tuple[CycleFact, ...]:
    """What must not differ: where some applications go first, that is those, and what is at the place itself."""
    leads = {each.place for each in facts.cycles if each.place.application in first}
    here = facts.place
    if here.application in first:
        leads = leads | {here}
    elif not any(each.place in leads and (each.cycle or each.problem) for each in facts.cycles):
        return facts.cycles
    return tuple(each for each in facts.cycles if each.place == here or each.place in leads)


def _follows(each: CycleFact, facts: Facts, cycle: str) -> bool:
    """Whether it goes to the cycle next: by the same promotion, or as the name in a menu that can only then move."""
    if each.place != facts.place:
        return each.place in facts.later
    if each.role is not CycleRole.ALIAS:
        return False
    restricted = {
        one.cycle for one in facts.cycles if one.role is CycleRole.MENU and one.place == facts.place
    }
    return facts.intent is Intent.ALIAS or restricted == {cycle}


def _told(found: Iterable[CycleFact]) -> list[dict[str, Any]]:
    return [
        {
            "place": str(each.place),
            "role": str(each.role),
            "component": each.component,
            "tag": each.tag,
            "cycle": each.cycle,
        }
        for each in sorted(found, key=lambda each: (each.place, each.component, each.role, each.tag))
    ]
