"""A store of ledgers for tests: as long as the process lives, by name. `memory:NAME` where it is registered."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ldmrelease.domain.projector import Projector
from ldmrelease.ledger.errors import LedgerExists, NoLedger
from ldmrelease.ledger.interface import WriteObserver
from ldmrelease.ledger.memory import MemoryLedger

KEPT: dict[str, MemoryLedger] = {}


def create_ledger(address: str, *, at: datetime, actor: str, projectors: Iterable[Projector]) -> MemoryLedger:
    return _kept(address, MemoryLedger.created(at=at, actor=actor, projectors=projectors))


def open_ledger(
    address: str, *, projectors: Iterable[Projector], observer: WriteObserver | None
) -> MemoryLedger:
    if address not in KEPT:
        raise NoLedger(f"there is no ledger at memory:{address}")
    return KEPT[address]


def import_ledger(address: str, source: Iterable[bytes], *, projectors: Iterable[Projector]) -> MemoryLedger:
    return _kept(address, MemoryLedger.loaded(source, projectors=projectors))


def discard_ledger(address: str) -> None:
    del KEPT[address]


def stream_names(address: str, prefix: str, without: str | None) -> list[str]:
    ended = {each.stream for each in KEPT[address].events() if each.kind == without}
    names = {each.stream for each in KEPT[address].events() if each.stream.startswith(prefix)}
    return sorted(names - ended, reverse=True)


def address_fault(address: str) -> str | None:
    return None if address else "it has no name"


def located(address: str, root: Path) -> str:
    return address


def file(address: str) -> Path | None:
    return None


def _kept(address: str, ledger: MemoryLedger) -> MemoryLedger:
    if address in KEPT:
        raise LedgerExists(f"memory:{address} is there already")
    return KEPT.setdefault(address, ledger)
