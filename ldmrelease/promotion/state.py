"""The state of one promotion, folded from its events: the one fold that the machine and every listing use."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct, field

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
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId
from ldmrelease.domain.topology import Place

NOT_MERGED, RESTORE_NOT_MERGED = "not-merged", "restore-not-merged"
"""The codes of a wait for those who merge."""


class Told(Protocol):
    """An event with what it says, of a type of `domain.events`. Whoever acts has verified it."""

    @property
    def event(self) -> Event:
        """Where it stands, and when it was appended."""

    @property
    def body(self) -> Any:
        """What it says."""


class AfterTheEnd(ValueError):
    """An event stands behind the end of its promotion, where nothing belongs."""


class StepRecord(Struct):
    """What the journal has of one step. `result` is what `done` or `failed` recorded, `sequence` the number of the
    event that did.
    """

    intended: bool = False
    done: bool = False
    failed: bool = False
    result: dict[str, Any] = field(default_factory=dict)
    sequence: int = 0


class StageDecision(Struct, frozen=True):
    """A decision in the journal."""

    verdict: Verdict
    decision: str
    until: datetime | None
    who: tuple[str, ...]
    epoch: int | None


class Halt(Struct, frozen=True):
    """Why and where a promotion stops in the middle."""

    place: Place | None
    cause: str
    values: dict[str, Any]


class Journal(Struct):
    """What happened to a promotion so far. Built by `read_journal`, never changed by the machine.

    `waits_for` has the step that needs somebody's act, and why. `before` keeps, by place, what the target
    held when the place was first claimed: what a restore puts back; `clusters` has the UID of its cluster then.
    Where a change was proposed, that is what it was proposed upon. `withdrawals` counts the proposals that were taken
    back at a place.
    `images` are those that the place named then, by component, `written_images` those that were written.
    """

    state: PromotionState = PromotionState.REQUESTED
    steps: dict[str, StepRecord] = field(default_factory=dict)
    rulings: dict[tuple[Place, DecisionStage], StageDecision] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    images: dict[str, dict[str, str]] = field(default_factory=dict)
    written_images: dict[str, dict[str, str]] = field(default_factory=dict)
    withdrawals: dict[str, int] = field(default_factory=dict)
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

    def proposal(self, place: Place) -> str | None:
        """The address, or the branch, of what is proposed at a place and nobody is known to have merged: empty where
        it may be open and nothing of it is recorded; None where nothing is proposed."""
        if self.waits_for.get("code") == RESTORE_NOT_MERGED and self.waits_at == place:
            return _address(self.waits_for["values"])
        proposed, merged = (
            self.step(str(StepId(place, each))) for each in (StepKind.PROPOSE, StepKind.MERGE)
        )
        return _address(proposed.result) if proposed.intended and not merged.done else None


def _address(values: dict[str, Any]) -> str:
    return str(values.get("address") or values.get("branch") or "")


def read_journal(told: Iterable[Told]) -> Journal:
    """Fold the events of one promotion's stream, in their order. Raises `AfterTheEnd`."""
    journal = Journal()
    for each in told:
        if journal.state.ended:
            raise AfterTheEnd(f"event {each.event.sequence} ({each.event.kind}) stands behind the end")
        journal.started = journal.started or each.event.time
        journal.last = each.event.time
        reader = _READERS.get(type(each.body))
        if reader is not None:
            reader(journal, each.body)
        if isinstance(each.body, StepCompleted | StepStopped) and each.body.step in journal.steps:
            journal.steps[each.body.step].sequence = each.event.sequence
    return journal


def _planned(journal: Journal, body: PromotionPlanned) -> None:
    journal.plan = body.plan
    journal.state = PromotionState.RUNNING


def _decided(journal: Journal, body: DecisionMade) -> None:
    journal.rulings[body.place, body.stage] = StageDecision(
        body.verdict, body.decision, body.until, body.who, body.epoch
    )


def _waiting(journal: Journal, body: PromotionWaiting) -> None:
    journal.waiting, journal.state = True, PromotionState.WAITING
    journal.waits_at, journal.until, journal.who = body.place, body.until, body.who
    journal.waits_for = (
        {} if body.step is None else {"step": body.step, "code": body.code, "values": body.values}
    )
    # What waits holds no claim: it is claimed anew when it goes on.
    journal.steps.pop(str(StepId(body.place, StepKind.CLAIM)), None)


def _resumed(journal: Journal, body: PromotionResumed) -> None:
    journal.waiting, journal.state, journal.until, journal.who = False, PromotionState.RUNNING, None, ()
    journal.waits_for = {}
    for stage in DecisionStage:
        ruling = journal.rulings.get((body.place, stage))
        if ruling is not None and ruling.verdict is not Verdict.ALLOWED:
            del journal.rulings[body.place, stage]


def _intended(journal: Journal, body: StepIntended) -> None:
    journal.steps[body.step] = StepRecord(intended=True)
    if StepId.parse(body.step).kind is StepKind.RESTORE:
        journal.state = PromotionState.RESTORING


def _completed(journal: Journal, body: StepCompleted) -> None:
    step, result = StepId.parse(body.step), body.result
    journal.steps[body.step] = StepRecord(intended=True, done=True, result=result)
    if step.kind is StepKind.FREE:
        journal.steps.pop(str(StepId(step.place, StepKind.CLAIM)), None)
    if step.kind is StepKind.PROPOSE:
        journal.before[str(step.place)] = result.get("before", {})
        journal.images[str(step.place)] = result.get("images", {})
        journal.steps.pop(str(StepId(step.place, StepKind.WITHDRAW)), None)
    if step.kind is StepKind.WITHDRAW:
        for each in result.get("wave") or [str(step.place)]:
            _withdrawn(journal, Place.parse(each))
    if step.kind is StepKind.APPLY:
        journal.written_images[str(step.place)] = result.get("images", {})
    if step.kind is StepKind.CLAIM:
        journal.steps.pop(str(StepId(step.place, StepKind.FREE)), None)
        if not {str(StepId(step.place, each)) for each in _BEFORE_IS_KNOWN} & journal.steps.keys():
            journal.before[str(step.place)] = result.get("before", {})
            journal.images[str(step.place)] = result.get("images", {})
        if "cluster" in result:
            journal.clusters.setdefault(str(step.place), result["cluster"])


def _withdrawn(journal: Journal, place: Place) -> None:
    """What was taken back may be proposed anew."""
    journal.withdrawals[str(place)] = journal.withdrawals.get(str(place), 0) + 1
    for each in (StepKind.PROPOSE, StepKind.MERGE):
        journal.steps.pop(str(StepId(place, each)), None)


_BEFORE_IS_KNOWN = (StepKind.APPLY, StepKind.PROPOSE)


def _stopped(journal: Journal, body: StepStopped) -> None:
    journal.steps[body.step] = StepRecord(intended=True, failed=True, result=body.result)


def _halting(journal: Journal, body: PromotionHalting) -> None:
    journal.halt = Halt(body.place, body.cause, body.values)
    journal.waiting, journal.state = False, PromotionState.HALTING


def _ended(journal: Journal, body: PromotionEnded) -> None:
    journal.state, journal.waiting = body.state, False
    journal.cause = {"cause": body.cause, "values": body.values}


_READERS: dict[type, Callable[[Journal, Any], None]] = {
    PromotionPlanned: _planned,
    DecisionMade: _decided,
    PromotionWaiting: _waiting,
    PromotionResumed: _resumed,
    StepIntended: _intended,
    StepCompleted: _completed,
    StepStopped: _stopped,
    PromotionHalting: _halting,
    PromotionEnded: _ended,
}
