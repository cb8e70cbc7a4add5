"""Answers say what happened first, and no next command that would be refused."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from tests.unit.faces.cli.test_ledger_anew import REASON, lose
from tests.workspace import PLACE, WEEKLY, Site


def advised(text: str) -> list[list[str]]:
    """The commands that an answer says to try."""
    return [shlex.split(each) for each in re.findall(r"next: ldmrelease (.+?)(?: \(or .*)?$", text, re.M)]


def listed(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok("promotions", "list", "-o", "json"))
    return found


def test_a_promotion_that_fails_its_check_says_so_first(ready: Site) -> None:
    ready.smoke(passes=False)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    first = done.stdout.splitlines()[0]
    assert re.fullmatch(
        r"promotion P-\d+: halted: usdfdev/batch did not pass what the level asks for .*restored", first
    )
    assert "ALLOWED:" not in done.stdout
    assert done.stdout.index("halted") < done.stdout.index("decision: allowed at")


def test_what_was_put_back_is_tried_again_by_a_promotion(ready: Site) -> None:
    ready.smoke(passes=False)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    commands = advised(done.stdout + done.stderr)
    assert ["promote", WEEKLY, "--target", PLACE] in commands
    assert not [each for each in commands if each[0] == "check-run"]
    ready.smoke(passes=True)
    for each in commands:
        ready.ok(*each)


def test_a_fence_that_was_superseded_knowingly_is_not_bad(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", PLACE)
    lose(ready)
    ready.ok("ledger", "init", "--anew", "--reason", REASON)
    told = json.loads(ready.run("doctor", "-o", "json").stdout)
    found = next(each for each in told if each["what"] == PLACE)
    assert found["health"] == "ok"
    assert "which this one superseded" in found["message"]
    assert not [each for each in told if "the fence of" in each["message"] and each is not found]


def test_a_fence_that_has_seen_more_is_told_of_its_place(ready: Site, tmp_path: Path) -> None:
    shutil.copy(ready.root / "ledger.db", tmp_path / "old.db")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    shutil.copy(tmp_path / "old.db", ready.root / "ledger.db")
    told = json.loads(ready.run("doctor", "-o", "json").stdout)
    (found,) = [each for each in told if "the fence of" in each["message"]]
    assert (found["what"], found["health"]) == (PLACE, "bad")


def test_a_workspace_without_environments_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "new")
    site.ok("init", str(site.root))
    for words in (("observe",), ("drift",), ("where",), ("where", "--live")):
        assert site.ok(*words) == "the workspace has no environments yet: there is no place to look at\n"
