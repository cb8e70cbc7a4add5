"""Receipts: what the ledger has of them, by place and promotion."""

from collections.abc import Iterator
from dataclasses import dataclass

from ldmrelease.domain.events import Event, Kind
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.services.context import Workbench

_FIELDS = {"component", "subject", "repository", "envelope", "release", "name", "promotion", "place"}


@dataclass(frozen=True, slots=True)
class StoredReceipt:
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


def receipts_at(bench: Workbench, place: Place, release: str | None = None) -> Iterator[StoredReceipt]:
    """The receipts of a place, oldest first; of one release alone where its digest is given."""
    for event in bench.ledger.events(stream=f"receipts/{place}", kinds=[Kind.RECEIPT]):
        # A row that lacks what we write was written by somebody else.
        if event.body.keys() >= _FIELDS and release in (None, event.body["release"]):
            yield _stored(bench, event)


def receipts_of(bench: Workbench, place: Place, promotion: str) -> Iterator[StoredReceipt]:
    """The receipts that one promotion signed at a place."""
    return (each for each in receipts_at(bench, place) if each.promotion == promotion)


def _stored(bench: Workbench, event: Event) -> StoredReceipt:
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
        bench.ledger.blob(body["envelope"]),
    )
