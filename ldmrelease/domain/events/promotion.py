"""What is told of a promotion: the request, decisions, plan, steps, and the end."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.kinds import ME, PROMOTER, EventKind, EventType
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.streams import StepId, promotion_stream
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


class Request(Struct, frozen=True):
    """Somebody wants a release at a target. `promotion` is the id of what follows from it; `overlay` is what it asks to
    be judged by, None as everybody is.
    """

    promotion: str
    intent: Intent
    product: str
    tag: str
    release: str
    target: str
    places: tuple[Place, ...]
    time: datetime
    reason: str | None = None
    alias: str | None = None
    overlay: OverlayRequest | None = None


class DecisionMade(Struct, frozen=True):
    """A decision of a stage at a place. `decision` and `facts` are digests of what the ledger keeps.

    `epoch` is that of the claim under which it was made; `until` when and for `who` it waits.
    """

    place: Place
    stage: DecisionStage
    verdict: Verdict
    decision: str
    facts: str
    epoch: int | None = None
    until: datetime | None = None
    who: tuple[str, ...] = ()


class PromotionPlanned(Struct, frozen=True):
    """The digest of the plan that the promotion follows."""

    plan: str


class PromotionWaiting(Struct, frozen=True):
    """The promotion waits at a place, without a claim; `step` with `code` and `values` is what needs an act."""

    place: Place
    until: datetime | None = None
    who: tuple[str, ...] = ()
    step: str | None = None
    code: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


class PromotionResumed(Struct, frozen=True):
    """A waiting promotion goes on at a place: what made it wait is asked again."""

    place: Place


class PromotionHalting(Struct, frozen=True):
    """The promotion stops in the middle, at a place where it had begun; `cause` is a code."""

    place: Place | None
    cause: str
    values: dict[str, Any] = field(default_factory=dict)


class PromotionEnded(Struct, frozen=True):
    """The end, and why. Nothing follows."""

    state: PromotionState
    cause: str
    values: dict[str, Any] = field(default_factory=dict)


class StepIntended(Struct, frozen=True):
    """A step is begun, or still at work. `step` is its id (`streams.StepId`)."""

    step: str


class StepCompleted(Struct, frozen=True):
    """The postcondition of a step holds; `result` is what it found or did."""

    step: str
    result: dict[str, Any] = field(default_factory=dict)


class StepStopped(Struct, frozen=True):
    """A step cannot reach its postcondition; `result` has a `code` and values."""

    step: str
    result: dict[str, Any] = field(default_factory=dict)


def _stream(body: Request) -> str:
    return promotion_stream(body.promotion)


def _requested(body: Request) -> tuple[str, ...]:
    return tuple(sorted({each.environment for each in body.places}))


def _at_place(body: DecisionMade | PromotionWaiting | PromotionResumed) -> tuple[str, ...]:
    return (body.place.environment,)


def _halting(body: PromotionHalting) -> tuple[str, ...]:
    return (body.place.environment,) if body.place is not None else ()


def _of_step(body: StepIntended | StepCompleted | StepStopped) -> tuple[str, ...]:
    return (StepId.parse(body.step).place.environment,)


TYPES = (
    EventType(EventKind.REQUESTED, Request, ME, "request", _stream, _requested, lambda body: body.time),
    EventType(EventKind.DECIDED, DecisionMade, PROMOTER, "decision", environments=_at_place),
    EventType(EventKind.PLANNED, PromotionPlanned, PROMOTER, "promotion"),
    EventType(EventKind.WAITING, PromotionWaiting, PROMOTER, "promotion", environments=_at_place),
    EventType(EventKind.RESUMED, PromotionResumed, PROMOTER, "promotion", environments=_at_place),
    EventType(EventKind.HALTING, PromotionHalting, PROMOTER, "promotion", environments=_halting),
    EventType(EventKind.ENDED, PromotionEnded, PROMOTER, "promotion"),
    EventType(EventKind.INTENDED, StepIntended, PROMOTER, "step", environments=_of_step),
    EventType(EventKind.DONE, StepCompleted, PROMOTER, "step", environments=_of_step),
    EventType(EventKind.STEP_FAILED, StepStopped, PROMOTER, "step", environments=_of_step),
)
