"""The append-only log, its blobs, checkpoints and projections."""

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
from ldmrelease.ledger.sqlite.ledger import Ledger, WriteObserver
from ldmrelease.ledger.sqlite.opening import create_ledger, import_ledger, open_ledger
from ldmrelease.ledger.sqlite.projections import Projector

__all__ = [
    "ClockWentBack",
    "Damaged",
    "DiskFull",
    "Ledger",
    "LedgerBusy",
    "LedgerError",
    "LedgerExists",
    "LedgerProblem",
    "NoLedger",
    "NotImportable",
    "Projector",
    "TooNew",
    "WriteObserver",
    "create_ledger",
    "import_ledger",
    "open_ledger",
]
