"""`ledger init --anew`: a lost ledger is begun anew knowingly, and supersedes no fence but those that it recorded."""

import json
import shutil
from pathlib import Path

from ldmrelease.answers.exit_codes import ExitCode
from tests.workspace import BEFORE, PLACE, TESTSTAND, WEEKLY, Site

REASON = "the disk of the old one is lost"


def lose(site: Site, kept: Path | None = None) -> None:
    ledger = site.root / "ledger.db"
    if kept is not None:
        shutil.copy(ledger, kept)
    ledger.unlink()


def test_a_lost_ledger_is_begun_anew_and_promotes_where_the_old_one_had(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    lose(ready)
    told = json.loads(ready.ok("ledger", "init", "--anew", "--reason", REASON, "-o", "json"))
    assert told["places"] == [PLACE]
    assert told["unasked"] == []
    ready.ok("ledger", "verify")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)


def test_it_is_begun_knowingly(ready: Site) -> None:
    before = ready.head()
    assert ready.run("ledger", "init", "--anew", "--reason", REASON).exit_code != 0, "it is not lost"
    assert ready.head() == before
    lose(ready)
    assert ready.run("ledger", "init").exit_code == ExitCode.BAD_INPUT
    assert ready.run("ledger", "init", "--anew").exit_code == ExitCode.BAD_INPUT
    assert not (ready.root / "ledger.db").exists()


def test_the_old_one_that_is_found_again_writes_no_more_where_the_new_one_did(
    ready: Site, tmp_path: Path
) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    lose(ready, tmp_path / "old.db")
    ready.ok("ledger", "init", "--anew", "--reason", REASON)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    lose(ready)
    shutil.copy(tmp_path / "old.db", ready.root / "ledger.db")
    refused = ready.run("rollback", BEFORE, "--target", PLACE)
    assert refused.exit_code != 0
    assert "the place belongs to the ledger" in refused.output


def test_a_fence_that_the_old_one_wrote_since_refuses(ready: Site, tmp_path: Path) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    lose(ready, old)
    ready.ok("ledger", "init", "--anew", "--reason", REASON)
    lose(ready, new)
    shutil.copy(old, ready.root / "ledger.db")
    ready.advance(minutes=5)
    ready.ok("rollback", BEFORE, "--target", PLACE, "--reason", "found again")
    lose(ready)
    shutil.copy(new, ready.root / "ledger.db")
    refs = ready.refs()
    refused = ready.run("promote", WEEKLY, "--target", PLACE)
    assert refused.exit_code != 0
    assert "the place belongs to the ledger" in refused.output
    assert ready.refs() == refs
