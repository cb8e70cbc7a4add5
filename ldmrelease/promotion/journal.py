"""The journal: what the ledger tells of one promotion, folded into what the machine asks about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place


class PromotionState(StrEnum):
    """Where a promotion is (details.md, State transitions)."""

    REQUESTED = "requested"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    WAITING = "waiting"
    RUNNING = "running"
    HALTING = "halting"
    RESTORING = "restoring"
    SUCCEEDED = "succeeded"
    HALTED = "halted"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    STUCK = "stuck"

    @property
    def ended(self) -> bool:
        """No event follows."""
        return self in _ENDED


_ENDED = {
    PromotionState.REFUSED,
    PromotionState.UNDECIDED,
    PromotionState.SUCCEEDED,
    PromotionState.HALTED,
    PromotionState.ABORTED,
    PromotionState.SUPERSEDED,
    PromotionState.STUCK,
}


class DecisionStage(StrEnum):
    """When a decision was made: asked before the claim, on entry under it, or after it runs there."""

    ASK = "ask"
    ENTER = "enter"
    CONFIRM = "confirm"


@dataclass(slots=True)
class StepRecord:
    """What the journal has of one step. `result` is what `done` or `failed` recorded."""

    intended: bool = False
    done: bool = False
    failed: bool = False
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageDecision:
    """A decision in the journal."""

    verdict: Verdict
    decision: str
    until: datetime | None
    who: tuple[str, ...]
    epoch: int | None


@dataclass(frozen=True, slots=True)
class Halt:
    """Why and where a promotion stops in the middle."""

    place: Place | None
    cause: str
    values: dict[str, Any]


@dataclass(slots=True)
class Journal:
    """What happened to a promotion so far. Built by `read_journal`, never changed by the machine.

    `waits_for` has the step that needs somebody's act, and why. `before` keeps, by place, what the target
    held when the place was first claimed: what a restore puts back; `clusters` has the UID of its cluster then.
    """

    state: PromotionState = PromotionState.REQUESTED
    steps: dict[str, StepRecord] = field(default_factory=dict)
    rulings: dict[tuple[Place, DecisionStage], StageDecision] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    halt: Halt | None = None
    waiting: bool = False
    waits_at: Place | None = None
    until: datetime | None = None
    who: tuple[str, ...] = ()
    waits_for: dict[str, Any] = field(default_factory=dict)
    plan: str | None = None
    cause: dict[str, Any] = field(default_factory=dict)
    started: datetime | None = None
    last: datetime | None = None

    def step(self, step_id: str) -> StepRecord:
        """The record of a step; an empty one where the journal has none."""
        return self.steps.get(step_id) or StepRecord()

    def ruling(self, place: Place, stage: DecisionStage) -> StageDecision | None:
        """The latest decision of a stage at a place."""
        return self.rulings.get((place, stage))


def read_journal(events: Iterable[Event]) -> Journal:
    """Fold the events of one promotion's stream."""
    journal = Journal()
    for event in events:
        journal.started = journal.started or event.time
        journal.last = event.time
        reader = _READERS.get(event.kind)
        if reader is not None:
            reader(journal, event.body)
    return journal


def _planned(journal: Journal, body: dict[str, Any]) -> None:
    journal.plan = body["plan"]
    journal.state = PromotionState.RUNNING


def _decided(journal: Journal, body: dict[str, Any]) -> None:
    until = body.get("until")
    journal.rulings[Place(**body["place"]), DecisionStage(body["stage"])] = StageDecision(
        Verdict(body["verdict"]),
        body["decision"],
        instant(until) if until else None,
        tuple(body.get("who", ())),
        body.get("epoch"),
    )


def _waiting(journal: Journal, body: dict[str, Any]) -> None:
    journal.waiting, journal.state = True, PromotionState.WAITING
    journal.waits_at = Place(**body["place"])
    until = body.get("until")
    journal.until = instant(until) if until else None
    journal.who = tuple(body.get("who", ()))
    journal.waits_for = {key: body[key] for key in ("step", "code", "values") if key in body}
    # What waits holds no claim: it is claimed anew when it goes on.
    journal.steps.pop(f"{journal.waits_at}/claim", None)


def _resumed(journal: Journal, body: dict[str, Any]) -> None:
    """A waiting promotion goes on: what made it wait is asked again."""
    journal.waiting, journal.state, journal.until, journal.who = False, PromotionState.RUNNING, None, ()
    journal.waits_for = {}
    place = Place(**body["place"])
    for stage in DecisionStage:
        ruling = journal.rulings.get((place, stage))
        if ruling is not None and ruling.verdict is not Verdict.ALLOWED:
            del journal.rulings[place, stage]


def _intended(journal: Journal, body: dict[str, Any]) -> None:
    journal.steps[body["step"]] = StepRecord(intended=True)
    if body["step"].endswith("/restore"):
        journal.state = PromotionState.RESTORING


def _done(journal: Journal, body: dict[str, Any]) -> None:
    step, result = body["step"], body.get("result", {})
    journal.steps[step] = StepRecord(intended=True, done=True, result=result)
    place, _, kind = step.rpartition("/")
    if kind == "free":
        journal.steps.pop(f"{place}/claim", None)
    if kind == "claim":
        journal.steps.pop(f"{place}/free", None)
        if f"{place}/apply" not in journal.steps:
            journal.before[place] = result.get("before", {})
        if "cluster" in result:
            journal.clusters.setdefault(place, result["cluster"])


def _failed(journal: Journal, body: dict[str, Any]) -> None:
    journal.steps[body["step"]] = StepRecord(intended=True, failed=True, result=body.get("result", {}))


def _halting(journal: Journal, body: dict[str, Any]) -> None:
    place = body.get("place")
    journal.halt = Halt(Place(**place) if place else None, body["cause"], body.get("values", {}))
    journal.waiting, journal.state = False, PromotionState.HALTING


def _ended(journal: Journal, body: dict[str, Any]) -> None:
    journal.state, journal.waiting = PromotionState(body["state"]), False
    journal.cause = body


_READERS: dict[str, Callable[[Journal, dict[str, Any]], None]] = {
    EventKind.PLANNED: _planned,
    EventKind.DECIDED: _decided,
    EventKind.WAITING: _waiting,
    EventKind.RESUMED: _resumed,
    EventKind.INTENDED: _intended,
    EventKind.DONE: _done,
    EventKind.STEP_FAILED: _failed,
    EventKind.HALTING: _halting,
    EventKind.ENDED: _ended,
}
