"""Why a promotion brought a release to a place: who asked, what was decided and on what evidence, the receipts."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.evidence import ReceiptSkipped, StatementReceived
from ldmrelease.domain.events.promotion import DecisionMade, DecisionStage, Request, StepCompleted
from ldmrelease.domain.facts import Facts, StatementFact
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import StepId, evidence_stream, promotion_stream, receipt_stream
from ldmrelease.domain.topology import Place
from ldmrelease.services.acts.release_acts import ActsReader, ReleaseActs
from ldmrelease.services.audit.regather import evidence_subjects
from ldmrelease.services.evidence.collect import repositories_in
from ldmrelease.services.inventory.promotions import promotion_summary
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_of
from ldmrelease.services.needs import PromotionHistory, ReleaseHistory
from ldmrelease.trust.evaluate import evaluate_statement
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import EventRecord


class StatementUsed(Struct, frozen=True):
    """A statement, and the `person` whose key signed it, as the keyring of then has it; None where it knew nobody."""

    fact: StatementFact
    person: str | None


class DecisionReason(Struct, frozen=True):
    """A decision, by the number and the time of its event, with the statements that its findings rest on, by their
    evidence ids. `earlier` is how many decisions of the promotion about the place came before it.
    """

    event: int
    time: datetime
    stage: DecisionStage
    digest: str
    decision: Decision
    statements: dict[str, StatementUsed]
    earlier: int


class PromotionReason(Struct, frozen=True):
    """A promotion, as far as it is about a place. `by` is whose key signed the request.

    `decisions` are the one that it entered by, or the last one that kept it out, and the confirmation. `written` and
    `restored` are when that was done there. `without_receipt` says why there is no receipt (`scaled-to-zero`, `found`).
    `later` are statements about the release that came in after the last of these decisions, as they count now.
    `overlay` is what it was asked for as; `acts` are approvals and waivers that came in after them, the holds that
    stand there now, and the review that is owed for it.
    """

    promotion: str
    place: Place
    intent: str
    release: str
    release_digest: str
    target: str
    by: str
    requested: datetime
    reason: str | None
    state: str
    decisions: tuple[DecisionReason, ...]
    written: datetime | None
    restored: datetime | None
    receipts: tuple[StoredReceipt, ...]
    without_receipt: str | None
    later: tuple[StatementUsed, ...]
    overlay: OverlayRequest | None = None
    acts: ReleaseActs = ReleaseActs()


def promotion_reason(
    context: PromotionHistory, promotion: str, place: Place, now: datetime, *, decision: str | None = None
) -> PromotionReason | None:
    """What verifies of a promotion about a place; None where its request does not.

    decision: the digest of the one decision that is asked about. Raises `Damaged` where a blob is missing.
    """
    told = list(context.records.counted(context.ledger.events(stream=promotion_stream(promotion)), object))
    request = next((each for each in told if isinstance(each.body, Request)), None)
    summary = promotion_summary(context.ledger, context.records, promotion)
    if request is None or summary is None or not isinstance(request.body, Request):
        return None
    body = request.body
    decisions = tuple(_decisions(context, told, place, decision))
    after = max((each.event for each in decisions), default=request.event.sequence)
    return PromotionReason(
        promotion=promotion,
        place=place,
        intent=str(body.intent),
        release=f"{body.product}/{body.tag}",
        release_digest=body.release,
        target=body.target,
        by=request.person,
        requested=request.event.time,
        reason=body.reason,
        state=summary.state,
        decisions=decisions,
        written=_done(told, place, StepKind.APPLY),
        restored=_done(told, place, StepKind.RESTORE),
        receipts=tuple(receipts_of(context, place, promotion)),
        without_receipt=_without_receipt(context, place, promotion),
        later=tuple(_later(context, body.release, after, now)),
        overlay=body.overlay,
        acts=_acts(context, promotion, body.release, place, after, now),
    )


def _decisions(
    context: ReleaseHistory, told: Iterable[EventRecord[Any]], place: Place, digest: str | None
) -> Iterator[DecisionReason]:
    about = [each for each in told if isinstance(each.body, DecisionMade) and each.body.place == place]
    if digest is not None:
        chosen = [each for each in about if each.body.decision == digest][-1:]
    else:
        entered = [each for each in about if each.body.stage is DecisionStage.ENTER]
        asked = [each for each in about if each.body.stage is DecisionStage.ASK]
        confirmed = [each for each in about if each.body.stage is DecisionStage.CONFIRM]
        chosen = [*(entered or asked)[-1:], *confirmed[-1:]]
    for each in chosen:
        yield _decision(context, each, about.index(each))


def _decision(context: ReleaseHistory, told: EventRecord[Any], earlier: int) -> DecisionReason:
    made: DecisionMade = told.body
    decision = canonical.decode(context.ledger.blob(made.decision), Decision)
    facts = canonical.decode(context.ledger.blob(made.facts), Facts)
    keyring = canonical.decode(context.ledger.blob(facts.keyring), Keyring)
    return DecisionReason(
        event=told.event.sequence,
        time=told.event.time,
        stage=made.stage,
        digest=made.decision,
        decision=decision,
        statements={each.evidence: _used(each, keyring) for each in facts.statements},
        earlier=earlier,
    )


def _used(fact: StatementFact, keyring: Keyring) -> StatementUsed:
    key = keyring.signatory(fact.signer) if fact.signer is not None else None
    return StatementUsed(fact, key.person if key is not None else None)


def _done(told: Iterable[EventRecord[Any]], place: Place, kind: StepKind) -> datetime | None:
    step = str(StepId(place, kind))
    done = [each for each in told if isinstance(each.body, StepCompleted) and each.body.step == step]
    return done[-1].event.time if done else None


def _without_receipt(context: ReleaseHistory, place: Place, promotion: str) -> str | None:
    events = context.ledger.events(stream=receipt_stream(place), kinds=[EventKind.RECEIPT_SKIPPED])
    skipped = context.records.counted(events, ReceiptSkipped)
    return next((each.body.reason for each in skipped if each.body.promotion == promotion), None)


def _acts(
    context: PromotionHistory, promotion: str, digest: str, place: Place, after: int, now: datetime
) -> ReleaseActs:
    pin, application = context.pins.of_release(digest), context.topology.application(place)
    if pin is None or application is None:
        return ReleaseActs()
    release = canonical.decode(context.ledger.blob(pin.body.document), Release)
    found = ActsReader(context, [application], now).acts(release, digest)
    return ReleaseActs(
        approvals=tuple(each for each in found.approvals if each.given.event.sequence > after),
        waivers=tuple(each for each in found.waivers if each.given.event.sequence > after),
        holds=tuple(each for each in found.holds if each.stands(now)),
        debts=tuple(each for each in found.debts if each.owed.promotion == promotion),
    )


def _later(context: ReleaseHistory, digest: str, after: int, now: datetime) -> Iterator[StatementUsed]:
    """Statements about a release that came in behind an event, each as it counts now."""
    pin = context.pins.of_release(digest)
    if pin is None:
        return
    release = canonical.decode(context.ledger.blob(pin.body.document), Release)
    repositories = repositories_in(release, digest)
    checks = {each.name: each.tests for each in context.topology.checks}
    seen: set[str] = set()
    for subject, scope in evidence_subjects(release, digest).items():
        events = context.ledger.events(
            stream=evidence_stream(subject), kinds=[EventKind.RECEIVED], after=after
        )
        for taken in context.records.counted(events, StatementReceived):
            if taken.body.blob in seen:
                continue
            seen.add(taken.body.blob)
            fact = evaluate_statement(
                context.ledger.blob(taken.body.blob),
                blob=taken.body.blob,
                keyring=context.keyring,
                received=taken.event.time,
                now=now,
                repository=scope,
                checks=checks,
                subjects=repositories,
            ).fact
            yield _used(fact, context.keyring)
