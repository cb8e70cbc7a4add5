"""Next commands of decisions, planned before they are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ldmrelease.answers.decisions import NONE_BLOCKED
from ldmrelease.domain.decision import Decision, Outcome
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided, roles_asked

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift_report import Blocked
    from ldmrelease.services.promotions.report import PromotionReport

ADVICE_SECONDS = 10.0
"""For how long next commands are planned."""

BlockedAdvice = Sequence[Mapping[str, "Blocked"]]
"""For each decision: by requirement, the command that would be refused, and why."""


_FINAL = (PromotionState.SUCCEEDED, PromotionState.SUPERSEDED, PromotionState.ABORTED)


def planned_advice(context: Context, decided: Sequence[Decided]) -> tuple[tuple[Decided, ...], BlockedAdvice]:
    """The same decisions with no next command that would be refused; and what was taken out of each.

    Who can change something is told by name where the trust document has one.
    """
    decided = [replace(each, decision=_with_people(context, each.decision)) for each in decided]
    if not any(_is_unmet(each.decision) for each in decided):
        return tuple(decided), [{} for _ in decided]
    from ldmrelease.services.promotions.advice import Planner  # noqa: PLC0415 - where there is advice

    planner = Planner(context, ADVICE_SECONDS)
    advised = [planner.of_decision(each.decision) for each in decided]
    found = (replace(each, decision=said.decision) for each, said in zip(decided, advised, strict=True))
    return tuple(found), [each.blocked for each in advised]


def unadvised(context: Context, decided: Decided) -> Decided:
    """The same decision without next commands, with the people of the roles that can change something."""
    return replace(decided, decision=_unadvised(_with_people(context, decided.decision)))


def planned_report(
    context: Context, report: "PromotionReport"
) -> tuple["PromotionReport", Mapping[str, "Blocked"]]:
    """The same promotion with no next command that would be refused now; and what was taken out of its last decision.

    Earlier decisions advise nothing, and none does of a promotion that is through.
    """
    from ldmrelease.answers.people import cause_with_people  # noqa: PLC0415 - as above

    report = replace(report, cause=cause_with_people(context.keyring, report.cause))
    if not report.decisions:
        return report, NONE_BLOCKED
    *earlier, last = [replace(each, decision=_unadvised(each.decision)) for each in report.decisions]
    blocked: Mapping[str, Blocked] = NONE_BLOCKED
    told = _with_people(context, report.decisions[-1].decision)
    if report.state not in _FINAL and _is_unmet(told):
        from ldmrelease.services.promotions.advice import Planner  # noqa: PLC0415 - where there is advice

        advised = Planner(context, ADVICE_SECONDS).of_decision(told)
        last, blocked = replace(last, decision=advised.decision), advised.blocked
    return replace(report, decisions=(*earlier, last)), blocked


def _is_unmet(decision: Decision) -> bool:
    return any(each.outcome is not Outcome.SATISFIED for each in decision.findings)


def _unadvised(decision: Decision) -> Decision:
    return replace(decision, findings=tuple(replace(each, next=()) for each in decision.findings))


def _with_people(context: Context, decision: Decision) -> Decision:
    if not _is_unmet(decision):
        return decision
    from ldmrelease.answers.people import with_people  # noqa: PLC0415 - where somebody may have to act

    return replace(
        decision,
        findings=tuple(
            replace(each, who=with_people(context.keyring, roles_asked(context.workspace, each)))
            for each in decision.findings
        ),
    )
