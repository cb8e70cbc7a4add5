"""What can be wrong with a ledger: exceptions for what stops the work, problems for what a check finds."""

from pathlib import Path

from msgspec import Struct

from ldmrelease.domain.errors import BusyError, InputError, LdmreleaseError


class LedgerError(LdmreleaseError):
    """The ledger could not be read or written; the message says what and where."""


class NoLedger(LedgerError):
    """There is no ledger at the path."""


class LedgerExists(LedgerError, InputError):
    """Something is at the path already: a ledger is never written over."""


class TooNew(LedgerError):
    """The ledger was written by a newer program; `needs` is the version that reads it."""

    def __init__(self, path: Path, schema: int, needs: str) -> None:
        super().__init__(f"{path} has schema {schema}: it needs ldmrelease {needs} or newer")
        self.needs = needs


class Damaged(LedgerError):
    """The bytes in the ledger are not what was written: cut, edited, or no ledger at all."""


class DiskFull(LedgerError):
    """There was no room for the write; nothing of it was kept."""


class LedgerBusy(LedgerError, BusyError):
    """Another process held the ledger for longer than the busy timeout."""


class ClockWentBack(LedgerError):
    """An event would be older than the one before it."""


class NotImportable(LedgerError, InputError):
    """The text is not a complete export of a ledger that verifies; nothing was written."""


class LedgerProblem(Struct, frozen=True):
    """Something that a check of the ledger found.

    `code` is one of `unreadable`, `schema`, `sequence`, `chain`, `hash`, `encoding`, `time`,
    `stream-version`, `record`, `blob`, `missing` (a blob), `projection`, `index`, `other-ledger`, `other-genesis`,
    `cut`, `fork`; `where` is an event, a blob's digest, a projection's key, a page of the index or a table; `expected`
    and `found` are spelled out where there are any.
    """

    code: str
    where: str
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        told = f"{self.code} at {self.where}"
        if self.expected or self.found:
            told += f": expected {self.expected or 'nothing'}, found {self.found or 'nothing'}"
        return told
