"""A ledger on a file system that is really full."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.domain.events import NewEvent
from ldmrelease.ledger import DiskFull, Ledger, create_ledger, open_ledger
from ldmrelease.projections.registry import PROJECTORS
from tests.real.parts import missing

pytestmark = pytest.mark.real

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 800 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        missing("root is missing, to mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        missing("the right to mount a small file system is missing")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def append_until_full(ledger: Ledger, event: NewEvent) -> int:
    for appended in range(1000):
        try:
            ledger.append([event], at=NOON, actor="bob")
        except DiskFull as error:
            assert "ledger.db" in str(error)  # noqa: PT017
            return appended
    raise AssertionError("the disk never was full")


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(b"\0" * 4096)


def test_a_full_disk_loses_nothing_and_the_ledger_goes_on(small_disk: Path) -> None:
    path = small_disk / "ledger.db"
    event = NewEvent("test", "a", {"text": "x" * 5000})
    with create_ledger(path, at=NOON, actor="alice", projectors=PROJECTORS) as ledger:
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"\0" * 150_000)
        appended = append_until_full(ledger, event)
        assert ledger.version("a") == appended
        ballast.unlink()
        ledger.append([event], at=NOON, actor="bob", expect={"a": appended})
        assert ledger.verify() == ()
    with open_ledger(path, projectors=PROJECTORS) as again:
        assert again.version("a") == appended + 1


@pytest.mark.parametrize("free", range(50_000, 800_000, 50_000))
def test_a_ledger_is_begun_whole_or_not_at_all(small_disk: Path, free: int) -> None:
    ballast = small_disk / "ballast"
    fill(ballast)
    os.truncate(ballast, ballast.stat().st_size - free)
    try:
        create_ledger(small_disk / "ledger.db", at=NOON, actor="alice", projectors=PROJECTORS).close()
    except DiskFull:
        assert [each.name for each in small_disk.iterdir()] == ["ballast"]
        return
    with open_ledger(small_disk / "ledger.db", projectors=PROJECTORS) as again:
        assert again.head().size == 1


def test_a_ledger_is_not_begun_on_a_full_disk(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    fill(ballast)
    with pytest.raises(DiskFull):
        create_ledger(small_disk / "ledger.db", at=NOON, actor="alice", projectors=PROJECTORS)
    assert [each.name for each in small_disk.iterdir()] == ["ballast"]
