"""What programs read: every command prints one JSON document, its answer or an error, and what schema it fits.

`Site.run` and `run` hold what is printed against the schema, here and in every other test.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.schemas import ANSWERS
from tests.answers_fit import answer_name
from tests.unit.faces.cli.running import run
from tests.unit.trees.tree_samples import write_tree
from tests.workspace import BEFORE, MENU, PLACE, WEEKLY, Site

JSON = ("--output", "json")


def told(site: Site, *words: str, code: int = 0) -> Any:
    done = site.run(*words, *JSON)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def provenance(site: Site) -> Path:
    """What CI signs of the weekly's image."""
    file = site.root / "p.json"
    about = ("--type", "provenance", "--component", "scipipe", "--key", str(site.root / "keys/ci.pem"))
    site.ok("evidence", "sign", WEEKLY, *about, "--out", str(file))
    return file


def test_every_command_prints_what_its_schema_says(site: Site, tmp_path: Path) -> None:
    seen: set[str | None] = set()

    def tell(*words: str, code: int = 0) -> Any:
        seen.add(answer_name([*words, *JSON]))
        return told(site, *words, code=code)

    seen |= {"workspace", "demo", "ledger-head", "begun-ledger"}
    # Of a tree that is committed somewhere (test_adopt), and of patterns (test_pattern_commands).
    seen |= {"adoption", "refresh"}
    # Of history that others wrote (test_audit_import, test_where_desired).
    seen |= {"import", "desired-history"}
    # Of bundles and of gates (test_bundle_commands, test_gate_sync, test_gate_merge).
    seen |= {"bundle", "bundle-contents", "gate"}
    # Of milestones, without a workspace (test_milestones).
    milestone = {"milestones", "milestone", "milestone-features", "dated-milestones"}
    seen |= milestone | {"imported-milestones", "milestone-changes"}
    # Of campaigns (test_campaign), and of what a release brings (test_release_notes).
    seen |= {"campaigns", "campaign", "campaign-statuses", "imported-results", "release-notes"}
    # Of what people decide (test_approvals, test_holds, test_emergencies).
    seen |= {"approvals", "approve", "waive", "hold", "holds", "hold-set", "review", "debts"}
    # Of what other tools say (test_evidence_import), and of who is trusted (test_trust_show).
    seen |= {"evidence-import", "shown-trust"}
    # Of what somebody has to hear of (test_notify).
    seen |= {"notifications"}
    assert run("init", str(tmp_path / "new"), *JSON).exit_code == 0
    site.release_weekly()
    assert tell("release", "pin", BEFORE)["answer"] == "pinned"
    assert tell("release", "pin", BEFORE)["answer"] == "already-pinned"
    assert tell("check", WEEKLY, "-t", PLACE)["verdict"] == "allowed"
    assert tell("promote", WEEKLY, "-t", PLACE, "--dry-run")["answer"] == "dry-run"
    promoted = tell("promote", WEEKLY, "-t", PLACE)
    assert (promoted["state"], promoted["decision"]["verdict"]) == ("succeeded", "allowed")
    assert tell("promote", WEEKLY, "-t", PLACE)["answer"] == "nothing-to-do"
    assert tell("promote", WEEKLY, "-t", MENU)["state"] == "succeeded"
    file = provenance(site)
    assert tell("evidence", "verify", str(file))[0]["counted"]
    assert tell("evidence", "add", str(file))[0]["new"]
    waiting = tell("promote", WEEKLY, "-t", "base", "--through", code=4)[-1]
    assert waiting["cause"] is None
    assert waiting["waits_for"]["sentence"]
    assert tell("resume", waiting["promotion"], code=4)["waits_for"] == waiting["waits_for"]
    assert [each["promotion"] for each in tell("resume", "--all", code=4)] == [waiting["promotion"]]
    assert tell("abort", waiting["promotion"], "--reason", "enough")["cause"]["code"] == "aborted"
    assert tell("abort", waiting["promotion"], code=1)["state"] == "aborted"
    assert {each["state"] for each in tell("promotions", "list")} == {"succeeded", "aborted"}
    assert tell("promotions", "show", promoted["promotion"])["receipts"]
    assert not tell("trust", "agree", "--dry-run")["written"]
    assert tell("trust", "show")["signed"]
    assert tell("trust", "impact", "me")["number"]
    assert tell("trust", "adopt")["file"] == "trust.yaml"
    assert tell("promotions", "replay", promoted["promotion"])[0]["same"]
    assert tell("alias", "move", "recommended", WEEKLY, "-t", MENU)["state"] == "succeeded"
    assert tell("alias", "list")["aliases"]
    refused = tell("retire", WEEKLY, "-t", PLACE, code=1)
    assert [(each["place"], each["code"]) for each in refused["refusals"]] == [(PLACE, "not-a-menu")]
    assert tell("rollback", WEEKLY, "-t", PLACE)["answer"] == "nothing-to-do"
    assert tell("observe")["observations"]
    assert tell("adopt", "--baseline")
    assert tell("where", WEEKLY)
    assert tell("why", PLACE)["places"][0]["reasons"][0]["decided"]
    assert tell("where", "--live", PLACE)
    assert tell("where", "--desired", "--tree", str(write_tree(tmp_path / "tree")), "--no-render")
    assert tell("where", PLACE, "--having", "true")["places"]["matched"] == 1
    assert tell("history", PLACE)
    assert tell("where", "--dayobs", "20230420")
    assert tell("night", "20230420")
    for words in (
        ("status",),
        ("availability",),
        ("metrics",),
        ("timeline",),
        ("site", "build", str(tmp_path / "s")),
    ):
        assert tell(*words)
    assert tell("where", PLACE, "--dayobs", "20230420")["stretches"]
    assert tell("drift", code=1)["drift"][0]["sentence"]
    assert tell("receipt", "show", PLACE, WEEKLY)
    assert tell("check-run", "smoke", WEEKLY, "-t", PLACE)[0]["result"] == "PASSED"
    assert tell("evidence", "list", WEEKLY)
    assert tell("dossier", WEEKLY)["gaps"]
    assert tell("release", "list")
    assert tell("release", "show", WEEKLY)["revisions"]
    assert tell("release", "compare", BEFORE, WEEKLY)["same"] is False
    assert tell("ledger", "verify")["problems"] == []
    assert tell("ledger", "show", "--last", "3")
    assert tell("audit", "replay", "--all")["differ"] == 0
    copy, trust = str(tmp_path / "backup.jsonl"), str(site.root / "trust.yaml")
    assert tell("ledger", "export", copy)["size"] > 3
    assert tell("audit", "verify", copy, "--trust", trust)["problems"] == []
    assert tell("policy", "explain", "production")["enter"][0]["sentence"]
    assert tell("policy", "test")["failed"] == 0
    policies = str(site.root / "policies")
    assert tell("policy", "diff", policies, policies)["changes"] == []
    history = str(Path(__file__).parents[3] / "data/deployment-history/seven-applications.tsv")
    assert tell("policy", "backtest", "--history", history)["summary"]["changes"] > 200
    assert tell("policy", "simulate", WEEKLY, "--target", PLACE)["simulation"]
    assert tell("policy", "lint") == []
    # The board and the stakeholders of the default policies have nobody yet.
    assert {each["severity"] for each in tell("workspace", "lint")} == {"notice"}
    assert tell("doctor")
    assert tell("key", "new", "extra", "--out", str(tmp_path / "extra.pem"))["keyid"]
    assert tell("tag", "parse", WEEKLY)[0]["kind"] == "weekly"
    assert tell("tag", "sort", WEEKLY, BEFORE) == [BEFORE, WEEKLY]
    assert tell("schema")
    assert seen == set(ANSWERS) - {"error"}


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("where", "--environment", "moon"), ExitCode.BAD_INPUT, "usage"),
        (("where", "--unknown"), ExitCode.BAD_INPUT, "usage"),
        (("where", "--timeout", "soon"), ExitCode.BAD_INPUT, "usage"),
        (("wheer",), ExitCode.BAD_INPUT, "usage"),
        (("promotions", "show", "P-4711"), ExitCode.BAD_INPUT, "no-such-promotion"),
        (("check", "w.2023.17", "-t", PLACE), ExitCode.BAD_INPUT, "usage"),
    ],
)
def test_an_error_is_told_in_place_of_the_answer(
    site: Site, words: tuple[str, ...], code: ExitCode, kind: str
) -> None:
    error = told(site, *words, code=code)["error"]
    assert (error["code"], error["exit_code"], error["problems"]) == (kind, code, [])
    assert error["message"]
    said = site.run(*words)
    assert (said.exit_code, said.stdout) == (code, "")
    assert error["message"].splitlines()[0] in said.stderr


