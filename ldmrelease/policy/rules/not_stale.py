"""`not-stale`: the change that brings the release does not take several applications back at once.

That is what a merge of an old branch does: each of its settings alone may look like somebody's wish to go back, and
together they are what everybody had left. Going back in one application is no matter of this rule.
"""

from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext

_ONE = 1


class Parameters(Struct, frozen=True):
    """The change that brings the release does not take several applications back, as a merge of an old branch does."""


def judge(requirement: Requirement, _parameters: Parameters, context: RuleContext) -> Finding:
    """Only what goes back itself is refused: what the same change moves forward may enter."""
    change = context.facts.change
    if change is None or not change.goes_back:
        return context.finding(requirement, Outcome.SATISFIED, "goes-on")
    values: dict[str, Any] = {"applications": sorted(change.applications), "settings": change.settings}
    if len(set(change.applications)) > _ONE:
        return context.finding(requirement, Outcome.FAILED, "stale", values)
    return context.finding(requirement, Outcome.SATISFIED, "one-application", values)
