"""How a ledger comes to be: created, opened, or imported."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from ldmrelease.domain import times
from ldmrelease.ledger.sqlite import chain, projections, schema, transfer
from ldmrelease.ledger.sqlite.connection import SqliteConnection
from ldmrelease.ledger.sqlite.files import created
from ldmrelease.ledger.sqlite.ledger import Ledger, WriteObserver


def create_ledger(path: Path, *, at: datetime, actor: str) -> Ledger:
    """Make a new ledger, whole or not at all; its first event says that it was created.

    Raises `LedgerExists` where something is at the path, `LedgerError` where it cannot be written.
    """
    uuid = str(uuid4())
    genesis = chain.first(uuid, {"schema": schema.SCHEMA}, at=times.whole(at), actor=actor)
    with created(path) as connection, connection.writing() as tables:
        schema.create_tables(tables, uuid)
        chain.insert(tables, genesis)
        projections.maintain(tables, projections.PROJECTORS, genesis)
    return open_ledger(path)


def open_ledger(path: Path, *, observer: WriteObserver | None = None) -> Ledger:
    """Open a ledger that is there.

    Raises `NoLedger`, `TooNew`, which names the version that it needs, and `Damaged`.
    """
    connection = SqliteConnection(path)
    try:
        return Ledger(connection, observer=observer)
    except BaseException:
        connection.close()
        raise


def import_ledger(path: Path, source: Iterable[bytes]) -> Ledger:
    """Make the ledger that an exported text tells of: the same ledger again, whole or not at all.

    `source` gives the lines, such as a file opened for reading bytes.
    Raises `NotImportable` where the text does not verify, `LedgerExists` where something is at the path.
    """
    with created(path) as connection, connection.writing() as tables:
        transfer.fill(tables, source, projections.PROJECTORS)
    return open_ledger(path)
