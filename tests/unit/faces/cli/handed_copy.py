"""What an outside auditor is given: a copy of a ledger, the trust document, and a checkpoint; and edits of the copy."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.ledger.interface import EventRow
from tests.unit.faces.cli.running import run
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture(scope="module")
def promoted_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A promotion that has ended with receipts, and then another observation."""
    site = ready_once.copy(tmp_path_factory.mktemp("promoted") / "workspace")
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(hours=1)
    site.ok("observe")
    return site


@pytest.fixture
def promoted(promoted_once: Site, tmp_path: Path) -> Site:
    return promoted_once.copy(tmp_path / "workspace")


class Handed:
    """What an auditor was given, in a folder of his own: a copy of the ledger, the trust document, a checkpoint."""

    def __init__(self, folder: Path, ledger: str = "copy.db") -> None:
        self.folder = folder
        self.ledger = folder / ledger
        self.trust = folder / "trust.yaml"
        self.checkpoint = folder / "checkpoint.json"

    def copied(self, folder: Path) -> "Handed":
        shutil.copytree(self.folder, folder)
        return Handed(folder, self.ledger.name)

    def verified(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = run("audit", "verify", str(self.ledger), "--trust", str(self.trust), *words, "-o", "json")
        return done.exit_code, json.loads(done.stdout)

    def with_checkpoint(self) -> tuple[int, dict[str, Any]]:
        return self.verified("--checkpoint", str(self.checkpoint))

    def sql(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """Whoever edits the copy takes its guards away and puts them back, so that only the edit is there."""
        with closing(sqlite3.connect(self.ledger)) as connection, connection:
            guards = connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                connection.execute(statement, values)
            for _, made in guards:
                connection.execute(made)

    def rows(self) -> list[EventRow]:
        with closing(sqlite3.connect(self.ledger)) as connection:
            return [EventRow(*each) for each in connection.execute("SELECT * FROM events ORDER BY sequence")]

    def uuid(self) -> str:
        with closing(sqlite3.connect(self.ledger)) as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = 'ledger'").fetchone()[0])


def hand_over(site: Site, folder: Path, *, export: bool = False) -> Handed:
    folder.mkdir()
    given = Handed(folder, "copy.jsonl" if export else "copy.db")
    if export:
        site.ok("ledger", "export", str(given.ledger))
    else:
        with (
            closing(sqlite3.connect(site.root / "ledger.db")) as source,
            closing(sqlite3.connect(given.ledger)) as copy,
        ):
            source.backup(copy)
    site.ok("ledger", "checkpoint", "--out", str(given.checkpoint))
    shutil.copy(site.root / "trust.yaml", given.trust)
    return given


@pytest.fixture(scope="module")
def handed_once(promoted_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return hand_over(promoted_once, tmp_path_factory.mktemp("handed") / "auditor")


@pytest.fixture(scope="module")
def exported_once(promoted_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return hand_over(promoted_once, tmp_path_factory.mktemp("exported") / "auditor", export=True)


@pytest.fixture
def handed(handed_once: Handed, tmp_path: Path) -> Handed:
    return handed_once.copied(tmp_path / "auditor")


@pytest.fixture
def exported(exported_once: Handed, tmp_path: Path) -> Handed:
    return exported_once.copied(tmp_path / "auditor")


def wrong(found: dict[str, Any]) -> set[tuple[int | None, str]]:
    return {(each["event"], each["code"]) for each in found["problems"]}
