"""How often a promotion runs git: each run of it costs a few milliseconds here, and a connection elsewhere."""

import os
import shutil
from pathlib import Path

import pytest

from tests.workspace import BEFORE, TESTSTAND, WEEKLY, Site

MOST = 12
"""Processes of a promotion of one place in a local repository, all of them (docs/decisions/0030): the last asks for the
mail address of the author, which the trust document does not have here."""


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets a line for each git process."""
    log, real = tmp_path / "git.log", shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return log


def test_a_promotion_of_one_place_runs_git_so_often(site: Site, counted: Path) -> None:
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    counted.write_text("")
    site.ok("promote", WEEKLY, "--target", TESTSTAND)
    commands = counted.read_text().splitlines()
    assert len(commands) <= MOST, "\n".join(commands)
