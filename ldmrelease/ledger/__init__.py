"""The append-only log, its blobs, checkpoints and projections, whatever keeps them."""

from ldmrelease.ledger.errors import (
    ClockWentBack,
    Damaged,
    DiskFull,
    LedgerBusy,
    LedgerError,
    LedgerExists,
    LedgerProblem,
    NoLedger,
    NotImportable,
    TooNew,
)
from ldmrelease.ledger.interface import Ledger, LedgerReader, WriteObserver
from ldmrelease.ledger.registry import create_ledger, discard_ledger, import_ledger, open_ledger

__all__ = [
    "ClockWentBack",
    "Damaged",
    "DiskFull",
    "Ledger",
    "LedgerBusy",
    "LedgerError",
    "LedgerExists",
    "LedgerProblem",
    "LedgerReader",
    "NoLedger",
    "NotImportable",
    "TooNew",
    "WriteObserver",
    "create_ledger",
    "discard_ledger",
    "import_ledger",
    "open_ledger",
]
