"""The driver: asks the machine what to do next, does it, and records it, until it waits or stops.

Every append names the versions of the promotion's stream and of the place's claim: a holder that was taken
over fails at its first write.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ldmrelease.audit.claims import Claim
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.places import Place
from ldmrelease.domain.plan import Step, StepKind
from ldmrelease.domain.times import spell
from ldmrelease.promotion.journal import Stage, State
from ldmrelease.promotion.machine import Decide, Do, Halting, Stop, Wait, next_action
from ldmrelease.services import writing
from ldmrelease.services.claims import claim_events, claim_now, may_take
from ldmrelease.services.decide import decide, record
from ldmrelease.services.gather import Question
from ldmrelease.services.promotions import Promotion, load_promotion
from ldmrelease.services.steps.step import Busy, Done, Failed, Interrupted, Overtaken, Work
from ldmrelease.services.steps.table import STEPS
from ldmrelease.services.workbench import Workbench

Progress = Callable[[str, dict[str, Any]], None]
"""Told what happens, for people who watch: a code and values."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a promotion was left, in the machine's terms; `interrupted` and `busy` say why it stands still."""

    promotion: str
    state: State
    cause: dict[str, Any] = field(default_factory=dict)
    interrupted: Interrupted | None = None
    busy: Busy | None = None
    taken_over: bool = False


_RESTS_ON = {StepKind.APPLY: Stage.ENTER, StepKind.RECEIPT: Stage.CONFIRM}
"""The stages whose decisions let a step change something that outlives it."""


class _Lost(Exception):
    """Our append was refused: the promotion has another holder now."""


def drive(
    bench: Workbench,
    promotion_id: str,
    *,
    holder: str,
    take_over: bool = False,
    progress: Progress = lambda _code, _values: None,
) -> Outcome:
    """Carry a promotion on as far as it goes now.

    Exceptions mean that we could not decide; a resume goes on from where they were raised.
    """
    return _Driver(bench, holder, take_over, progress).run(promotion_id)


