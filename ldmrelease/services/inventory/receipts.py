"""Receipts: what the ledger has of them, by place and promotion."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.services.context import Context

_FIELDS = {"component", "subject", "repository", "envelope", "release", "name", "promotion", "place"}


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


def receipts_at(context: Context, place: Place, release: str | None = None) -> Iterator[StoredReceipt]:
    """The receipts of a place, oldest first; of one release alone where its digest is given."""
    for event in context.ledger.events(stream=f"receipts/{place}", kinds=[EventKind.RECEIPT]):
        # A row that lacks what we write was written by somebody else.
        if event.body.keys() >= _FIELDS and release in (None, event.body["release"]):
            yield _stored(context, event)


def receipts_of(context: Context, place: Place, promotion: str) -> Iterator[StoredReceipt]:
    """The receipts that one promotion signed at a place."""
    return (each for each in receipts_at(context, place) if each.promotion == promotion)


def _stored(context: Context, event: Event) -> StoredReceipt:
    body = event.body
    return StoredReceipt(
        event.sequence,
        spell(event.time),
        body["place"],
        body["promotion"],
        body["name"],
        body["component"],
        body["subject"],
        body["repository"],
        body["envelope"],
        context.ledger.blob(body["envelope"]),
    )