def test_an_error_of_files_has_each_of_their_problems(site: Site) -> None:
    site.edit(lambda text: text.replace("level: jupyterlab", "level: jupiterlab"))
    error = told(site, "where", code=ExitCode.BAD_INPUT)["error"]
    assert error["code"] == "bad-input"
    assert len(error["problems"]) > 1
    assert all(each["line"] and each["column"] and each["remedy"] for each in error["problems"])
    assert {each["found"] for each in error["problems"]} == {'"jupiterlab"'}
    assert all("jupyterlab" in each["expected"] for each in error["problems"])


def test_an_error_comes_as_yaml_where_that_is_asked_for(site: Site) -> None:
    done = site.run("where", "-e", "moon", "-oyaml")
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (2, ["error:", "  code: usage"])


def test_what_a_promotion_cannot_be_resumed_for_is_told_of_each(site: Site) -> None:
    site.release_weekly()
    site.ok("promote", WEEKLY, "-t", "development")
    site.ok("evidence", "add", str(provenance(site)))
    waiting = told(site, "promote", WEEKLY, "-t", "base", code=4)
    by_us = "kind: command\n    command: [sh, checks/smoke.sh]"
    site.edit(lambda text: text.replace(by_us, "kind: reported"))
    (failed,) = told(site, "resume", "--all", code=3)
    assert (failed["answer"], failed["promotion"]) == ("error", waiting["promotion"])
    assert failed["error"]["code"] == "untrusted"
