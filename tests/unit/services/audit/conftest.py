"""A workspace of the observatory's shape, whose ledger is new, for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.faces.cli.main import app
from ldmrelease.services.context import Context, open_context

DATA = Path(__file__).parents[3] / "data" / "deployment-history"


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "workspace"
    done = CliRunner().invoke(app, ["init", str(folder), "--sample", "rubin"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def workspace(new_workspace: Path, tmp_path: Path) -> Path:
    """A copy that a test may do with what it likes."""
    return Path(shutil.copytree(new_workspace, tmp_path / "workspace"))


@pytest.fixture
def context(workspace: Path) -> Iterator[Context]:
    opened = open_context(load_workspace(workspace / FILE))
    yield opened
    opened.ledger.close()


def utc(text: str) -> datetime:
    """A time in UTC, `2025-06-01` or with hours."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BEGIN = utc("2024-01-01T12:00")


def change(
    number: int, tag: str | None = None, *, environment: str = "prod", key: str = "image.tag"
) -> SettingChange:
    return SettingChange(
        BEGIN + timedelta(hours=number),
        environment,
        "portal",
        key,
        str(number) if tag is None else tag,
        None,
        f"{number:040x}",
        f"applications/portal/values-{environment}.yaml",
    )


def size(context: Context) -> int:
    return context.ledger.head().size
