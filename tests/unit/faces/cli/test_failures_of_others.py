"""A check that failed in a run that the ledger has lost, or never had: its signed result is in the registry."""

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.faces.cli import check_run
from tests.unit.faces.cli.test_checkpoints_elsewhere import copy_of_ledger, put_back
from tests.workspace import BASE, PLACE, WEEKLY, Site


def smoke_on_development(site: Site) -> Any:
    """What a decision about the next level finds of the check."""
    answer = json.loads(site.run("check", WEEKLY, "--target", BASE, "-o", "json").stdout)
    (found,) = [
        each for each in answer["decisions"][0]["findings"] if each["requirement"] == "smoke-on-development"
    ]
    return found


@pytest.fixture
def cut(ready: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A check passed, and failed later; then somebody works with the ledger of before, and no checkpoint tells."""
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert smoke_on_development(ready)["outcome"] == "satisfied"
    copy_of_ledger(ready, tmp_path / "before.db")
    ready.advance(minutes=5)
    ready.smoke(passes=False)
    assert ready.run("check-run", "smoke", WEEKLY, "--target", PLACE).exit_code == 1
    assert smoke_on_development(ready)["code"] == "failed"
    put_back(ready, tmp_path / "before.db")
    monkeypatch.setattr(check_run, "require_newest", lambda _: ())
    return ready


def test_the_failure_of_a_run_that_was_cut_away_still_refuses(cut: Site) -> None:
    found = smoke_on_development(cut)
    assert (found["outcome"], found["code"]) == ("failed", "failed-elsewhere")
    assert "which this ledger has never registered" in found["sentence"]


def test_the_check_that_passes_again_makes_it_good(cut: Site) -> None:
    cut.run("promote", WEEKLY, "--target", BASE)
    cut.advance(minutes=5)
    cut.smoke(passes=True)
    cut.ok("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert smoke_on_development(cut)["outcome"] == "satisfied"
