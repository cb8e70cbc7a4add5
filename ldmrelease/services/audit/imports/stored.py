"""What was imported: signed events, whose rows are blobs. What does not verify is not there."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.imported import ImportedRows
from ldmrelease.ledger import LedgerReader
from ldmrelease.services.audit.imports.imported_rows import decode_rows
from ldmrelease.services.needs import RecordLookup
from ldmrelease.trust.verify import Rejected

B = TypeVar("B", bound=ImportedRows)
R = TypeVar("R")


class ImportedPart(Struct, Generic[B], frozen=True):
    """An import's part of a history: when it became known, who signed that, and where the rows are."""

    body: B
    known: datetime
    person: str
    stream: str
    version: int


class UnreadableRows(LdmreleaseError):
    """Rows that somebody signed, and that are none: nothing is said on their word."""


def imported_parts(
    context: RecordLookup, events: Iterable[Event], body: type[B]
) -> Iterator[ImportedPart[B]]:
    """The parts that verify now, in the order in which they were imported."""
    for event in events:
        found = context.records.read(event, body)
        if not isinstance(found, Rejected):
            yield ImportedPart(found.body, event.time, found.person, event.stream, event.stream_version)


def rows_of(ledger: LedgerReader, part: ImportedPart[Any], row: type[R]) -> list[R]:
    """The rows of a part. Raises `UnreadableRows`, `Damaged`."""
    try:
        return decode_rows(ledger.blob(part.body.rows), row)
    except ValueError as error:
        raise UnreadableRows(f"{part.stream}: what was imported there cannot be read: {error}") from error
