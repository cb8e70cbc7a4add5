"""Receipts: what the ledger has of them, by place and promotion, and which of them count."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.decision import FOUND
from ldmrelease.domain.events.evidence import ReceiptSigned, ReceiptSkipped
from ldmrelease.domain.overlays import EMERGENCY
from ldmrelease.domain.predicates.summary import read_receipt
from ldmrelease.domain.statements import PAYLOAD_TYPE, Statement, read_statement
from ldmrelease.domain.streams import receipt_stream
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.records import EventRecord, verified_payload
from ldmrelease.trust.verify import Rejected

RELEASE = "release"
"""The component of the receipt that is about the release itself."""


class StoredReceipt(Struct, frozen=True):
    """A signed receipt as the ledger has it; `component` is `release` for the release's own."""

    sequence: int
    time: str
    place: str
    promotion: str
    name: str
    component: str
    subject: str
    repository: str
    digest: str
    envelope: bytes


class AdmittedRelease(Struct, frozen=True):
    """A promotion admitted a release (`name` is `product/tag`) to a place: with receipts; without any where nothing was
    to run; or, `found`, by a rollback to what nobody had ever decided about there; or, `emergency`, in one.
    `applied` is the number of the event that says that it was written there.
    """

    release: str
    name: str
    promotion: str
    time: datetime
    sequence: int
    applied: int
    found: bool = False
    emergency: bool = False


def receipts_at(context: SignedHistory, place: Place, release: str | None = None) -> Iterator[StoredReceipt]:
    """The receipts of a place that count, oldest first; of one release alone where its digest is given."""
    for each in _told(context, place):
        if isinstance(each.body, ReceiptSigned) and release in (None, each.body.release):
            envelope = _envelope(context, each)
            if envelope is not None:
                yield _stored(each, envelope)


def receipts_of(context: SignedHistory, place: Place, promotion: str) -> Iterator[StoredReceipt]:
    """The receipts that one promotion signed at a place."""
    return (each for each in receipts_at(context, place) if each.promotion == promotion)


def latest_admission(
    context: SignedHistory, place: Place, release: str | None = None
) -> AdmittedRelease | None:
    """The last admission of a release to a place; of any release, where none is named."""
    return next(admissions(context, place, release), None)


def admissions(context: SignedHistory, place: Place, release: str | None = None) -> Iterator[AdmittedRelease]:
    """Every admission of a release to a place, the newest first; of one release alone where it is named."""
    for each in reversed(list(_told(context, place))):
        body = each.body
        if release not in (None, body.release):
            continue
        if isinstance(body, ReceiptSkipped) or _envelope(context, each) is not None:
            yield AdmittedRelease(
                body.release,
                body.name,
                body.promotion,
                each.event.time,
                each.event.sequence,
                body.applied,
                isinstance(body, ReceiptSkipped) and body.reason == FOUND,
                isinstance(body, ReceiptSkipped) and body.reason == EMERGENCY,
            )


def _told(context: SignedHistory, place: Place) -> Iterator[EventRecord[ReceiptSigned | ReceiptSkipped]]:
    events = context.ledger.events(stream=receipt_stream(place))
    for each in context.records.counted(events, object):
        if isinstance(each.body, ReceiptSigned | ReceiptSkipped):
            yield each  # type: ignore[misc]


def _envelope(context: SignedHistory, told: EventRecord[ReceiptSigned | ReceiptSkipped]) -> bytes | None:
    """The receipt behind a record, if it was signed by its level's key for this place, release and subject."""
    body = told.body
    if not isinstance(body, ReceiptSigned) or not context.ledger.has_blob(body.envelope):
        return None
    envelope = context.ledger.blob(body.envelope)
    verified = verified_payload(envelope, PAYLOAD_TYPE, context.keyring, at=told.event.time)
    if isinstance(verified, Rejected):
        return None
    roles = entitled_roles(
        "receipt",
        verified.key,
        context.keyring,
        environments=(body.place.environment,),
        # The release's own is about no image.
        repositories=() if body.component == RELEASE else (body.repository,),
    )
    if isinstance(roles, Rejected):
        return None
    application = context.topology.application(body.place)
    statement = read_statement(verified.payload)
    said = read_receipt(statement, context.topology.base_uri) if isinstance(statement, Statement) else None
    if said is None or (application is not None and said.level != application.level):
        return None
    about = (said.environment, said.release, said.promotion, said.subject, said.clock)
    wanted = (body.place.environment, body.release, body.promotion, body.subject, body.clock)
    return envelope if about == wanted else None


def _stored(told: EventRecord[ReceiptSigned | ReceiptSkipped], envelope: bytes) -> StoredReceipt:
    body = told.body
    assert isinstance(body, ReceiptSigned)
    return StoredReceipt(
        told.event.sequence,
        spell(told.event.time),
        str(body.place),
        body.promotion,
        body.name,
        body.component,
        body.subject,
        body.repository,
        body.envelope,
        envelope,
    )
