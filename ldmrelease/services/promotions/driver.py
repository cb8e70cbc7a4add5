"""The driver: asks the machine what to do next, does it, and records it, until it waits or stops."""

import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.promotion import (
    DecisionStage,
    PromotionEnded,
    PromotionHalting,
    PromotionState,
    PromotionWaiting,
    StepCompleted,
    StepIntended,
    StepStopped,
)
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.plan import Step, StepKind
from ldmrelease.domain.streams import HOLDS, StepId
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.claims import Claim
from ldmrelease.promotion.machine import Action, Decide, Do, Halting, Stop, Wait, next_action
from ldmrelease.services.decisions.decide import decide, record
from ldmrelease.services.deployments.checkpoints import leave_checkpoint
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.needs import PromotionDriving
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.load import Promotion, load_promotion
from ldmrelease.services.promotions.owed import overlay_of_promotion, review_owed
from ldmrelease.services.promotions.promotion_outcome import (
    TRIES,
    AppendsRefused,
    PromotionOutcome,
    wait_values,
)
from ldmrelease.services.promotions.takeover import claim_events, may_take
from ldmrelease.services.promotions.turn import TakenOver, Turn
from ldmrelease.services.promotions.wait_reasons import open_wait
from ldmrelease.services.promotions.work import (
    Overtaken,
    PlaceBusy,
    StepDone,
    StepFailed,
    StepPending,
    StepResult,
    step_failure,
)

OUTAGE = 60.0
"""Seconds that a step is tried again while an API server is away; beyond that `resume` goes on."""
_BETWEEN = 2.0

_TAKING_LONG = (StepKind.COPY, StepKind.PULL, StepKind.CHECK)
"""The steps after which remote repositories are looked at again."""

_RESTS_ON = {
    StepKind.PROPOSE: DecisionStage.ASK,
    StepKind.MERGE: DecisionStage.ASK,
    StepKind.APPLY: DecisionStage.ENTER,
    StepKind.RECEIPT: DecisionStage.CONFIRM,
}
"""The stages whose decisions let a step change something that outlives it."""


def drive(
    context: PromotionDriving,
    promotion_id: str,
    *,
    holder: str,
    take_over: bool = False,
    progress: Progress = lambda _code, _values: None,
) -> PromotionOutcome:
    """Carry a promotion on as far as it goes now.

    Exceptions mean that we could not decide; a resume goes on from where they were raised.
    """
    return _Driver(context, holder, take_over, progress).run(promotion_id)


