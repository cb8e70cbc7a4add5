"""The machine against a played world: whatever decisions and steps answer, the laws of a promotion hold."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.promotion import (
    DecisionMade,
    DecisionStage,
    PromotionEnded,
    PromotionHalting,
    PromotionPlanned,
    PromotionResumed,
    PromotionState,
    PromotionWaiting,
    StepCompleted,
    StepIntended,
    StepStopped,
)
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import Plan, StepKind
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.claims import Claim
from ldmrelease.promotion.machine import Decide, Do, Halting, Stop, Wait, current_place, next_action
from ldmrelease.promotion.planning import Site, make_plan
from ldmrelease.promotion.state import read_journal
from tests.examples import examples

START = datetime(2023, 4, 20, 12, tzinfo=UTC)
BASE, SUMMIT, TUCSON = Place("base", "nublado"), Place("summit", "nublado"), Place("tucson", "nublado")


def plan_for(*places: Place, confirms: bool = True, checks: tuple[str, ...] = ("smoke",)) -> Plan:
    sites = [Site(each, "commissioning", {"image.tag": "x"}, checks, ("lab",), confirms) for each in places]
    return make_plan("P-1", Intent.PROMOTE, "stack", "w.2023.16", "sha256:" + "a" * 64, sites)


class Told(NamedTuple):
    event: Event
    body: Any


@dataclass
class World:
    """Plays the driver: carries out what the machine asks, with the answers it was given."""

    plan: Plan
    verdicts: dict[tuple[Place, str], list[Verdict]] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    events: list[Told] = field(default_factory=list)
    claims: dict[Place, Claim | None] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    epoch: int = 0
    idle: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        self.tell(PromotionPlanned(self.plan.digest))

    def tell(self, body: Any) -> None:
        number = len(self.events) + 1
        time = START + timedelta(seconds=number)
        new = new_event(body, promotion_stream("P-1"))
        self.events.append(
            Told(Event("u", number, time, "a", new.kind, new.stream, number, {}, "", ""), body)
        )

    def step(self):
        action = next_action(self.plan, read_journal(self.events), self.claims)
        match action:
            case Decide(place, stage):
                self._decide(place, str(stage))
            case Do(step):
                self._do(step)
            case Wait(place, _, who):
                self.log.append(f"wait {place}")
                self.tell(PromotionWaiting(place, None, who))
            case Halting(place, cause, values):
                self.log.append(f"halting {place} {cause}")
                self.tell(PromotionHalting(place, cause, values))
            case Stop(state, cause, _):
                self.log.append(f"stop {state} {cause}")
                self.tell(PromotionEnded(state, cause))
        return action

    def run(self, limit: int = 200) -> str:
        for _ in range(limit):
            action = self.step()
            if isinstance(action, Stop | Wait):
                return self.log[-1]
        raise AssertionError(f"no end: {self.log[-10:]}")

    def resume(self, place: Place) -> str:
        self.tell(PromotionResumed(place))
        return self.run()

    def _decide(self, place: Place, stage: str) -> None:
        answers = self.verdicts.get((place, stage), [])
        verdict = answers.pop(0) if answers else Verdict.ALLOWED
        claim = self.claims.get(place)
        self.log.append(f"decide {place} {stage} {verdict}")
        epoch = claim.epoch if claim else None
        self.tell(DecisionMade(place, DecisionStage(stage), verdict, "sha256:d", "sha256:f", epoch))

    def _do(self, step) -> None:
        self.log.append(f"do {step.id}")
        self.tell(StepIntended(step.id))
        result = {}
        if step.kind is StepKind.CLAIM:
            self.epoch += 1
            self.claims[step.place] = Claim("P-1", "me", self.epoch, START, START)
        if step.id in self.fails:
            self.tell(StepStopped(step.id, {"code": "boom"}))
            return
        if step.kind is StepKind.CLAIM:
            result = {"epoch": self.epoch, "before": {"image.tag": f"old{self.epoch}"}}
        if step.kind is StepKind.SETTLE and step.place in self.idle:
            result = {"state": "scaled-to-zero"}
        if step.kind is StepKind.FREE:
            self.claims[step.place] = None
        self.tell(StepCompleted(step.id, result))


def test_a_place_goes_through_its_steps_in_order() -> None:
    topology = World(plan_for(BASE))
    assert topology.run() == "stop succeeded all-places"
    assert topology.log == [
        "decide base/nublado ask allowed",
        "do base/nublado/claim",
        "decide base/nublado enter allowed",
        "do base/nublado/apply",
        "do base/nublado/settle",
        "do base/nublado/check/smoke",
        "decide base/nublado confirm allowed",
        "do base/nublado/receipt",
        "do base/nublado/publish",
        "do base/nublado/free",
        "stop succeeded all-places",
    ]


def test_where_nothing_is_to_run_nothing_is_checked_or_confirmed() -> None:
    topology = World(plan_for(BASE, SUMMIT), idle=(BASE,))
    assert topology.run() == "stop succeeded all-places"
    assert [each for each in topology.log if "base" in each] == [
        "decide base/nublado ask allowed",
        "do base/nublado/claim",
        "decide base/nublado enter allowed",
        "do base/nublado/apply",
        "do base/nublado/settle",
        "do base/nublado/receipt",
        "do base/nublado/publish",
        "do base/nublado/free",
    ]
    assert "do summit/nublado/check/smoke" in topology.log


def test_a_level_without_confirmation_has_no_such_decision() -> None:
    topology = World(plan_for(BASE, confirms=False, checks=()))
    topology.run()
    assert not [line for line in topology.log if "confirm" in line]


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.REFUSED, "refused"), (Verdict.UNDECIDED, "undecided")]
)
def test_a_first_refusal_touches_nothing(verdict: Verdict, state: str) -> None:
    topology = World(plan_for(BASE, SUMMIT), {(BASE, "ask"): [verdict]})
    assert topology.run() == f"stop {state} decision"
    assert not [line for line in topology.log if line.startswith("do ")]


def test_a_refusal_under_the_claim_gives_the_place_free() -> None:
    topology = World(plan_for(BASE), {(BASE, "enter"): [Verdict.REFUSED]})
    assert topology.run() == "stop refused decision"
    assert topology.log[-2:] == ["do base/nublado/free", "stop refused decision"]
    assert topology.claims[BASE] is None


def test_a_refusal_at_a_later_place_leaves_the_earlier_ones() -> None:
    topology = World(plan_for(BASE, SUMMIT), {(SUMMIT, "ask"): [Verdict.REFUSED]})
    assert topology.run() == "stop halted refused-later"
    assert not [line for line in topology.log if "restore" in line]


@pytest.mark.parametrize("stage", ["ask", "enter", "confirm"])
def test_what_waits_holds_no_claim_and_goes_on_later(stage: str) -> None:
    topology = World(plan_for(BASE, SUMMIT), {(SUMMIT, stage): [Verdict.WAITING, Verdict.WAITING]})
    assert topology.run() == "wait summit/nublado"
    assert not any(topology.claims.values())
    assert topology.resume(SUMMIT) == "wait summit/nublado"
    assert not any(topology.claims.values())
    assert topology.resume(SUMMIT) == "stop succeeded all-places"
    assert topology.log.count("do summit/nublado/apply") == 1


@pytest.mark.parametrize("step", ["apply", "settle", "check/smoke", "receipt", "publish"])
def test_a_failed_step_restores_that_place_alone_and_stops(step: str) -> None:
    topology = World(plan_for(BASE, SUMMIT, TUCSON), fails={f"summit/nublado/{step}"})
    assert topology.run().startswith("stop halted")
    assert topology.log[-3:-1] == ["do summit/nublado/restore", "do summit/nublado/free"]
    assert "do base/nublado/restore" not in topology.log
    assert not [line for line in topology.log if "tucson" in line]


def test_a_refused_confirmation_restores() -> None:
    topology = World(plan_for(BASE), {(BASE, "confirm"): [Verdict.REFUSED]})
    assert topology.run() == "stop halted not-confirmed"
    assert "do base/nublado/restore" in topology.log
    assert "do base/nublado/receipt" not in topology.log


def test_a_restore_that_fails_leaves_the_place_claimed_and_stuck() -> None:
    topology = World(plan_for(BASE), fails={"base/nublado/settle", "base/nublado/restore"})
    assert topology.run() == "stop stuck restore-failed"
    assert topology.claims[BASE] is not None


def test_a_place_that_cannot_be_fenced_is_given_free_untouched() -> None:
    topology = World(plan_for(BASE), fails={"base/nublado/claim"})
    assert topology.run() == "stop halted claim-failed"
    assert "do base/nublado/apply" not in topology.log
    assert topology.claims[BASE] is None


def test_a_place_that_cannot_be_fenced_again_cannot_be_restored_either() -> None:
    topology = World(plan_for(BASE), {(BASE, "confirm"): [Verdict.WAITING]})
    assert topology.run() == "wait base/nublado"
    topology.fails.add("base/nublado/claim")
    assert topology.resume(BASE) == "stop stuck restore-failed"
    assert "do base/nublado/restore" not in topology.log


def test_a_place_taken_by_another_promotion_is_left_alone() -> None:
    topology = World(plan_for(BASE))
    while "do base/nublado/apply" not in topology.log:
        topology.step()
    topology.claims[BASE] = Claim("P-2", "other", 99, START, START)
    assert topology.run() == "stop halted claim-lost"
    assert "do base/nublado/restore" not in topology.log


def test_a_takeover_claims_again_and_decides_again_before_anything_is_applied() -> None:
    topology = World(plan_for(BASE))
    while "do base/nublado/claim" not in topology.log:
        topology.step()
    topology.claims[BASE] = Claim("P-1", "taker", 99, START, START)
    topology.epoch = 99
    assert topology.run() == "stop succeeded all-places"
    assert topology.log.count("do base/nublado/claim") == 2
    assert topology.log.index("decide base/nublado enter allowed") > topology.log.index(
        "do base/nublado/claim"
    )


def test_a_takeover_after_the_apply_keeps_what_was_there_before() -> None:
    topology = World(plan_for(BASE))
    while "do base/nublado/apply" not in topology.log:
        topology.step()
    topology.claims[BASE] = None
    topology.run()
    assert read_journal(topology.events).before["base/nublado"] == {"image.tag": "old1"}


def test_an_abort_restores_what_was_applied() -> None:
    topology = World(plan_for(BASE))
    while "do base/nublado/apply" not in topology.log:
        topology.step()
    topology.tell(PromotionHalting(BASE, "aborted"))
    assert topology.run() == "stop aborted aborted"
    assert "do base/nublado/restore" in topology.log
    assert topology.claims[BASE] is None


def test_an_abort_of_what_waits_after_its_apply_claims_restores_and_frees() -> None:
    topology = World(plan_for(BASE), {(BASE, "confirm"): [Verdict.WAITING]})
    assert topology.run() == "wait base/nublado"
    topology.tell(PromotionHalting(BASE, "aborted"))
    assert topology.run() == "stop aborted aborted"
    assert topology.claims[BASE] is None
    assert "do base/nublado/restore" in topology.log


def test_a_place_that_waits_for_its_confirmation_is_where_the_promotion_is() -> None:
    topology = World(plan_for(BASE, SUMMIT), {(BASE, "confirm"): [Verdict.WAITING]})
    assert topology.run() == "wait base/nublado"
    here = current_place(topology.plan, read_journal(topology.events))
    assert here is not None
    assert here.place == BASE, "it is given free, and what was applied is still there"


def test_an_ended_promotion_does_nothing() -> None:
    topology = World(plan_for(BASE))
    topology.run()
    assert next_action(topology.plan, read_journal(topology.events), topology.claims) == Stop(
        PromotionState.SUCCEEDED, "ended"
    )


VERDICTS = st.lists(st.sampled_from(list(Verdict)), max_size=3)
STEPS = ["claim", "apply", "settle", "check/smoke", "receipt", "publish"]


@settings(max_examples=examples(300), deadline=None)
@given(
    places=st.permutations([BASE, SUMMIT, TUCSON]),
    verdicts=st.dictionaries(
        st.tuples(st.sampled_from([BASE, SUMMIT, TUCSON]), st.sampled_from(["ask", "enter", "confirm"])),
        VERDICTS,
    ),
    fails=st.sets(st.sampled_from([f"{place}/{step}" for place in (BASE, SUMMIT) for step in STEPS])),
    confirms=st.booleans(),
)
def test_laws(places, verdicts, fails, confirms) -> None:
    topology = World(plan_for(*places, confirms=confirms), dict(verdicts), set(fails))
    ending = topology.run()
    for _ in range(10):
        if not ending.startswith("wait"):
            break
        assert not any(topology.claims.values()), "a waiting promotion holds no claim"
        ending = topology.resume(next(each for each in places if ending == f"wait {each}"))
    assert ending.startswith(("stop", "wait"))
    for step in {line for line in topology.log if line.startswith("do ") and "/apply" in line}:
        place = step.removeprefix("do ").removesuffix("/apply")
        entered = max(i for i, line in enumerate(topology.log) if line.startswith(f"decide {place} enter"))
        assert f"decide {place} enter allowed" == topology.log[entered]
        assert topology.log.count(step) == 1, "no step twice"
    if ending.startswith("stop") and "stuck" not in ending:
        assert not any(topology.claims.values()), "an ended promotion holds no claim"
