"""Next commands of decisions, planned before they are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ldmrelease.domain.decision import Outcome
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift_report import Blocked

ADVICE_SECONDS = 10.0
"""For how long next commands are planned."""

BlockedAdvice = Sequence[Mapping[str, "Blocked"]]
"""For each decision: by requirement, the command that would be refused, and why."""


def planned_advice(context: Context, decided: Sequence[Decided]) -> tuple[tuple[Decided, ...], BlockedAdvice]:
    """The same decisions with no next command that would be refused; and what was taken out of each."""
    if not any(
        finding.outcome is not Outcome.SATISFIED for each in decided for finding in each.decision.findings
    ):
        return tuple(decided), [{} for _ in decided]
    from ldmrelease.services.promotions.advice import Planner  # noqa: PLC0415 - where there is advice

    planner = Planner(context, ADVICE_SECONDS)
    advised = [planner.of_decision(each.decision) for each in decided]
    found = (replace(each, decision=said.decision) for each, said in zip(decided, advised, strict=True))
    return tuple(found), [each.blocked for each in advised]
