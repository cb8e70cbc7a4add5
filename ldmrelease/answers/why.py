"""Why something runs at a place, or ran there: the decision behind it, with its evidence, or that there is none."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ldmrelease.answers.acts import ReleaseActsAnswer, release_acts_answer
from ldmrelease.answers.decisions import DecisionAnswer, decision_answer
from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.reports import ReceiptRefAnswer
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.facts import Intent
from ldmrelease.projections.naming import NamedBy
from ldmrelease.services.audit.promotion_reason import DecisionReason, PromotionReason, StatementUsed
from ldmrelease.services.audit.why import FirstSeen, OtherPromotion, WhyPlace, WhyReason
from ldmrelease.services.inventory.where import PlaceComponent


class StatementUsedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A statement: `evidence` is the digest of its payload, `blob` that of its envelope. `signer` is the name of
    the key in the trust document of then, `person` whose it was; null where that document knew nobody. `received` is
    when the ledger took it in, `claimed` what it says itself. `code` says why it does not count, where it does not.
    """

    evidence: str
    blob: DigestText
    type: str
    signer: str | None
    person: str | None
    received: TimeText
    claimed: TimeText | None
    counted: bool
    code: str | None
    check: str | None
    result: str | None
    environment: str | None


class DecisionReasonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, by the number and time of its event. `evidence` are the statements that its findings name. `earlier`
    is how many decisions of the promotion about the place came before it.
    """

    event: int
    time: TimeText
    stage: DecisionStage
    decision: DecisionAnswer
    evidence: tuple[StatementUsedAnswer, ...]
    earlier: int


class PromotionReasonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion, as far as it is about the place. `written` and `restored` are when that was done there.
    `without_receipt` says why it left no receipt; `later` are statements that came in after its decisions, as they
    count now. `overlay`: it asked for less than everybody is asked. `acts` has approvals and waivers that came in after
    its decisions, the holds that stand at the place now, and the review that is owed for it.
    """

    promotion: str
    intent: Intent
    release: ReleaseName
    release_digest: DigestText
    target: str
    by: str
    requested: TimeText
    reason: str | None
    state: str
    decisions: tuple[DecisionReasonAnswer, ...]
    written: TimeText | None
    restored: TimeText | None
    receipts: tuple[ReceiptRefAnswer, ...]
    without_receipt: str | None
    later: tuple[StatementUsedAnswer, ...]
    overlay: OverlayAnswer | None
    acts: ReleaseActsAnswer


class WhyImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that ran; `named` is how its release was found, `since` when it was seen first."""

    product: str
    component: str
    spelling: str
    digest: DigestText | None
    release: ReleaseName | None
    named: NamedBy
    state: str
    since: TimeText


class FirstSeenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """When an image without a decision was seen first. `basis` is `committed` (a tree, at `revision`) or `pods`,
    `cause` is `restore` where a promotion put it back. `by`, `changed` and `commit` say who changed the line that says
    it, and when, where that is known.
    """

    seen: TimeText
    basis: str
    revision: str
    cause: str | None
    by: str | None
    changed: str | None
    commit: str | None


class WhyReasonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Images that came there together. `decided` says whether a decision is behind them; `found` that a rollback
    brought back what nobody had decided about.
    """

    images: tuple[WhyImageAnswer, ...]
    decided: bool
    found: bool
    promotion: PromotionReasonAnswer | None
    first: FirstSeenAnswer | None


class OtherPromotionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that worked at the place after that, and what became of it."""

    promotion: str
    release: ReleaseName
    state: str


class WhyPlaceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A place. `at` is the time that is asked about, `observed` when it was looked at last up to then, `next` when the
    next time; `unobserved` says that this is too far apart to say what ran. Of a promotion, a decision or a release
    there is no time, and no images.
    """

    place: PlaceName
    level: str
    at: TimeText | None
    observed: TimeText | None
    next: TimeText | None
    unobserved: bool
    reasons: tuple[WhyReasonAnswer, ...]
    others: tuple[OtherPromotionAnswer, ...]


class WhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why, place by place."""

    places: tuple[WhyPlaceAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Refused where something came there without a decision, undecided where nobody can say what ran."""
        undecided = [each for place in self.places for each in place.reasons if not each.decided]
        return found_code(undecided, any(each.unobserved for each in self.places))


def why_answer(found: Iterable[WhyPlace], now: datetime) -> WhyAnswer:
    """Why, place by place, as of a time."""
    return WhyAnswer(places=tuple(_place(each, now) for each in found))


def _place(each: WhyPlace, now: datetime) -> WhyPlaceAnswer:
    return WhyPlaceAnswer(
        place=str(each.place),
        level=each.level,
        at=time_text(each.moment),
        observed=time_text(each.observed),
        next=time_text(each.next),
        unobserved=not each.speaks,
        reasons=tuple(_reason(one, each.moment or now) for one in each.reasons),
        others=tuple(map(_other, each.others)),
    )


def _other(each: OtherPromotion) -> OtherPromotionAnswer:
    return OtherPromotionAnswer(promotion=each.promotion, release=each.release, state=each.state)


def _reason(each: WhyReason, now: datetime) -> WhyReasonAnswer:
    return WhyReasonAnswer(
        images=tuple(map(_image, each.images)),
        decided=each.is_decided,
        found=each.found,
        promotion=_promotion(each.promotion, now) if each.promotion is not None else None,
        first=_first(each.first) if each.first is not None else None,
    )


def _image(each: PlaceComponent) -> WhyImageAnswer:
    return WhyImageAnswer(
        product=each.product,
        component=each.component,
        spelling=each.spelling,
        digest=each.digest or None,
        release=each.release,
        named=each.named,
        state=each.state,
        since=each.since,
    )


def _first(each: FirstSeen) -> FirstSeenAnswer:
    return FirstSeenAnswer(
        seen=time_text(each.seen) or "",
        basis=each.basis,
        revision=each.revision,
        cause=each.cause,
        by=each.by,
        changed=each.changed,
        commit=each.commit,
    )


def _promotion(each: PromotionReason, now: datetime) -> PromotionReasonAnswer:
    return PromotionReasonAnswer(
        promotion=each.promotion,
        intent=Intent(each.intent),
        release=each.release,
        release_digest=each.release_digest,
        target=each.target,
        by=each.by,
        requested=time_text(each.requested) or "",
        reason=each.reason,
        state=each.state,
        decisions=tuple(map(_decision, each.decisions)),
        written=time_text(each.written),
        restored=time_text(each.restored),
        receipts=tuple(
            ReceiptRefAnswer(
                place=found.place, component=found.component, subject=found.subject, digest=found.digest
            )
            for found in each.receipts
        ),
        without_receipt=each.without_receipt,
        later=_statements(each.later),
        overlay=overlay_answer(each.overlay),
        acts=release_acts_answer(each.release, each.acts, now),
    )


def _decision(each: DecisionReason) -> DecisionReasonAnswer:
    named = dict.fromkeys(evidence for finding in each.decision.findings for evidence in finding.evidence)
    return DecisionReasonAnswer(
        event=each.event,
        time=time_text(each.time) or "",
        stage=each.stage,
        decision=decision_answer(each.decision, each.digest),
        evidence=_statements([each.statements[one] for one in named if one in each.statements]),
        earlier=each.earlier,
    )


def _statements(found: Sequence[StatementUsed]) -> tuple[StatementUsedAnswer, ...]:
    return tuple(
        StatementUsedAnswer(
            evidence=each.fact.evidence,
            blob=each.fact.blob,
            type=each.fact.type,
            signer=each.fact.signer,
            person=each.person,
            received=time_text(each.fact.received) or "",
            claimed=time_text(each.fact.claimed),
            counted=each.fact.counted,
            code=each.fact.code,
            check=each.fact.check,
            result=each.fact.result,
            environment=each.fact.environment,
        )
        for each in found
    )
