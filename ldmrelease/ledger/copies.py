"""A copy of a ledger that somebody hands over, a file of SQLite or an export: read, never written, and not believed.

Whoever made the file may have put anything into it. So nothing of it is opened as a ledger: rows and blobs are read one
by one, within limits, and what cannot be read is a problem among others.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ldmrelease.ledger.errors import LedgerError, LedgerProblem
from ldmrelease.ledger.interface import EventRow

VALUE_LIMIT = 64 * 1024 * 1024
"""Bytes of an event, or of a line of an export, that are read: nothing in a ledger has as many."""
MOST_VALUES = 100_000
"""Values in the JSON of an event that are read: its body is a record in one text, and 64 MB of empty lists would take
gigabytes.
"""
BLOB_LIMIT = 32 * 1024 * 1024
"""Bytes of a blob that are read: what is taken into a ledger has 10 MB at most."""

_MAGIC = 16
_FORMS = {
    b"SQLite format 3\x00": "ldmrelease.ledger.sqlite.sqlite_copy",
    b"{": "ldmrelease.ledger.sqlite.export_copy",
}
"""By what a file begins with, the module that reads it; loaded when it is needed."""


def has_too_many_values(text: str | bytes) -> bool:
    """Whether JSON has, or seems to have, more values than are read; counted without reading it."""
    found = (
        sum(map(text.count, (b"[", b"{", b","))) if isinstance(text, bytes) else sum(map(text.count, "[{,"))
    )
    return found > MOST_VALUES


class UnreadableCopy(LedgerError):
    """The file is no copy of a ledger, or not one that can be read: nothing can be said of what it holds."""


class LedgerCopy(Protocol):
    """What is in a copy, as it stands there."""

    @property
    def form(self) -> str:
        """`SQLite` or `export`."""

    @property
    def uuid(self) -> str:
        """The name of the ledger that it says it is of."""

    def storage_problems(self) -> Iterator[LedgerProblem]:
        """What is wrong with the file itself."""

    def rows(self) -> Iterator[EventRow | LedgerProblem]:
        """The events in the order of the file; a problem in place of what is none."""

    def blobs(self) -> Iterator[tuple[str, bytes] | LedgerProblem]:
        """The blobs with the digests that they are kept by, to be hashed; a problem in place of what is none."""

    def blob(self, digest: str) -> bytes | None:
        """The bytes that are kept by a digest, not hashed; None where there are none. `blobs` comes first."""


class _CopyReader(Protocol):
    """A module that reads copies of one form."""

    def copy_in(self, path: Path, /) -> AbstractContextManager[LedgerCopy]:
        """The copy in a file. Raises `UnreadableCopy`."""


def open_copy(path: Path) -> AbstractContextManager[LedgerCopy]:
    """The copy in a file, to be used in a `with`. Raises `UnreadableCopy`."""
    begin = _beginning(path)
    module = next((each for magic, each in _FORMS.items() if begin.startswith(magic)), None)
    if module is None:
        raise UnreadableCopy(f"{path} is neither a database of SQLite nor an export of a ledger")
    return cast(_CopyReader, import_module(module)).copy_in(path)


def _beginning(path: Path) -> bytes:
    with opened(path) as file:
        return os.read(file, _MAGIC)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a regular file: neither a link nor a pipe. Raises `UnreadableCopy`."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        what = "it is a symbolic link; name the file itself" if path.is_symlink() else error.strerror
        raise UnreadableCopy(f"{path} cannot be read: {what}") from error
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise UnreadableCopy(f"{path} is not a regular file")
        yield file
    finally:
        os.close(file)
