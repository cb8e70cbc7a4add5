"""The append-only log, its blobs, checkpoints and projections."""

from ldmrelease.ledger.errors import (
    Busy,
    ClockWentBack,
    Damaged,
    DiskFull,
    LedgerError,
    LedgerExists,
    NoLedger,
    NotImportable,
    Problem,
    TooNew,
)
from ldmrelease.ledger.sqlite.ledger import Ledger, Observer
from ldmrelease.ledger.sqlite.opening import create_ledger, import_ledger, open_ledger
from ldmrelease.ledger.sqlite.projections import Projector

__all__ = [
    "Busy",
    "ClockWentBack",
    "Damaged",
    "DiskFull",
    "Ledger",
    "LedgerError",
    "LedgerExists",
    "NoLedger",
    "NotImportable",
    "Observer",
    "Problem",
    "Projector",
    "TooNew",
    "create_ledger",
    "import_ledger",
    "open_ledger",
]
