"""What a promotion is and what became of it, read from the ledger: for people and programs, not for the driver."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events.promotion import DecisionMade, Request
from ldmrelease.domain.plan import PlacePlan, Step, StepKind
from ldmrelease.domain.streams import StepId
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.promotion.state import Journal, StepRecord
from ldmrelease.services.inventory.receipts import receipts_of
from ldmrelease.services.needs import PromotionHistory
from ldmrelease.services.promotions.load import Promotion, load_promotion, records_of
from ldmrelease.services.promotions.wait_reasons import open_wait
from ldmrelease.trust.records import EventRecord


class StepReport(Struct, frozen=True):
    """A step and how far it is: `open`, `started`, `done` or `failed`; `result` is what was recorded."""

    step: str
    state: str
    result: dict[str, Any]


class PlaceReport(Struct, frozen=True):
    """A place of the plan: `untouched`, `promoted`, `committed`, `restored` or `unknown` (design section 4)."""

    place: Place
    level: str
    state: str
    steps: tuple[StepReport, ...]


class DecisionReport(Struct, frozen=True):
    """A decision that was made for a promotion, and when in it."""

    stage: str
    digest: str
    decision: Decision


class ReceiptReport(Struct, frozen=True):
    """A receipt that the promotion signed."""

    place: str
    component: str
    subject: str
    envelope: str


class PromotionReport(Struct, frozen=True):
    """A promotion. `cause` says why it ended or what it waits for; `next` is a command to try."""

    promotion: str
    state: str
    requester: str
    requested: datetime
    last: datetime
    request: Request
    places: tuple[PlaceReport, ...]
    decisions: tuple[DecisionReport, ...]
    receipts: tuple[ReceiptReport, ...]
    cause: dict[str, Any]
    next: tuple[str, ...]


def report(context: PromotionHistory, promotion_id: str) -> PromotionReport:
    """Everything about a promotion. Raises `NoSuchPromotion`, `Untrusted`."""
    promotion = load_promotion(context, promotion_id)
    told = records_of(context, promotion_id)
    journal = promotion.journal
    places = [each.place for each in promotion.plan.places]
    opened = open_wait(context, promotion.request, promotion.pinned.release)
    return PromotionReport(
        promotion=promotion.id,
        state=str(journal.state),
        requester=promotion.requester,
        requested=told[0].event.time,
        last=told[-1].event.time,
        request=promotion.request,
        places=tuple(_place(each, journal) for each in promotion.plan.places),
        decisions=tuple(_decisions(context.ledger, told)),
        receipts=tuple(
            ReceiptReport(each.place, each.component, each.subject, each.digest)
            for place in places
            for each in receipts_of(context, place, promotion.id)
        ),
        cause=_cause(promotion, opened),
        next=_next(promotion, opened),
    )


def _place(plan: PlacePlan, journal: Journal) -> PlaceReport:
    steps = [*plan.steps, plan.free]
    if journal.step(plan.restore.id).intended:
        steps.append(plan.restore)
    return PlaceReport(
        plan.place, plan.level, place_state(plan, journal), tuple(_step(each, journal) for each in steps)
    )


def place_state(plan: PlacePlan, journal: Journal) -> str:
    """What the promotion left at a place."""
    settled = journal.step(plan.step(StepKind.SETTLE).id)
    if journal.step(plan.restore.id).done:
        return "restored"
    if settled.done:
        return str(settled.result.get("state", "promoted"))
    if journal.waits_for and journal.waits_at == plan.place:
        # It waits for somebody to bring there what was written.
        return "committed"
    return "unknown" if journal.step(plan.step(StepKind.APPLY).id).intended else "untouched"


def _step(step: Step, journal: Journal) -> StepReport:
    record = journal.step(step.id)
    # Freeing a place ends its claim, and the record of it: a freed place was claimed.
    claimed = step.kind is StepKind.CLAIM and journal.step(str(StepId(step.place, StepKind.FREE))).done
    return StepReport(step.id, "done" if claimed else _state(record), record.result)


def _state(record: StepRecord) -> str:
    if record.failed or record.done:
        return "failed" if record.failed else "done"
    return "started" if record.intended else "open"


def _decisions(ledger: LedgerReader, told: list[EventRecord[Any]]) -> Iterator[DecisionReport]:
    for each in told:
        if isinstance(each.body, DecisionMade):
            decision = canonical.decode(ledger.blob(each.body.decision), Decision)
            yield DecisionReport(str(each.body.stage), each.body.decision, decision)


def _cause(promotion: Promotion, opened: dict[str, Any]) -> dict[str, Any]:
    journal = promotion.journal
    if journal.waiting:
        waits = {"until": journal.until, "who": list(journal.who), "place": journal.waits_at}
        return {**waits, **(journal.waits_for or opened)}
    if journal.halt is not None and not journal.state.ended:
        return {"cause": journal.halt.cause, "values": journal.halt.values}
    return dict(journal.cause)


def _next(promotion: Promotion, opened: dict[str, Any]) -> tuple[str, ...]:
    if promotion.journal.waiting and not promotion.journal.waits_for and opened:
        return tuple(opened["values"]["next"])
    if not promotion.journal.state.ended:
        return ("ldmrelease", "resume", promotion.id)
    return ()
