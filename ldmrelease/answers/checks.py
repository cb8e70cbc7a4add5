"""`check`: what a promotion would decide, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.decisions import NONE_BLOCKED, DecisionAnswer, decision_answer
from ldmrelease.answers.exit_codes import VERDICT_CODES, WORST_FIRST, ExitCode
from ldmrelease.answers.findings import PlaceRefusalAnswer, is_undecided, preflight_refusals
from ldmrelease.domain.decision import IN_THE_WAY, Verdict

if TYPE_CHECKING:
    from ldmrelease.services.decisions.decide import Decided, Unagreed
    from ldmrelease.services.inventory.drift_report import Blocked
    from ldmrelease.services.promotions.preflight import PreflightFailed, RefusedPlace


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion would decide, place by place; `refusals`: what other places would not take, or that nobody could
    be asked about them.

    `verdict` is the worst of the places, apart from those that only wait for an earlier one.
    `hypothetical` are levels whose policy nobody has agreed to, and
    `unagreed_targets` environments whose targets nobody has, `unagreed_products` and `unagreed_checks` products and
    checks that nobody has; `unsigned_trust` is why nobody has signed the trust document as it is: nothing acts on
    what is decided.
    """

    verdict: Verdict
    decisions: tuple[DecisionAnswer, ...]
    refusals: tuple[PlaceRefusalAnswer, ...]
    hypothetical: tuple[str, ...]
    unagreed_targets: tuple[str, ...]
    unagreed_products: tuple[str, ...]
    unagreed_checks: tuple[str, ...]
    unsigned_trust: str | None

    @property
    def exit_code(self) -> ExitCode:
        """The worst place's verdict speaks."""
        return VERDICT_CODES[self.verdict]


def check_answer(
    decided: Sequence[Decided],
    local: Unagreed,
    blocked: Sequence[Mapping[str, Blocked]] = (),
    left_out: tuple[RefusedPlace, ...] = (),
) -> CheckAnswer:
    """The decisions of a preview, in the order of the plan, and for each what is not advised by requirement; `left_out`
    are places that could not be decided about, or would not take it.
    """
    told = zip(decided, blocked or [NONE_BLOCKED] * len(decided), strict=True)
    decisions = tuple(decision_answer(each.decision, each.digest, why) for each, why in told)
    return CheckAnswer(
        verdict=_worst(decisions, left_out),
        decisions=decisions,
        refusals=preflight_refusals(left_out),
        hypothetical=local.levels,
        unagreed_targets=local.environments,
        unagreed_products=local.products,
        unagreed_checks=local.checks,
        unsigned_trust=local.document or None,
    )


def _worst(decisions: tuple[DecisionAnswer, ...], left_out: Iterable[RefusedPlace]) -> Verdict:
    """What waits for nothing but the places before it says what they say."""
    asked = [each for each in decisions if not _follows(each)]
    verdicts = [*(each.verdict for each in asked or decisions), *map(_of_refusal, left_out)]
    return min(verdicts, key=lambda each: WORST_FIRST.index(VERDICT_CODES[each]))


def _of_refusal(place: RefusedPlace) -> Verdict:
    return Verdict.UNDECIDED if is_undecided(place.refusal) else Verdict.REFUSED


def _follows(decision: DecisionAnswer) -> bool:
    unmet = [each for each in decision.findings if each.outcome in IN_THE_WAY]
    return decision.verdict == "waiting" and all(each.code == "earlier-in-plan" for each in unmet)


def refused_check(failed: PreflightFailed) -> CheckAnswer:
    """The same as the answer to `check`: nothing is decided where nothing could be written."""
    return CheckAnswer(
        verdict=_of_refusal(failed.places[0]),
        decisions=(),
        refusals=preflight_refusals(failed.places),
        hypothetical=(),
        unagreed_targets=(),
        unagreed_products=(),
        unagreed_checks=(),
        unsigned_trust=None,
    )
