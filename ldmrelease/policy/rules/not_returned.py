"""`not-returned`: this place did not already run the release and replace it.

It catches stale merges, which bring back what was left behind; `rollback` is the way back.
"""

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.residences import release_residences
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.way_back import rollback_to


class Parameters(Struct, frozen=True):
    """The place did not run the release before and replace it; `rollback` is the way back."""


def looks_at(_parameters: Parameters, here: Place, place: Place, _level: str | None) -> bool:
    """Whether what ran at a place makes a difference."""
    return place == here


def judge(requirement: Requirement, _parameters: Parameters, context: RuleContext) -> Finding:
    """Residences that a restore ended are ignored: the release never settled here and may be tried again."""
    place = context.facts.place
    residences = release_residences(context.index, place)
    if any(each.current for each in residences):
        return context.finding(requirement, Outcome.SATISFIED, "runs-here")
    left = [each for each in residences if each.ended in ("replaced", "retired")]
    if not left:
        return context.finding(requirement, Outcome.SATISFIED, "not-returned")
    last = max(left, key=lambda each: (each.last, each.first))
    values = {"first": times.spell(last.first), "last": times.spell(last.last), "ended": last.ended}
    return context.finding(requirement, Outcome.FAILED, "returned", values, next=rollback_to(context, place))
