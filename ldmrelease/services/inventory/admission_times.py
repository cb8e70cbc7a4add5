"""When releases were admitted to a place, from verified events: what names and soaks rest on."""

from collections.abc import Iterator

from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.place import PlaceClaimed
from ldmrelease.domain.events.promotion import DecisionStage, PromotionEnded, PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayKind
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId, claim_stream, promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import LedgerReader
from ldmrelease.projections.naming import Admission
from ldmrelease.promotion.state import Journal
from ldmrelease.services.inventory.promotions import PromotionSummary, promotion_summary
from ldmrelease.services.inventory.receipts import AdmittedRelease, admissions
from ldmrelease.services.needs import ObservationHistory
from ldmrelease.trust.records import EventRecord, Records


def admissions_at(context: ObservationHistory, place: Place) -> tuple[Admission, ...]:
    """Every admission at a place, by receipts, and by the steps of promotions that left none there.

    An append rests on the receipts alone: what a promotion under way is doing changes no receipt, and what it
    changes at a place is observed there.
    """
    admitted = {each.promotion: each for each in admissions(context, place)}
    ledger, records = context.unguarded, context.records
    found: list[Admission] = []
    retired: list[tuple[str, int]] = []
    for promotion in _claimed_by(ledger, records, place) | admitted.keys():
        receipt = admitted.get(promotion)
        if receipt is not None and _succeeded(ledger, records, promotion):
            found.append(_admission(receipt))
            continue
        summary = promotion_summary(ledger, records, promotion)
        if summary is None or summary.journal is None or summary.request is None:
            # What does not verify takes no receipt away.
            found += [_admission(receipt)] if receipt is not None else []
        elif summary.request.body.intent is Intent.RETIRE:
            applied = summary.journal.step(str(StepId(place, StepKind.APPLY)))
            retired += [(summary.request.body.release, applied.sequence)] if applied.done else []
        elif summary.request.body.intent is not Intent.ALIAS:
            found += _from_steps(ledger, place, summary, summary.journal, receipt)
    return tuple(sorted(_ended(found, retired), key=lambda each: each.begin))


def _claimed_by(ledger: LedgerReader, records: Records, place: Place) -> set[str]:
    events = ledger.events(stream=claim_stream(place), kinds=[EventKind.CLAIMED])
    return {each.body.promotion for each in records.counted(events, PlaceClaimed)}


def _succeeded(ledger: LedgerReader, records: Records, promotion: str) -> bool:
    end = ledger.last(promotion_stream(promotion), EventKind.ENDED)
    found = records.read(end, PromotionEnded)
    return isinstance(found, EventRecord) and found.body.state is PromotionState.SUCCEEDED


def _admission(receipt: AdmittedRelease) -> Admission:
    return Admission(
        receipt.release,
        receipt.name,
        receipt.promotion,
        receipt.applied,
        time=receipt.time,
        found=receipt.found,
        emergency=receipt.emergency,
    )


def _from_steps(
    ledger: LedgerReader,
    place: Place,
    summary: PromotionSummary,
    journal: Journal,
    receipt: AdmittedRelease | None,
) -> Iterator[Admission]:
    """From its application to its restore, or to the end of a promotion that left no receipt there."""
    assert summary.request is not None
    applied = journal.step(str(StepId(place, StepKind.APPLY)))
    restored = journal.step(str(StepId(place, StepKind.RESTORE)))
    if not applied.done:
        return
    end = restored.sequence if restored.done else None
    if end is None and receipt is None and journal.state.ended:
        end = summary.last_sequence
    request = summary.request.body
    name = f"{request.product}/{request.tag}"
    time = receipt.time if receipt is not None else None
    only_found = receipt.found if receipt is not None else _only_found(ledger, place, journal)
    emergency = request.overlay is not None and request.overlay.kind is OverlayKind.EMERGENCY
    yield Admission(
        request.release, name, summary.promotion, applied.sequence, end, time, only_found, emergency
    )


def _only_found(ledger: LedgerReader, place: Place, journal: Journal) -> bool:
    """Whether what is under way goes back to what nobody had decided about."""
    ruling = journal.ruling(place, DecisionStage.ENTER) or journal.ruling(place, DecisionStage.ASK)
    return ruling is not None and canonical.decode(ledger.blob(ruling.decision), Decision).only_found


def _ended(found: list[Admission], retired: list[tuple[str, int]]) -> Iterator[Admission]:
    """Each admission, up to the retirement that took its release away."""
    for each in found:
        ends = [at for release, at in retired if release == each.release and at > each.begin]
        if each.end is not None:
            ends.append(each.end)
        yield replace(each, end=min(ends, default=None))
