"""`together`: applications of one environment run the same release, or are about to."""

from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.residences import release_residences
from ldmrelease.policy.rule_context import RuleContext, command


class Parameters(Struct, frozen=True):
    """`applications` of this environment; the one that is being promoted does not wait for itself."""

    applications: tuple[str, ...]


def looks_at(parameters: Parameters, here: Place, place: Place, _level: str | None) -> bool:
    """Whether what ran at a place makes a difference."""
    return place.environment == here.environment and place.application in parameters.applications


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Pending while the others come earlier in the same plan, missing while nobody brings them."""
    here = context.facts.place
    values: dict[str, Any] = {"environment": here.environment}
    others = [Place(here.environment, each) for each in parameters.applications if each != here.application]
    if not others:
        return context.finding(requirement, Outcome.ERRORED, "nothing-named", values)
    unknown = [each for each in others if each not in context.index.applications.get(here.environment, ())]
    if unknown:
        values["applications"] = [each.application for each in unknown]
        return context.finding(requirement, Outcome.ERRORED, "unknown-application", values)
    lacking = [each for each in others if not _runs(each, context)]
    values["applications"] = [each.application for each in lacking or others]
    if not lacking:
        return context.finding(requirement, Outcome.SATISFIED, "together", values)
    absent = [each for each in lacking if each not in context.facts.earlier]
    if not absent:
        return context.finding(requirement, Outcome.PENDING, "earlier-in-plan", values)
    next_words = command("promote", context.facts.release.tag, "--target", str(absent[0]))
    return context.finding(requirement, Outcome.MISSING, "not-together", values, next=next_words)


def _runs(place: Place, context: RuleContext) -> bool:
    return any(each.current for each in release_residences(context.index, place))
