"""The machine: from a plan and its journal to what is to be done next. No effect, no clock (design 4).

Where others merge what is proposed, `propose` and `merge` come before the claim; a proposal whose decision no longer
allows it is withdrawn, and so is that of a promotion that stops. What was merged is put back as what was applied is.
One proposal may be about several places, a wave: each is asked before it, and claimed, settled and confirmed by itself
after the merge.

A place goes: ask (a decision without a claim) -> claim -> enter (the decision again, under the claim) ->
apply -> settle -> checks -> confirm -> receipt -> publish -> free; without checks and confirmation where it
settled as scaled to zero, which gets no receipt either. What waits holds no claim. A failure
starts nothing new, restores that place alone, and stops.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import DecisionStage, PromotionState
from ldmrelease.domain.plan import PlacePlan, Plan, Step, StepKind
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.claims import Claim
from ldmrelease.promotion.state import Journal, StageDecision

_NOT_TO_BE_THERE = {Verdict.REFUSED, Verdict.WAITING}
"""Verdicts that no change which others have merged already may stand with."""
_BEFORE_CLAIM = (StepKind.COPY, StepKind.PROPOSE, StepKind.MERGE)
_AFTER_CONFIRM = {StepKind.RECEIPT, StepKind.PUBLISH}


class Do(Struct, frozen=True):
    """Carry out this step."""

    step: Step


class Decide(Struct, frozen=True):
    """Make and record the decision of a stage at a place."""

    place: Place
    stage: DecisionStage


class Wait(Struct, frozen=True):
    """Nothing to do before `until` (if it is known) or before one of `who` acts."""

    place: Place
    until: datetime | None
    who: tuple[str, ...]


class Halting(Struct, frozen=True):
    """Record that the promotion stops in the middle, and why."""

    place: Place
    cause: str
    values: dict[str, Any] = field(default_factory=dict)


class Stop(Struct, frozen=True):
    """The end: the state to record, and why."""

    state: PromotionState
    cause: str
    values: dict[str, Any] = field(default_factory=dict)


Action = Do | Decide | Wait | Halting | Stop


def next_action(plan: Plan, journal: Journal, claims: dict[Place, Claim | None]) -> Action:
    """What to do next. `claims` has who claims each place of the plan now."""
    if journal.state.ended:
        return Stop(journal.state, "ended")
    if journal.halt is not None:
        return _halt(plan, journal, claims)
    here = current_place(plan, journal)
    if here is None:
        return Stop(PromotionState.SUCCEEDED, "all-places")
    return _at_place(plan, here, journal, claims)


def current_place(plan: Plan, journal: Journal) -> PlacePlan | None:
    """The first place that the promotion is not through with; None where it is through with all.

    A place that was given free to wait for its confirmation is not through: what was applied is still there.
    """
    for each in plan.places:
        if not journal.step(each.free.id).done or not _through(each, journal):
            return each
    return None


def _through(place_plan: PlacePlan, journal: Journal) -> bool:
    return all(journal.step(each.id).done for each in _after_claim(place_plan, journal))


def _after_claim(place_plan: PlacePlan, journal: Journal) -> list[Step]:
    """The steps that a place takes under its claim: where nothing is to run, nothing can be checked."""
    left_out = {StepKind.CHECK} if _is_scaled_to_zero(place_plan, journal) else set()
    before = {StepKind.CLAIM, *(each.kind for each in place_plan.unclaimed)}
    return [each for each in place_plan.steps if each.kind not in left_out | before]


def _is_scaled_to_zero(place_plan: PlacePlan, journal: Journal) -> bool:
    return journal.step(place_plan.step(StepKind.SETTLE).id).result.get("state") == "scaled-to-zero"


def _at_place(plan: Plan, here: PlacePlan, journal: Journal, claims: dict[Place, Claim | None]) -> Action:
    if _through(here, journal):
        return Do(here.free)
    # What one proposal changes together is asked, proposed and merged before any of it is claimed.
    wave = [each for each in plan.wave_of(here) if each is here or not journal.step(each.free.id).done]
    for each in wave:
        if journal.ruling(each.place, DecisionStage.ASK) is None:
            return Decide(each.place, DecisionStage.ASK)
    for each in wave:
        barred = blocking_decision(each.place, journal)
        if barred is not None:
            return _barred(plan, each, *barred, journal)
    return _proposed(wave, journal) or _claimed(plan, here, journal, claims)


def _barred(
    plan: Plan, here: PlacePlan, stage: DecisionStage, ruling: StageDecision, journal: Journal
) -> Action:
    withdrawn = _withdrawn(plan, here, ruling, journal)
    if withdrawn is not None:
        return withdrawn
    if _merged(here, journal) and stage is not DecisionStage.CONFIRM and ruling.verdict in _NOT_TO_BE_THERE:
        return Halting(here.place, "merged-unallowed", {"decision": ruling.decision})
    if not journal.step(here.claim.id).done:
        return _unclaimed(plan, here, ruling, journal)
    if stage is DecisionStage.CONFIRM and ruling.verdict is not Verdict.WAITING:
        return Halting(here.place, "not-confirmed", {"decision": ruling.decision})
    return Do(here.free)


def blocking_decision(place: Place, journal: Journal) -> tuple[DecisionStage, StageDecision] | None:
    """The decision that stands in the way at a place, and its stage."""
    for stage in DecisionStage:
        ruling = journal.ruling(place, stage)
        if ruling is not None and ruling.verdict is not Verdict.ALLOWED:
            return stage, ruling
    return None


def _claimed(plan: Plan, here: PlacePlan, journal: Journal, claims: dict[Place, Claim | None]) -> Action:
    claim, holding = claims.get(here.place), journal.step(here.claim.id)
    if claim is not None and claim.promotion != plan.promotion and holding.done:
        return Halting(here.place, "claim-lost", {"to": claim.promotion})
    if holding.failed:
        return Halting(here.place, "claim-failed", {"step": here.claim.id, **holding.result})
    if claim is None or not holding.done or holding.result.get("epoch") != claim.epoch:
        return Do(here.claim)
    entered = journal.ruling(here.place, DecisionStage.ENTER)
    if entered is None or (entered.epoch != claim.epoch and not _applied(plan, here, journal)):
        return Decide(here.place, DecisionStage.ENTER)
    return _next_step(here, journal)


def _proposed(wave: Sequence[PlacePlan], journal: Journal) -> Action | None:
    """What is to be done before the first of the places is claimed; None where that is through."""
    for kind in _BEFORE_CLAIM:
        for here in wave:
            for step in here.unclaimed:
                record = journal.step(step.id)
                if step.kind is not kind or record.done:
                    continue
                if record.failed:
                    return Halting(here.place, f"{kind}-failed", {"step": step.id, **record.result})
                return Do(step)
    return None


def _withdrawn(plan: Plan, here: PlacePlan, ruling: StageDecision, journal: Journal) -> Action | None:
    """Take a proposal back that a decision no longer allows, before anybody merges it; None where none is open."""
    withdrawal = _open_withdrawal(plan, here, journal)
    if withdrawal is None:
        return None
    if ruling.verdict is Verdict.UNDECIDED:
        return Wait(here.place, None, ("operator",))
    if journal.step(withdrawal.id).failed:
        # Somebody was faster: it is in the branch.
        values = {"step": withdrawal.id, **journal.step(withdrawal.id).result, "decision": ruling.decision}
        return Halting(here.place, "merged-unallowed", values)
    return Do(withdrawal)


def _open_withdrawal(plan: Plan, here: PlacePlan, journal: Journal) -> Step | None:
    """The step that takes the proposal back, where one was made that is neither merged nor taken back."""
    for each in plan.wave_of(here):
        withdrawal = each.withdrawal()
        if withdrawal is None or journal.step(withdrawal.id).done:
            continue
        proposed, merged = (journal.step(each.step(kind).id) for kind in (StepKind.PROPOSE, StepKind.MERGE))
        if proposed.intended and not merged.done:
            return withdrawal
    return None


def _merged(here: PlacePlan, journal: Journal) -> bool:
    """Whether others have merged what was proposed, and nothing of ours was done since."""
    merged = here.withdrawal() is not None and journal.step(here.step(StepKind.MERGE).id).done
    return merged and not journal.step(here.step(StepKind.APPLY).id).intended


def _applied(plan: Plan, here: PlacePlan, journal: Journal) -> bool:
    """Whether something of ours may be at the place: written, or merged by others."""
    if journal.step(here.step(StepKind.APPLY).id).intended:
        return True
    return any(_came_in(each, journal) for each in plan.wave_of(here))


def _came_in(here: PlacePlan, journal: Journal) -> bool:
    withdrawal = here.withdrawal()
    if withdrawal is None:
        return False
    merged = journal.step(here.step(StepKind.MERGE).id)
    return merged.done or bool(merged.result.get("merged")) or journal.step(withdrawal.id).failed


def _next_step(here: PlacePlan, journal: Journal) -> Action:
    confirms = here.confirms and not _is_scaled_to_zero(here, journal)
    for step in _after_claim(here, journal):
        record = journal.step(step.id)
        if record.failed:
            return Halting(here.place, f"{step.kind}-failed", {"step": step.id, **record.result})
        unconfirmed = confirms and journal.ruling(here.place, DecisionStage.CONFIRM) is None
        if step.kind in _AFTER_CONFIRM and unconfirmed:
            return Decide(here.place, DecisionStage.CONFIRM)
        if not record.done:
            return Do(step)
    return Do(here.free)


def _unclaimed(plan: Plan, here: PlacePlan, ruling: StageDecision, journal: Journal) -> Action:
    """A decision said no, or not yet, and the place is not claimed."""
    if ruling.verdict is Verdict.WAITING:
        return Wait(here.place, ruling.until, ruling.who)
    if plan.places[0] in plan.wave_of(here) and not _applied(plan, here, journal):
        state = PromotionState.REFUSED if ruling.verdict is Verdict.REFUSED else PromotionState.UNDECIDED
        return Stop(state, "decision", {"decision": ruling.decision})
    if ruling.verdict is Verdict.UNDECIDED:
        return Wait(here.place, None, ("operator",))
    return Stop(
        PromotionState.HALTED, "refused-later", {"decision": ruling.decision, "place": str(here.place)}
    )


def _halt(plan: Plan, journal: Journal, claims: dict[Place, Claim | None]) -> Action:
    halt = journal.halt
    assert halt is not None
    here = next((each for each in plan.places if each.place == halt.place), None)
    end = Stop(
        PromotionState.ABORTED if halt.cause == "aborted" else PromotionState.HALTED,
        halt.cause,
        {**halt.values, "place": str(halt.place)} if halt.place else halt.values,
    )
    if here is None or halt.cause == "claim-lost":
        return end
    withdrawal = _open_withdrawal(plan, here, journal)
    if withdrawal is not None and not journal.step(withdrawal.id).failed:
        return Do(withdrawal)
    stuck: Action | None = None
    for each in _to_put_back(plan, here, journal):
        action = _put_back(plan, each, journal, claims)
        if isinstance(action, Do):
            return action
        stuck = stuck or action
    return stuck or end


def _to_put_back(plan: Plan, here: PlacePlan, journal: Journal) -> list[PlacePlan]:
    """The place that failed, and those behind it whose change came in by the same merge."""
    wave = plan.wave_of(here)
    return [here, *(each for each in wave[wave.index(here) + 1 :] if not journal.step(each.free.id).done)]


def _put_back(
    plan: Plan, here: PlacePlan, journal: Journal, claims: dict[Place, Claim | None]
) -> Action | None:
    """What is to be done until a place is what it was; None where it is, or where nothing of ours came there."""
    restored = journal.step(here.restore.id)
    if restored.failed:
        return Stop(PromotionState.STUCK, "restore-failed", {"place": str(here.place), **restored.result})
    claim = claims.get(here.place)
    ours = claim is not None and claim.promotion == plan.promotion
    if _applied(plan, here, journal) and not restored.done:
        return _restore(here, journal, claim, ours)
    return Do(here.free) if ours else None


def _restore(here: PlacePlan, journal: Journal, claim: Claim | None, ours: bool) -> Action:
    """Put back under a claim only: a place that somebody else holds is left alone, and said to be stuck."""
    if claim is not None and not ours:
        return Stop(PromotionState.STUCK, "claim-lost", {"place": str(here.place), "to": claim.promotion})
    holding = journal.step(here.claim.id)
    if holding.failed:
        return Stop(PromotionState.STUCK, "restore-failed", {"place": str(here.place), **holding.result})
    if claim is None or not holding.done or holding.result.get("epoch") != claim.epoch:
        return Do(here.claim)
    return Do(here.restore)
