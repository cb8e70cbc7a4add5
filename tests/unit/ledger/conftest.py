"""Ledgers to test with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.ledger import Ledger, create_ledger

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with create_ledger(path, at=NOON, actor="alice") as made:
        yield made
