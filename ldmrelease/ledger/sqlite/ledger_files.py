"""Ledgers in files: created, opened, imported, found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ldmrelease.domain import times
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import log
from ldmrelease.ledger.interface import EventRow, WriteObserver
from ldmrelease.ledger.projecting import with_head
from ldmrelease.ledger.sqlite import rows, schema, states
from ldmrelease.ledger.sqlite.connection import SqliteConnection

if TYPE_CHECKING:
    from ldmrelease.ledger.sqlite.ledger import SqliteLedger


def create_ledger(
    address: Path | str, *, at: datetime, actor: str, projectors: Iterable[Projector]
) -> SqliteLedger:
    """Make a new ledger, whole or not at all; its first event says that it was created.

    Raises `LedgerExists` where something is at the path, `LedgerError` where it cannot be written.
    """
    from ldmrelease.ledger.sqlite.new_file import created  # noqa: PLC0415 - whoever opens one goes without

    path, uuid, chosen = Path(address), str(uuid4()), tuple(projectors)
    genesis = log.first(uuid, {"schema": schema.SCHEMA}, at=times.whole(at), actor=actor)
    with created(path) as connection, connection.writing() as tables:
        schema.create_tables(tables, uuid)
        rows.insert(tables, genesis)
        states.maintain(tables, with_head(chosen), log.checked(uuid, genesis))
    return open_ledger(path, projectors=chosen)


def open_ledger(
    address: Path | str, *, projectors: Iterable[Projector], observer: WriteObserver | None = None
) -> SqliteLedger:
    """Open a ledger that is there.

    Raises `NoLedger`, `TooNew`, which names the version that it needs, and `Damaged`.
    """
    from ldmrelease.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415 - completion asks for names alone

    connection = SqliteConnection(Path(address))
    try:
        return SqliteLedger(connection, projectors=projectors, observer=observer)
    except BaseException:
        connection.close()
        raise


def import_ledger(
    address: Path | str, source: Iterable[bytes], *, projectors: Iterable[Projector]
) -> SqliteLedger:
    """Make the ledger that an exported text tells of: the same ledger again, whole or not at all.

    `source` gives the lines, such as a file opened for reading bytes.
    Raises `NotImportable` where the text does not verify, `LedgerExists` where something is at the path.
    """
    from ldmrelease.ledger import transfer  # noqa: PLC0415 - as above
    from ldmrelease.ledger.sqlite.new_file import created  # noqa: PLC0415 - as above

    path, chosen = Path(address), tuple(projectors)
    with created(path) as connection, connection.writing() as tables:
        uuid, records = transfer.read_text(source)
        schema.create_tables(tables, uuid)
        for record in records:
            if isinstance(record, EventRow):
                rows.insert(tables, record)
                states.maintain(tables, with_head(chosen), log.checked(uuid, record))
            else:
                rows.insert_blob(tables, record.digest, record.data)
    return open_ledger(path, projectors=chosen)


def discard_ledger(address: Path | str) -> None:
    """Take back a ledger that was created a moment ago and that nobody else has seen."""
    path = Path(address)
    for each in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))):
        each.unlink(missing_ok=True)


def stream_names(address: Path | str, prefix: str, without: str | None) -> list[str]:
    """As `registry.stream_names`; no file is made beside the ledger's. Raises `OSError`, `ValueError`."""
    from ldmrelease.ledger.sqlite import stream_names  # noqa: PLC0415 - only completion needs it

    return stream_names.stream_names(Path(address), prefix, without)


def address_fault(address: str) -> str | None:
    """A path is not empty, and no URL."""
    if not address:
        return "it names no file"
    return "it has a host, and a file has none" if address.startswith("//") else None


def located(address: str, root: Path) -> str:
    """The path from the root of the file system."""
    return str(root / address)


def file(address: str) -> Path | None:
    """The database's file."""
    return Path(address)
