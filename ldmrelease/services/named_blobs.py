"""Which blobs events name: what a ledger has to keep beside them, or they say nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.evidence import ReceiptSigned, StatementReceived
from ldmrelease.domain.events.imported import DesiredImported, ImportedRows, SightingsImported, SyncsImported
from ldmrelease.domain.events.promotion import DecisionMade, PromotionPlanned
from ldmrelease.domain.events.release import Pin
from ldmrelease.ledger import LedgerProblem, LedgerReader
from ldmrelease.projections.claimed import claimed_in

MISSING = "missing"
NAMING: Mapping[str, type[Any]] = {
    EventKind.PINNED: Pin,
    EventKind.RECEIVED: StatementReceived,
    EventKind.RECEIPT: ReceiptSigned,
    EventKind.PLANNED: PromotionPlanned,
    EventKind.DECIDED: DecisionMade,
    EventKind.DESIRED_IMPORTED: DesiredImported,
    EventKind.SYNCS_IMPORTED: SyncsImported,
    EventKind.SIGHTINGS_IMPORTED: SightingsImported,
}
"""By their kinds the bodies that name blobs."""


def named_blobs(body: Any) -> Iterator[tuple[str, str]]:
    """What the body of an event names: what each is, and its digest."""
    match body:
        case Pin():
            yield "the document of a release", body.document
            for what, digest in (
                ("the content list of a release", body.content),
                ("the versions of a release", body.versions),
            ):
                if digest is not None:
                    yield what, digest
        case StatementReceived():
            yield "a statement", body.blob
        case ReceiptSigned():
            yield "a receipt", body.envelope
        case PromotionPlanned():
            yield "a plan", body.plan
        case DecisionMade():
            yield "a decision", body.decision
            yield "the facts of a decision", body.facts
        case ImportedRows():
            yield "rows that were imported", body.rows


def missing_blobs(ledger: LedgerReader) -> Iterator[LedgerProblem]:
    """What events name and the ledger does not have; of events as they stand there, signed or not."""
    for row in ledger.rows(NAMING):
        for what, digest in named_blobs(claimed_in(row.body, NAMING[row.kind])):
            if not ledger.has_blob(digest):
                yield LedgerProblem(MISSING, f"event {row.sequence}", f"{what}, {digest}", "nothing")