@dataclass(slots=True)
class _Driver:
    bench: Workbench
    holder: str
    take_over: bool
    progress: Progress
    allowed: set[str] = field(default_factory=set)
    """The decisions that this process made and that allow something."""

    def run(self, promotion_id: str) -> Outcome:
        while True:
            promotion = load_promotion(self.bench, promotion_id)
            if promotion.journal.waiting:
                return _left(promotion)
            claims = self._claims(promotion)
            other = next((each for each in claims.values() if self._is_anothers(promotion, each)), None)
            if other is not None:
                return Outcome(promotion.id, promotion.journal.state, taken_over=True, busy=_busy(other))
            action = next_action(promotion.plan, promotion.journal, claims)
            try:
                answer = self._act(promotion, claims, action)
            except _Lost:
                continue
            if answer is not None:
                return answer

    def _claims(self, promotion: Promotion) -> dict[Place, Claim | None]:
        return {each.place: claim_now(self.bench, each.place) for each in promotion.plan.places}

    def _is_anothers(self, promotion: Promotion, claim: Claim | None) -> bool:
        """Another process holds this promotion's claim, and we may not take it over."""
        if claim is None or claim.promotion != promotion.id or claim.holder == self.holder:
            return False
        return not may_take(claim, self.bench.now(), self.take_over)

    def _act(
        self,
        promotion: Promotion,
        claims: dict[Place, Claim | None],
        action: Decide | Do | Halting | Wait | Stop,
    ) -> Outcome | None:
        match action:
            case Decide(place, stage):
                self._decide(promotion, claims, place, stage)
                return None
            case Do(step):
                return self._do(promotion, claims, step)
            case Halting(place, cause, values):
                halt = {"place": canonical.to_plain(place), "cause": cause, "values": values}
                self._append(promotion, claims, place, [NewEvent(Kind.HALTING, promotion.stream, halt)])
                self.progress("halting", {"place": str(place), "cause": cause, **values})
                return None
            case Wait(place, until, who):
                body = {
                    "place": canonical.to_plain(place),
                    "until": spell(until) if until else None,
                    "who": list(who),
                }
                self._append(promotion, claims, place, [NewEvent(Kind.WAITING, promotion.stream, body)])
                return Outcome(promotion.id, State.WAITING, body)
            case Stop(state, cause, values):
                return self._stop(promotion, claims, state, cause, values)

    def _stop(
        self,
        promotion: Promotion,
        claims: dict[Place, Claim | None],
        state: State,
        cause: str,
        values: dict[str, Any],
    ) -> Outcome:
        if not promotion.journal.state.ended:
            body = {"state": str(state), "cause": cause, "values": values}
            self._append(promotion, claims, None, [NewEvent(Kind.ENDED, promotion.stream, body)])
        return Outcome(promotion.id, state, {"cause": cause, **values})

    def _decide(
        self, promotion: Promotion, claims: dict[Place, Claim | None], place: Place, stage: Stage
    ) -> None:
        order = [each.place for each in promotion.plan.places]
        earlier = () if stage is Stage.CONFIRM else tuple(order[: order.index(place)])
        question = Question(
            place, promotion.plan.intent, promotion.requester, self._unfinished(promotion, earlier)
        )
        phase = Phase.CONFIRM if stage is Stage.CONFIRM else Phase.ENTER
        decided = decide(self.bench, promotion.pinned, question, phase)
        claim = claims.get(place)
        epoch = claim.epoch if claim is not None and claim.promotion == promotion.id else None
        events, blobs = record(self.bench, promotion.id, decided, stage, epoch)
        self._append(promotion, claims, place, events, blobs, decided.gathered.expect)
        if decided.decision.verdict is Verdict.ALLOWED:
            self.allowed.add(decided.digest)
        verdict = str(decided.decision.verdict)
        self.progress(
            "decided", {"place": str(place), "stage": str(stage), "verdict": verdict, "decided": decided}
        )

    def _unfinished(self, promotion: Promotion, earlier: tuple[Place, ...]) -> tuple[Place, ...]:
        done = promotion.journal
        return tuple(each for each in earlier if not done.step(f"{each}/free").done)

    def _asks_again(
        self, promotion: Promotion, claims: dict[Place, Claim | None], step: Step
    ) -> Stage | None:
        """The stage whose decision a step rests on, where only a row of the ledger says that it was allowed.

        Whoever can write rows could let anything in that way: they are never acted on (trust.md section 2).
        What an earlier process wrote already is not written again, and needs no decision.
        """
        stage = _RESTS_ON.get(step.kind)
        ruling = promotion.journal.ruling(step.place, stage) if stage is not None else None
        if ruling is None or ruling.decision in self.allowed:
            return None
        if step.kind is StepKind.APPLY and writing.is_written(self._work(promotion, claims, step)):
            return None
        return stage

    def _do(self, promotion: Promotion, claims: dict[Place, Claim | None], step: Step) -> Outcome | None:
        again = self._asks_again(promotion, claims, step)
        if again is not None:
            self._decide(promotion, claims, step.place, again)
            return None
        if step.kind is StepKind.CLAIM:
            claimed = self._claim(promotion, claims, step)
            if claimed is not None:
                return claimed
            claims = self._claims(promotion)
        elif not promotion.journal.step(step.id).intended:
            intended = NewEvent(Kind.INTENDED, promotion.stream, {"step": step.id})
            self._append(promotion, claims, step.place, [intended])
        self.progress("step", {"step": step.id, "place": str(step.place), "kind": str(step.kind)})
        answer = STEPS[step.kind](self._work(promotion, claims, step))
        match answer:
            case Overtaken():
                raise _Lost
            case Interrupted():
                return Outcome(promotion.id, promotion.journal.state, interrupted=answer)
            case Done(result, events, blobs):
                kind = Kind.DONE
            case Failed(code, values):
                kind, result, events, blobs = Kind.STEP_FAILED, {"code": code, **values}, (), {}
        body = {"step": step.id, "result": result}
        self._append(promotion, claims, step.place, [NewEvent(kind, promotion.stream, body), *events], blobs)
        self.progress(str(kind), {"step": step.id, "place": str(step.place), **result})
        return None

    def _claim(self, promotion: Promotion, claims: dict[Place, Claim | None], step: Step) -> Outcome | None:
        """Claim the place in the ledger; the step then moves the fence to the claim's epoch."""
        claim = claims.get(step.place)
        if claim is not None and claim.holder == self.holder and claim.promotion == promotion.id:
            return None
        if claim is not None and not may_take(claim, self.bench.now(), self.take_over):
            return Outcome(promotion.id, promotion.journal.state, busy=_busy(claim, step.place))
        events = claim_events(promotion.id, step, self.holder, takeover=claim is not None)
        self._append(promotion, claims, step.place, events)
        return None

    def _work(self, promotion: Promotion, claims: dict[Place, Claim | None], step: Step) -> Work:
        application = self.bench.world.application(step.place)
        assert application is not None
        claim = claims.get(step.place)
        journal = load_promotion(self.bench, promotion.id).journal
        here = next(each for each in promotion.plan.places if each.place == step.place)
        return Work(
            bench=self.bench,
            promotion=promotion.id,
            request=promotion.request,
            plan=promotion.plan,
            here=here,
            step=step,
            application=application,
            pinned=promotion.pinned,
            journal=journal,
            holder=self.holder,
            epoch=claim.epoch if claim is not None else None,
            expect=self._expected(promotion, claims, step.place),
        )

    def _append(
        self,
        promotion: Promotion,
        claims: dict[Place, Claim | None],
        place: Place | None,
        events: list[NewEvent],
        blobs: dict[str, bytes] | None = None,
        expect: dict[str, int] | None = None,
    ) -> None:
        """Append under the versions that this round has read. Raises `_Lost` where one has moved."""
        expected = {**(expect or {}), **self._expected(promotion, claims, place)}
        if self.bench.append(events, expect=expected, blobs=blobs) is not None:
            raise _Lost
        promotion.appended += sum(each.stream == promotion.stream for each in events)

    def _expected(
        self, promotion: Promotion, claims: dict[Place, Claim | None], place: Place | None
    ) -> dict[str, int]:
        expected = {promotion.stream: promotion.version + promotion.appended}
        if place is not None:
            expected[place.claim_stream] = claim_version(self.bench, place, claims.get(place))
        return expected


def claim_version(bench: Workbench, place: Place, claim: Claim | None) -> int:
    """The version of the claim stream that goes with the claim that was read; 0 where there never was one."""
    event = bench.ledger.get(claim.epoch) if claim is not None else None
    return event.stream_version if event is not None else bench.ledger.version(place.claim_stream)


def _busy(claim: Claim, place: Place | None = None) -> Busy:
    return Busy(str(place or ""), claim.promotion, claim.holder, spell(claim.since))


def _left(promotion: Promotion) -> Outcome:
    journal = promotion.journal
    until = spell(journal.until) if journal.until else None
    return Outcome(promotion.id, State.WAITING, {"until": until, "who": list(journal.who)})