class _Driver(Struct):
    context: PromotionDriving
    holder: str
    take_over: bool
    progress: Progress
    allowed: dict[str, int] = field(default_factory=dict)
    """The decisions that this process made and that allow something, with how many events of holds they knew."""
    lost_at: float | None = None
    """Since when a step cannot be carried out since nobody can be asked (monotonic seconds)."""

    def run(self, promotion_id: str) -> PromotionOutcome:
        refused = 0
        while refused < TRIES:
            now = Turn.read(self.context, promotion_id, self.holder, self.progress)
            promotion = now.promotion
            if promotion.journal.waiting:
                return _left(self.context, promotion)
            other = next((each for each in now.claims.values() if self._is_anothers(promotion, each)), None)
            if other is not None:
                return PromotionOutcome(
                    promotion.id, promotion.journal.state, taken_over=True, busy=_busy(other)
                )
            try:
                action = next_action(promotion.plan, promotion.journal, now.claims)
                answer = self._act(now, self._under_our_claim(now, action))
            except TakenOver:
                refused += 1
                continue
            refused = 0
            if answer is not None:
                return answer
        raise AppendsRefused(promotion_id)

    def _is_anothers(self, promotion: Promotion, claim: Claim | None) -> bool:
        """Another process holds this promotion's claim, and we may not take it over."""
        if claim is None or claim.promotion != promotion.id or claim.holder == self.holder:
            return False
        return not may_take(claim, self.context.now(), self.take_over)

    def _under_our_claim(self, now: Turn, action: Action) -> Action:
        """The action; or the claim first, where that is of another process of this promotion.

        That one may sleep right before a write, and the fence keeps it out only once the place has a newer epoch.
        """
        match action:
            case Do(Step(place=place, kind=kind)) if kind not in (StepKind.CLAIM, StepKind.FREE):
                pass
            case Decide(place, stage) if stage is not DecisionStage.ASK:
                pass
            case _:
                return action
        claim, plan = now.claims.get(place), now.promotion.plan
        if claim is None or claim.promotion != plan.promotion or claim.holder == self.holder:
            return action
        return Do(next(each for each in plan.places if each.place == place).claim)

    def _act(self, now: Turn, action: Action) -> PromotionOutcome | None:
        match action:
            case Decide(place, stage):
                self._decide(now, place, stage)
                return None
            case Do(step):
                return self._do(now, step)
            case Halting(place, cause, values):
                now.tell(place, PromotionHalting(place, cause, values))
                self.progress("halting", {"place": str(place), "cause": cause, **values})
                return None
            case Wait(place, until, who):
                return self._wait(now, PromotionWaiting(place, until, who))
            case Stop(state, cause, values):
                return self._stop(now, state, cause, values)

    def _wait(self, now: Turn, body: PromotionWaiting, *more: NewEvent) -> PromotionOutcome:
        now.tell(body.place, body, *more)
        why = {"place": canonical.to_plain(body.place), **wait_values(body.until, body.who)}
        if body.step is not None:
            why |= {"step": body.step, "code": body.code, "values": body.values}
        else:
            why |= _open(self.context, now.promotion)
        return PromotionOutcome(now.promotion.id, PromotionState.WAITING, why)

    def _stop(self, now: Turn, state: PromotionState, cause: str, values: dict[str, Any]) -> PromotionOutcome:
        promotion = now.promotion
        if not promotion.journal.state.ended:
            now.tell(None, PromotionEnded(state, cause, values))
            self._publish_checkpoint(promotion)
        outcome = PromotionOutcome(promotion.id, state, {"cause": cause, **values})
        if state is not PromotionState.SUCCEEDED:
            return outcome
        from ldmrelease.services.promotions.changes import changes_of  # noqa: PLC0415 - at the end alone

        return replace(outcome, changes=changes_of(self.context, promotion))

    def _publish_checkpoint(self, promotion: Promotion) -> None:
        """Leave outside how far the ledger is. What cannot be left there is said, and undoes nothing."""
        reason = leave_checkpoint(self.context, promotion.pinned.digest)
        if reason is not None:
            self.progress("no-checkpoint", {"reason": reason})

    def _decide(self, now: Turn, place: Place, stage: DecisionStage) -> None:
        promotion = now.promotion
        order = [each.place for each in promotion.plan.places]
        earlier = (
            () if stage is DecisionStage.CONFIRM else _unfinished(promotion, order[: order.index(place)])
        )
        later = tuple(order[order.index(place) + 1 :])
        question = promotion.question(
            place, earlier, later, overlay_of_promotion(self.context, promotion, place)
        )
        phase = Phase.CONFIRM if stage is DecisionStage.CONFIRM else Phase.ENTER
        # Before it: what comes in between fails the append.
        holds = self.context.ledger.version(HOLDS)
        decided = decide(self.context, promotion.pinned, question, phase)
        events, blobs = record(self.context.workspace, promotion.id, decided, stage, now.epoch(place))
        now.append(place, events, blobs, decided.gathered.expect)
        if decided.decision.verdict is Verdict.ALLOWED:
            self.allowed[decided.digest] = holds
        verdict = str(decided.decision.verdict)
        self.progress(
            "decided", {"place": str(place), "stage": str(stage), "verdict": verdict, "decided": decided}
        )

    def _asks_again(self, now: Turn, step: Step) -> Decide | None:
        """The decision that a step rests on, where only a row of the ledger says that it was allowed, or
        somebody set or lifted a hold since: a copy takes long. A proposal rests on those of all its places.

        Whoever can write rows could let anything in that way: they are never acted on (trust.md section 2).
        What an earlier process wrote already is not written again, and needs no decision.
        """
        stage, plan = _RESTS_ON.get(step.kind), now.promotion.plan
        if stage is None:
            return None
        here = next(each for each in plan.places if each.place == step.place)
        for each in plan.wave_of(here) if stage is DecisionStage.ASK else (here,):
            ruling = now.promotion.journal.ruling(each.place, stage)
            if ruling is None or self.allowed.get(ruling.decision) == self.context.ledger.version(HOLDS):
                continue
            if step.kind is StepKind.APPLY and writes.is_written(now.work(step)):
                return None
            return Decide(each.place, stage)
        return None

    def _elsewhere(self, promotion: Promotion, place: Place) -> Unavailable | None:
        """Why nothing may be done at a place now: its context does not lead to the cluster that was planned for,
        or that the promotion has begun in."""
        application, begun_in = (
            self.context.topology.application(place),
            promotion.journal.clusters.get(str(place)),
        )
        against = (
            other_cluster(self.context.clusters, application, begun_in) if application is not None else None
        )
        if against is None:
            return None
        answer = step_failure(against)
        return answer if isinstance(answer, Unavailable) else Unavailable(str(place), answer.code)

    def _do(self, now: Turn, step: Step) -> PromotionOutcome | None:
        elsewhere = self._elsewhere(now.promotion, step.place)
        if elsewhere is not None:
            return None if self._passes(elsewhere) else _interrupted(now, elsewhere)
        again = self._asks_again(now, step)
        if again is not None:
            self._decide(now, again.place, again.stage)
            return None
        if step.kind is StepKind.CLAIM:
            busy = self._claim(now, step)
            if busy is not None:
                return PromotionOutcome(now.promotion.id, now.promotion.journal.state, busy=busy)
            now.claim_again(step.place)
        elif not now.promotion.journal.step(step.id).intended:
            owed = (
                review_owed(self.context, now.promotion, step.place) if step.kind is StepKind.APPLY else None
            )
            more = (new_event(owed),) if owed is not None else ()
            now.tell(step.place, StepIntended(step.id), *more)
        self.progress("step", {"step": step.id, "place": str(step.place), "kind": str(step.kind)})
        # Checks, copies, clusters: where nothing is left to do, none of them is loaded.
        from ldmrelease.services.promotions.steps.registry import STEPS  # noqa: PLC0415

        answer = STEPS[step.kind](now.work(step))
        if step.kind in _TAKING_LONG:
            self.context.connections.renew()
        return self._record(now, step, answer)

    def _record(self, now: Turn, step: Step, answer: StepResult) -> PromotionOutcome | None:
        match answer:
            case Overtaken():
                raise TakenOver
            case Unavailable():
                return None if self._passes(answer) else _interrupted(now, answer)
            case StepPending(code, values, who):
                from ldmrelease.services.promotions.steps.free import released  # noqa: PLC0415 - as above

                why = PromotionWaiting(step.place, None, who, step.id, code, values)
                epoch = now.epoch(step.place)
                claimed = () if epoch is None else (released(now.promotion.id, step.place, epoch),)
                return self._wait(now, why, *claimed)
            case StepDone(result, events, blobs):
                body: StepCompleted | StepStopped = StepCompleted(step.id, result)
                then = answer.then
            case StepFailed(code, values):
                result, events, blobs, then = {"code": code, **values}, (), {}, None
                body = StepStopped(step.id, result)
        self.lost_at = None
        told = new_event(body, now.promotion.stream)
        try:
            now.append(step.place, [told, *events], blobs)
        except TakenOver:
            self._tidy_up_late(now, step, then)
            raise
        if then is not None:
            then()
        self.progress(str(told.kind), {"step": step.id, "place": str(step.place), **result})
        return None

    def _passes(self, cut: Unavailable) -> bool:
        """Whether it was waited for what may be over in a moment: then the step is tried once more."""
        self.lost_at = self.lost_at or time.monotonic()
        if not cut.passes or time.monotonic() - self.lost_at > OUTAGE:
            return False
        self.progress("cut-off", {"where": cut.where, "reason": cut.reason})
        time.sleep(_BETWEEN)
        self.context.connections.renew()
        return True

    def _tidy_up_late(self, now: Turn, step: Step, then: Callable[[], None] | None) -> None:
        """Remove what we made after another had recorded this step and removed its own.

        While the other still works at it, ours and its are the same: it is left.
        """
        journal = load_promotion(self.context, now.promotion.id).journal
        if then is not None and (journal.step(step.id).done or journal.state.ended):
            then()

    def _claim(self, now: Turn, step: Step) -> PlaceBusy | None:
        """Claim the place in the ledger; the step then moves the fence to the claim's epoch."""
        claim, promotion = now.claims.get(step.place), now.promotion
        if claim is not None and claim.holder == self.holder and claim.promotion == promotion.id:
            return None
        if claim is not None and not may_take(claim, self.context.now(), self.take_over):
            return _busy(claim, step.place)
        now.append(step.place, claim_events(promotion.id, step, self.holder, takeover=claim is not None))
        return None


def _interrupted(now: Turn, why: Unavailable) -> PromotionOutcome:
    return PromotionOutcome(now.promotion.id, now.promotion.journal.state, interrupted=why)


def _unfinished(promotion: Promotion, earlier: list[Place]) -> tuple[Place, ...]:
    return tuple(
        each for each in earlier if not promotion.journal.step(str(StepId(each, StepKind.FREE))).done
    )


def _busy(claim: Claim, place: Place | None = None) -> PlaceBusy:
    return PlaceBusy(str(place or ""), claim.promotion, claim.holder, spell(claim.since))


def _open(context: PromotionDriving, promotion: Promotion) -> dict[str, Any]:
    return open_wait(context, promotion.request, promotion.pinned.release)


def _left(context: PromotionDriving, promotion: Promotion) -> PromotionOutcome:
    journal = promotion.journal
    why = {**wait_values(journal.until, journal.who), **(journal.waits_for or _open(context, promotion))}
    return PromotionOutcome(promotion.id, PromotionState.WAITING, why)
