"""Answers say what happened first, and no next command that would be refused."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.demo import artifacts
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.plan import StepKind
from ldmrelease.registry.opening import Registries
from tests.unit.faces.cli.test_ledger_anew import REASON, lose
from tests.workspace import BASE, MENU, PLACE, TESTSTAND, WEEKLY, Site

PRODUCTION = "usdf-cm/cm-service"


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


def test_a_promotion_of_an_open_release_leads_to_one_that_goes_on(site: Site) -> None:
    artifacts.push_scipipe(Registries(site.root), artifacts.weekly())
    waiting = site.run("promote", WEEKLY, "--target", "development")
    assert waiting.exit_code == 4
    lead = ["promote", WEEKLY, "--target", "development"]
    assert advised(waiting.stdout)[-1] == lead
    assert not [each for each in advised(waiting.stdout) if each[:2] == ["release", "pin"]]
    assert "the release was open when this was asked for" in waiting.stdout
    promotion = listed(site)[-1]["promotion"]
    site.release_weekly()
    site.ok("release", "pin", WEEKLY)
    resumed = site.run("resume", promotion)
    assert resumed.exit_code == 4
    assert advised(resumed.stdout)[-1] == lead
    assert advised(site.ok("promotions", "show", promotion))[-1] == lead
    assert "complete" in listed(site)[-1]["pending"]
    assert "the complete release, asked for again" in site.ok("promotions", "list")
    site.ok(*lead)
    assert next(each for each in listed(site) if each["promotion"] == promotion)["state"] == "superseded"


def test_a_list_says_what_is_waited_for(developed: Site) -> None:
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4
    row = listed(developed)[-1]
    assert row["pending"], "the requirement that waits"
    assert row["pending"][0] in developed.ok("promotions", "list").splitlines()[-1]


def test_a_deadline_is_no_time_at_which_something_may_be_allowed(ready: Site) -> None:
    ready.ok("release", "pin", "24.0.0")
    assert ready.run("check-run", "versions", "24.0.0", "--target", PRODUCTION).exit_code == 4
    done = ready.run("check", "24.0.0", "--target", PRODUCTION)
    due = "2023-04-21T12:00:00Z"
    assert f"its result is due by {due}" in done.stdout
    assert not [each for each in done.stdout.splitlines() if due in each and "due by" not in each]
    told = json.loads(ready.run("check", "24.0.0", "--target", PRODUCTION, "-o", "json").stdout)
    (found,) = [each for each in told["decisions"][0]["findings"] if each["requirement"] == "versions"]
    assert (found["outcome"], found["when"]) == ("pending", None)


def test_what_a_promotion_under_way_wrote_is_not_said_to_be_deployed_outside(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ldmrelease.services.promotions.steps import registry  # noqa: PLC0415

    def stop(_work: object) -> Unavailable:
        return Unavailable("the cluster", "cut off")

    monkeypatch.setitem(registry.STEPS, StepKind.CHECK, stop)
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 3
    ready.ok("observe", "--target", PLACE)
    promotion = listed(ready)[-1]["promotion"]
    told = ready.ok("where", PLACE)
    assert f"{promotion} (under way)" in told
    assert "outside ldmrelease" not in told
    (row,) = json.loads(ready.ok("where", PLACE, "-o", "json"))
    assert (row["promotion"], row["under_way"]) == (None, promotion)


def test_a_menu_tells_what_came_and_what_it_let_go(ready: Site) -> None:
    told = ready.ok("promote", WEEKLY, "--target", MENU).splitlines()[0]
    assert re.match(rf"PROMOTED \+ {WEEKLY}  {MENU}", told)
    assert "->" not in told


def test_a_place_where_nothing_was_written_is_not_promoted(ready: Site) -> None:
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    told = ready.ok("promote", WEEKLY, "--target", PLACE)
    assert told.startswith(f"UNCHANGED {WEEKLY}  {PLACE} (it was written there already)\n")
    assert "PROMOTED" not in told


def test_what_may_not_return_by_a_promotion_is_rolled_back_to(ready: Site) -> None:
    ready.edit(
        lambda text: text.replace(
            "  enter:\n", "  enter:\n    - id: no-return\n      rule: not-returned\n", 1
        ),
        "policies/development.yaml",
    )
    ready.ok("trust", "agree", "--yes")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    ready.advance(minutes=5)
    ready.commit_by_hand(PLACE, "al9-w_2023_16", "al9-w_2023_15")
    ready.ok("observe", "--target", PLACE)
    ready.advance(minutes=5)
    (found,) = json.loads(ready.run("drift", "--target", PLACE, "-o", "json").stdout)["drift"]
    assert found["fix"][:3] == ["ldmrelease", "rollback", WEEKLY]
    assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 1
    ready.ok(*found["fix"][1:])


def test_check_advises_the_rollback_where_the_release_ran_and_gave_way(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    ready.advance(minutes=5)
    ready.ok("rollback", "--target", TESTSTAND, "--reason", "exposures fail")
    ready.advance(minutes=5)
    commands = advised(ready.run("check", WEEKLY, "--target", BASE).stdout)
    assert ["rollback", WEEKLY, "--target", TESTSTAND] in commands
    for each in commands:
        ready.ok(*each)


def test_a_menu_that_is_full_names_what_it_let_go(ready: Site) -> None:
    ready.edit(lambda text: re.sub(r"weekly: \d+", "weekly: 1", text))
    ready.ok("trust", "agree", "--yes")
    before = set(re.findall(r"w_2023_\d+", ready.committed(MENU)))
    told = ready.ok("promote", WEEKLY, "--target", MENU).splitlines()[0]
    gone = before - set(re.findall(r"w_2023_\d+", ready.committed(MENU)))
    assert gone
    assert told.startswith(f"PROMOTED + {WEEKLY}  {MENU} (dropped ")
    assert set(re.findall(r"w_2023_\d+", told)) == gone
