"""Where a ledger is opened: by the form of its address. Another store is one package and one line here.

`ledger.db`, `/var/lib/ldmrelease/ledger.db` and `sqlite:ledger.db` are files of SQLite. The ledger in memory has no
line: each command is a process of its own, and would begin with an empty one.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from ldmrelease.domain.projector import Projector
from ldmrelease.ledger.errors import NoLedger
from ldmrelease.ledger.interface import Ledger, WriteObserver


class LedgerStore(Protocol):
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

    def discard_ledger(self, address: str, /) -> None:
        """Take back a ledger that was created a moment ago and that nobody else has seen."""

    def stream_names(self, address: str, prefix: str, without: str | None, /) -> list[str]:
        """As `registry.stream_names`."""

    def address_fault(self, address: str, /) -> str | None:
        """Why it cannot be an address of this store, whatever is there; None where it can."""

    def located(self, address: str, root: Path, /) -> str:
        """The address as it is meant in the folder `root`, for whoever works in another one."""

    def file(self, address: str, /) -> Path | None:
        """The file of this machine that holds it; None where a server does."""


FILES = "sqlite"
"""The store of an address without a scheme, which is a path."""

STORES: dict[str, str] = {
    FILES: "ldmrelease.ledger.sqlite.ledger_files",
}
"""By scheme, the module; loaded when it is asked for."""

if TYPE_CHECKING:
    from ldmrelease.ledger.sqlite import ledger_files as sqlite

    _STORES: tuple[LedgerStore, ...] = (sqlite,)


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


def discard_ledger(address: Path | str) -> None:
    """Take back a ledger that was created a moment ago and that nobody else has seen."""
    store, place = _store(address)
    store.discard_ledger(place)


def stream_names(address: Path | str, prefix: str, *, without: str | None = None) -> list[str]:
    """The streams whose names begin with a prefix, those with an event of the kind `without` left out.

    For completion, which must not disturb: nothing is verified, locked or written. Raises `OSError`, `ValueError`.
    """
    store, place = _store(address)
    return store.stream_names(place, prefix, without)


def scheme_of(address: Path | str) -> str:
    """What an address begins with, before its colon, whether or not there is such a store; of a path `FILES`."""
    return _split(address)[0]


def address_fault(address: str) -> str | None:
    """Why no ledger can have the address, whatever is there; None where one can. Raises `NoLedger`."""
    store, place = _store(address)
    return store.address_fault(place)


def located(address: str, root: Path) -> str:
    """The address as it is meant in the folder `root`, for whoever works in another one. Raises `NoLedger`."""
    store, place = _store(address)
    scheme, there = scheme_of(address), store.located(place, root)
    return there if scheme == FILES else f"{scheme}:{there}"


def ledger_file(address: str) -> Path | None:
    """The file of this machine that holds the ledger; None where a server does. Raises `NoLedger`."""
    store, place = _store(address)
    return store.file(place)


def _split(address: Path | str) -> tuple[str, str]:
    scheme, colon, rest = str(address).partition(":")
    if isinstance(address, Path) or not colon or "/" in scheme:
        return FILES, str(address)
    return scheme, rest


def _store(address: Path | str) -> tuple[LedgerStore, str]:
    scheme, rest = _split(address)
    if scheme not in STORES:
        raise NoLedger(
            f"no ledger can be opened at {address}: known are {', '.join(sorted(STORES))}, and paths"
        )
    return cast(LedgerStore, import_module(STORES[scheme])), rest
