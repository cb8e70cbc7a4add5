"""Where a ledger is opened: by the form of its address. Another store is one package and one line here.

`ledger.db`, `/var/lib/ldmrelease/ledger.db` and `sqlite:ledger.db` are files of SQLite.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ldmrelease.domain.projector import Projector
from ldmrelease.ledger.errors import NoLedger
from ldmrelease.ledger.interface import Ledger, WriteObserver
from ldmrelease.ledger.sqlite import opening as sqlite


class Store(Protocol):
    """A module that keeps ledgers; `address` is what follows the scheme."""

    def create_ledger(
        self, address: str, /, *, at: datetime, actor: str, projectors: Iterable[Projector]
    ) -> Ledger:
        """A new ledger, whole or not at all."""

    def open_ledger(
        self, address: str, /, *, projectors: Iterable[Projector], observer: WriteObserver | None
    ) -> Ledger:
        """A ledger that is there."""

    def import_ledger(
        self, address: str, source: Iterable[bytes], /, *, projectors: Iterable[Projector]
    ) -> Ledger:
        """A ledger from an exported text, whole or not at all."""


FILES = "sqlite"
"""The store of an address without a scheme, which is a path."""

STORES: Mapping[str, Store] = {
    FILES: sqlite,
}


def create_ledger(
    address: Path | str, *, at: datetime, actor: str, projectors: Iterable[Projector]
) -> Ledger:
    """Make a new ledger, whole or not at all; its first event says that it was created.

    Raises `LedgerExists` where something has the address, `LedgerError` where it cannot be written.
    """
    store, place = _store(address)
    return store.create_ledger(place, at=at, actor=actor, projectors=projectors)


def open_ledger(
    address: Path | str, *, projectors: Iterable[Projector], observer: WriteObserver | None = None
) -> Ledger:
    """Open a ledger that is there; `projectors` are the projections that it keeps.

    Raises `NoLedger`, `TooNew`, which names the version that it needs, and `Damaged`.
    """
    store, place = _store(address)
    return store.open_ledger(place, projectors=projectors, observer=observer)


def import_ledger(address: Path | str, source: Iterable[bytes], *, projectors: Iterable[Projector]) -> Ledger:
    """Make the ledger that an exported text tells of: the same ledger again, whole or not at all.

    `source` gives the lines, such as a file opened for reading bytes.
    Raises `NotImportable` where the text does not verify, `LedgerExists` where something has the address.
    """
    store, place = _store(address)
    return store.import_ledger(place, source, projectors=projectors)


def _store(address: Path | str) -> tuple[Store, str]:
    scheme, colon, rest = str(address).partition(":")
    if isinstance(address, Path) or not colon or "/" in scheme:
        return STORES[FILES], str(address)
    if scheme not in STORES:
        raise NoLedger(
            f"no ledger can be opened at {address}: known are {', '.join(sorted(STORES))}, and paths"
        )
    return STORES[scheme], rest
