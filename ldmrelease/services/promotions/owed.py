"""What a promotion under an overlay is judged by, and owes once it writes."""

from datetime import timedelta

from ldmrelease.domain.canonical import decode
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.overlays import OverlayFact, UnaskedSource
from ldmrelease.domain.topology import Place
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.needs import PromotionDriving, SignedHistory
from ldmrelease.services.promotions.load import Promotion
from ldmrelease.services.promotions.overlay_roles import overlay_fact


def overlay_of_promotion(context: SignedHistory, promotion: Promotion, place: Place) -> OverlayFact | None:
    """The overlay that a promotion asks for at a place; None where it asks for none."""
    return overlay_fact(
        context,
        promotion.request.overlay,
        promotion.key,
        promotion.pinned.release,
        place,
        promotion.requested,
    )


def review_owed(context: PromotionDriving, promotion: Promotion, place: Place) -> ReviewOwed | None:
    """What is owed from now on, where the promotion is about to write at a place under an overlay."""
    asked = promotion.request.overlay
    overlay = level_at(context, place).overlay(asked.kind, asked.name) if asked is not None else None
    if asked is None or overlay is None:
        return None
    ruling = promotion.journal.ruling(place, DecisionStage.ENTER)
    unasked: tuple[UnaskedSource, ...] = ()
    if ruling is not None:
        decision = decode(context.ledger.blob(ruling.decision), Decision)
        facts = decode(context.ledger.blob(decision.facts), Facts)
        unasked = facts.overlay.unasked if facts.overlay is not None else ()
    now = context.now()
    return ReviewOwed(
        place=place,
        promotion=promotion.id,
        release=promotion.pinned.digest,
        name=promotion.pinned.release.name,
        overlay=asked,
        person=promotion.requester,
        reason=promotion.request.reason,
        time=now,
        due=now + timedelta(seconds=overlay.review_within),
        expires=promotion.requested + timedelta(seconds=overlay.lasts) if overlay.lasts is not None else None,
        unasked=unasked,
    )
