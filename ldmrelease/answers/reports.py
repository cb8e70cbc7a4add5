"""A promotion from request to receipts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.decisions import NONE_BLOCKED, DecisionAnswer, decision_answer
from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.promotions import WaitAnswer, cause_finding, wait_answer
from ldmrelease.answers.spellings import (
    DigestText,
    PlaceName,
    ReleaseName,
    TimeText,
    Values,
    plain_values,
    time_text,
)
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.services.promotions.report import PlaceReport, PromotionReport

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift_report import Blocked


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A step and how far it is: `open`, `started`, `done` or `failed`; `result` is what was recorded."""

    step: str
    state: str
    result: Values


class PlaceReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the plan: `untouched`, `promoted`, `committed`, `restored`, `unknown`, ..."""

    place: PlaceName
    level: str
    state: str
    steps: tuple[StepAnswer, ...]


class StageDecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was made for a promotion, and when in it: `ask`, `enter` or `confirm`."""

    stage: str
    decision: DecisionAnswer


class ReceiptRefAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that the promotion signed, by the digest of its envelope and that of its subject."""

    place: PlaceName
    component: str
    subject: DigestText
    digest: DigestText


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion. `cause` says why it ended or stops, `waits_for` what it waits for; `next` is a command to try.
    `overlay`: it asks for less than everybody is asked.
    """

    promotion: str
    state: PromotionState
    intent: Intent
    release: ReleaseName
    release_digest: DigestText
    target: str
    alias: str | None
    reason: str | None
    by: str
    requested: TimeText
    last: TimeText
    cause: FindingAnswer | None
    waits_for: WaitAnswer | None
    places: tuple[PlaceReportAnswer, ...]
    decisions: tuple[StageDecisionAnswer, ...]
    receipts: tuple[ReceiptRefAnswer, ...]
    next: tuple[str, ...]
    overlay: OverlayAnswer | None = None


def report_answer(report: PromotionReport, blocked: "Mapping[str, Blocked]" = NONE_BLOCKED) -> ReportAnswer:
    """Everything about a promotion; `blocked` is what its last decision does not advise, by requirement."""
    not_advised = [*[NONE_BLOCKED] * (len(report.decisions) - 1), blocked]
    request, waits = report.request, report.state == PromotionState.WAITING
    return ReportAnswer(
        promotion=report.promotion,
        state=PromotionState(report.state),
        intent=request.intent,
        release=f"{request.product}/{request.tag}",
        release_digest=request.release,
        target=request.target,
        alias=request.alias,
        reason=request.reason,
        by=report.requester,
        requested=time_text(report.requested) or "",
        last=time_text(report.last) or "",
        cause=None if waits else cause_finding(report.cause),
        waits_for=wait_answer(report.cause) if waits else None,
        places=tuple(map(_place, report.places)),
        decisions=tuple(
            StageDecisionAnswer(stage=each.stage, decision=decision_answer(each.decision, each.digest, why))
            for each, why in zip(report.decisions, not_advised, strict=False)
        ),
        receipts=tuple(
            ReceiptRefAnswer(
                place=each.place, component=each.component, subject=each.subject, digest=each.envelope
            )
            for each in report.receipts
        ),
        next=report.next,
        overlay=overlay_answer(request.overlay),
    )


def _place(place: PlaceReport) -> PlaceReportAnswer:
    return PlaceReportAnswer(
        place=str(place.place),
        level=place.level,
        state=place.state,
        steps=tuple(
            StepAnswer(step=each.step, state=each.state, result=plain_values(each.result))
            for each in place.steps
        ),
    )
