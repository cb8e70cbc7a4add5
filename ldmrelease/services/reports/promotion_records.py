"""What became of each promotion, with the times of all that happened to it: folded from its verified events."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import (
    DecisionMade,
    DecisionStage,
    PromotionEnded,
    PromotionHalting,
    PromotionResumed,
    PromotionState,
    PromotionWaiting,
    Request,
    StepCompleted,
)
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, promotion_of
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place
from ldmrelease.promotion.state import AfterTheEnd, Told, read_journal
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.records import EventRecord


class RecordedWait(Struct, frozen=True):
    """A promotion waited at a place from `begin`; `end` is None while it does. `until`, `who` and `code` as it said."""

    place: Place
    begin: datetime
    end: datetime | None
    until: datetime | None
    who: tuple[str, ...]
    code: str | None


class StageRuling(Struct, frozen=True):
    """A decision about a place, by the digest of its document."""

    place: Place
    stage: DecisionStage
    verdict: Verdict
    decision: str
    time: datetime
    until: datetime | None
    who: tuple[str, ...]


class PromotionRecord(Struct, kw_only=True):
    """A promotion. `by` is whose key signed the request. `applied` and `restored` say when its release was written to a
    place, and taken back; `settled` when it was seen there. `tagged` is when the newest image of the release says that
    it was built, None where no place was settled or no image says so. `noticed` is when it was found that it failed.
    `overlay` is what it was asked for as.
    """

    id: str
    intent: Intent
    product: str
    tag: str
    release: str
    target: str
    places: tuple[Place, ...]
    by: str
    reason: str | None
    alias: str | None
    requested: datetime
    sequence: int
    overlay: OverlayRequest | None = None
    state: PromotionState = PromotionState.REQUESTED
    cause: str | None = None
    ended: datetime | None = None
    noticed: datetime | None = None
    tagged: datetime | None = None
    decisions: list[StageRuling] = field(default_factory=list)
    waits: list[RecordedWait] = field(default_factory=list)
    applied: dict[Place, datetime] = field(default_factory=dict)
    settled: dict[Place, datetime] = field(default_factory=dict)
    restored: dict[Place, datetime] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`product/tag`."""
        return f"{self.product}/{self.tag}"


class PromotionRecords(Struct, frozen=True):
    """All promotions, oldest first; `untrusted` are the ids of those that have an event that does not count."""

    known: tuple[PromotionRecord, ...] = ()
    untrusted: tuple[str, ...] = ()


def promotion_records(context: SignedHistory) -> PromotionRecords:
    """Every promotion that was asked for."""
    known, untrusted = [], []
    for event in context.ledger.events(kinds=[EventKind.REQUESTED]):
        promotion = promotion_of(event.stream)
        if promotion is None or event.stream_version != 1:
            continue
        told = [context.records.verify(each) for each in context.ledger.events(stream=event.stream)]
        counted = [each for each in told if isinstance(each, EventRecord)]
        found = promotion_record(promotion, counted) if len(counted) == len(told) else None
        if found is None:
            untrusted.append(promotion)
        else:
            known.append(found)
    return PromotionRecords(tuple(known), tuple(untrusted))


def promotion_record(promotion: str, told: Iterable[EventRecord[Any]]) -> PromotionRecord | None:
    """Fold the verified events of one promotion; None where it begins with no request, or goes on after its end."""
    first, *others = told
    asked = first.body
    if not isinstance(asked, Request):
        return None
    try:
        journal = read_journal([first, *others])
    except AfterTheEnd:
        return None
    found = PromotionRecord(
        id=promotion,
        intent=asked.intent,
        product=asked.product,
        tag=asked.tag,
        release=asked.release,
        target=asked.target,
        places=asked.places,
        by=first.person,
        reason=asked.reason,
        alias=asked.alias,
        overlay=asked.overlay,
        requested=first.event.time,
        sequence=first.event.sequence,
        state=journal.state,
    )
    for each in others:
        reader = _READERS.get(type(each.body))
        if reader is not None:
            reader(found, each, each.body)
    return found


def _decided(found: PromotionRecord, told: Told, body: DecisionMade) -> None:
    found.decisions.append(
        StageRuling(
            body.place, body.stage, body.verdict, body.decision, told.event.time, body.until, body.who
        )
    )


def _waiting(found: PromotionRecord, told: Told, body: PromotionWaiting) -> None:
    _through(found, told.event.time)
    found.waits.append(RecordedWait(body.place, told.event.time, None, body.until, body.who, body.code))


def _through(found: PromotionRecord, at: datetime) -> None:
    """The wait that is open, if one is, has ended."""
    if found.waits and found.waits[-1].end is None:
        last = found.waits[-1]
        found.waits[-1] = RecordedWait(last.place, last.begin, at, last.until, last.who, last.code)


def _resumed(found: PromotionRecord, told: Told, _: PromotionResumed) -> None:
    _through(found, told.event.time)


def _halting(found: PromotionRecord, told: Told, body: PromotionHalting) -> None:
    _through(found, told.event.time)
    found.noticed, found.cause = told.event.time, body.cause


def _ended(found: PromotionRecord, told: Told, body: PromotionEnded) -> None:
    _through(found, told.event.time)
    found.ended, found.cause = told.event.time, body.cause


def _completed(found: PromotionRecord, told: Told, body: StepCompleted) -> None:
    step, at = StepId.parse(body.step), told.event.time
    if step.kind is StepKind.APPLY:
        found.applied.setdefault(step.place, at)
    if step.kind is StepKind.RESTORE:
        found.restored[step.place] = at
    if step.kind is StepKind.SETTLE:
        found.settled[step.place] = at
        measured = body.result.get("availability") or {}
        tagged = measured.get("tagged")
        found.tagged = instant(tagged) if tagged is not None else found.tagged


_READERS: dict[type, Callable[[PromotionRecord, Told, Any], None]] = {
    DecisionMade: _decided,
    PromotionWaiting: _waiting,
    PromotionResumed: _resumed,
    PromotionHalting: _halting,
    PromotionEnded: _ended,
    StepCompleted: _completed,
}
