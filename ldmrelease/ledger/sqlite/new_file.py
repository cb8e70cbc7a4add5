"""A new ledger file appears whole or not at all, and never in place of another."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ldmrelease.ledger.errors import DiskFull, LedgerError, LedgerExists
from ldmrelease.ledger.sqlite.connection import SqliteConnection


@contextmanager
def created(path: Path) -> Iterator[SqliteConnection]:
    """An empty file to fill, which gets its name when the block ends without an error.

    Raises `LedgerExists` where something has the name, `LedgerError` where it cannot be written.
    """
    if path.exists():
        raise LedgerExists(f"{path} is there already; a ledger is never written over")
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        connection = SqliteConnection(draft, create=True)
        try:
            yield connection
            # Closing would do it without a word about a disk that is full, and the log goes with the draft.
            connection.settle()
        finally:
            connection.close()
        _name(draft, path)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    try:
        # A link, unlike a rename, fails where somebody else was faster.
        path.hardlink_to(draft)
        _settle(path.parent)
    except FileExistsError:
        raise LedgerExists(f"{path} is there already; a ledger is never written over") from None
    except OSError as error:
        kind = DiskFull if error.errno == errno.ENOSPC else LedgerError
        raise kind(f"{path}: {error.strerror}") from error


def _settle(directory: Path) -> None:
    """Make the new name durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
