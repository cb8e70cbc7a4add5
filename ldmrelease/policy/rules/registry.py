"""The registry of rules. A new one is a file beside this one, and a line here.

A rule's module has `Parameters`, what a requirement of the rule may say (durations in seconds), and `judge`; one that
needs residences has `looks_at` beside them, which says of which places. `ALSO_ASKED_OF` are intents beside promotions,
`JUDGES_LAST` says that it looks at the findings of the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.rules import (
    after,
    approval,
    attested,
    check,
    compatible,
    documents,
    images,
    metric,
    not_returned,
    not_stale,
    reviewed,
    same_content_as,
    same_cycle,
    together,
    verified,
    vulnerabilities,
    window,
)


class Rule(Struct, frozen=True, dict=True):
    """How one rule's parameters are read, how it judges, and by which facts.

    `needs` names the sources of the facts that it looks at (`services/decisions/facts`); what is about the
    release and the request itself is always there. `looks_at` says, from parameters and the place that is asked
    about, whether what ran at another place, of a level, makes a difference; None where nothing does. `asked_of` are
    the intents that it is asked of before anything is touched; `judges_last`: by what became of all else.
    """

    parameters: type[Struct]
    judge: Callable[[Requirement, Any, RuleContext], Finding]
    needs: frozenset[str]
    looks_at: Callable[[Any, Place, Place, str | None], bool] | None = None
    asked_of: frozenset[Intent] = frozenset({Intent.PROMOTE})
    judges_last: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset(self.parameters.__struct_fields__)

    def __call__(self, requirement: Requirement, context: RuleContext) -> Finding:
        """Judge a requirement; parameters that the rule does not understand are `errored`, never ignored."""
        unknown = requirement.parameters.keys() - self.names
        if unknown:
            values = {"unknown": sorted(unknown)}
            return context.finding(requirement, Outcome.ERRORED, "unknown-parameter", values)
        try:
            parameters = requirement.read(self.parameters)
        except canonical.NotCanonical as error:
            return context.finding(requirement, Outcome.ERRORED, "bad-parameters", {"detail": str(error)})
        return self.judge(requirement, parameters, context)

    def residences(
        self, requirement: Requirement, here: Place, places: Iterable[tuple[Place, str | None]]
    ) -> Iterator[Place]:
        """Those of the places, each with its level, whose residences a requirement at `here` looks at."""
        if self.looks_at is None:
            return
        try:
            parameters = requirement.read(self.parameters)
        except canonical.NotCanonical:
            # It is `errored` whatever ran anywhere.
            return
        yield from (place for place, level in places if self.looks_at(parameters, here, place, level))


def _rule(module: Any, *needs: str) -> Rule:
    asked_of = frozenset({Intent.PROMOTE, *getattr(module, "ALSO_ASKED_OF", ())})
    return Rule(
        module.Parameters,
        module.judge,
        frozenset(needs),
        getattr(module, "looks_at", None),
        asked_of,
        getattr(module, "JUDGES_LAST", False),
    )


RULES: Mapping[str, Rule] = {
    "images": _rule(images, "images"),
    "attested": _rule(attested, "statements"),
    "check": _rule(check, "statements", "runs", "checks", "clusters", "unknown_runs", "places"),
    "after": _rule(after, "residences", "places", "place_components", "statements", "runs"),
    "together": _rule(together, "residences", "places", "place_components"),
    "not-returned": _rule(not_returned, "residences", "place_components"),
    "not-stale": _rule(not_stale, "change"),
    "window": _rule(window, "windows", "requested"),
    "approval": _rule(approval, "approvals", "pinned_by"),
    "same-content-as": _rule(same_content_as, "candidate_pins"),
    "same-cycle": _rule(same_cycle, "cycles"),
    "vulnerabilities": _rule(vulnerabilities, "statements"),
    "metric": _rule(metric, "statements", "running"),
    "reviewed": _rule(reviewed, "statements"),
    "documents": _rule(documents, "statements", "documents"),
    "compatible": _rule(compatible, "statements", "interfaces"),
    "verified": _rule(verified, "statements", "campaigns"),
}
