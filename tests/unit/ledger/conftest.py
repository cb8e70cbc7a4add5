"""Ledgers to test with: one in a file, and for the laws one of each kind."""

import io
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Head, NewEvent
from ldmrelease.domain.projector import Projector
from ldmrelease.ledger import Ledger, WriteObserver, create_ledger, import_ledger, open_ledger
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.ledger.registry import STORES
from ldmrelease.projections.registry import PROJECTORS

NEW: dict[str, Callable[[Path, int], str]] = {
    "sqlite": lambda folder, number: str(folder / f"ledger-{number}.db"),
}
"""For each store that is registered, a new address of it: none is left out of the laws."""

IN_MEMORY = "in memory"

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS) as made:
        yield made


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """A ledger of 11 events and one blob."""
    events = [NewEvent("test", "a", {"number": number}) for number in range(10)]
    ledger.append(events, at=NOON, actor="bob", blobs={canonical.digest(b"x"): b"x"})
    return ledger


def add(ledger: Ledger, *streams: str, at: datetime = NOON, kind: str = "test.done", **more: object) -> Head:
    events = [NewEvent(kind, stream, {"about": stream}) for stream in streams]
    head = ledger.append(events, at=at, actor="bob", **more)  # type: ignore[arg-type]
    assert isinstance(head, Head)
    return head


class Make:
    """Makes new ledgers of one kind, and closes them when the test is over."""

    def __init__(self, kind: str, folder: Path, closing: ExitStack) -> None:
        self._kind, self._folder, self._closing = kind, folder, closing
        self._numbers = count()

    def __call__(
        self, *, projectors: Iterable[Projector] = PROJECTORS, observer: WriteObserver | None = None
    ) -> Ledger:
        return self._closing.enter_context(self._made(tuple(projectors), observer))

    def imported(self, text: bytes, *, projectors: Iterable[Projector]) -> list[Ledger]:
        """Ledgers of all kinds from an exported text."""
        chosen = tuple(projectors)
        copies: list[Ledger] = [
            *(import_ledger(self._address(each), io.BytesIO(text), projectors=chosen) for each in STORES),
            MemoryLedger.loaded(io.BytesIO(text), projectors=chosen),
        ]
        return [self._closing.enter_context(each) for each in copies]

    def _made(self, projectors: tuple[Projector, ...], observer: WriteObserver | None) -> Ledger:
        if self._kind == IN_MEMORY:
            return MemoryLedger.created(at=NOON, actor="alice", projectors=projectors, observer=observer)
        address = self._address(self._kind)
        create_ledger(address, at=NOON, actor="alice", projectors=projectors).close()
        return open_ledger(address, projectors=projectors, observer=observer)

    def _address(self, scheme: str) -> str:
        return f"{scheme}:{NEW[scheme](self._folder, next(self._numbers))}"


@pytest.fixture(params=[*STORES, IN_MEMORY])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as closing:
        yield Make(request.param, tmp_path, closing)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in a file, with a signed index."""
    from .indexed_ledgers import make_indexed  # noqa: PLC0415 - knows this file

    return make_indexed(tmp_path_factory.mktemp("indexed") / "ledger.db")


@pytest.fixture
def indexed(kept: Path, path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copy(kept, path))
