"""`policy backtest` and `policy diff --history`: a history of image settings against policies, without a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.config.workspace.init import default_policies
from ldmrelease.histories.table import COLUMNS
from tests.unit.faces.cli.running import process, run
from tests.unit.histories.git_histories import History
from tests.workspace import Site

EXTRACT = Path(__file__).parents[3] / "data" / "deployment-history" / "seven-applications.tsv"
_TABLES = (each / "shared/data/deployment-history.tsv" for each in Path(__file__).parents)
WHOLE = next(filter(Path.is_file, _TABLES), None)
FIELDS = ["date", "environment", "application", "key", "tag", "previous_tag", "commit", "verdict", "findings"]
HEAD = "\t".join(COLUMNS)
ROW = "2025-05-0{day}T10:00:00+00:00\tusdfprod\ttap\timage.tag\t{tag}\t{before}\tc{day}\tapplications/tap/values.yaml"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*words: str) -> dict[str, Any]:
    done = run("policy", "backtest", *words, "-o", "json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(folder: Path, *lines: str) -> str:
    file = folder / "history.tsv"
    file.write_text("\n".join([HEAD, *lines, ""]))
    return str(file)


def test_the_extract_of_the_public_history() -> None:
    """Worked out by hand: the only mistake of it that policies stop, and one that they cannot."""
    answer = told("--history", str(EXTRACT))
    assert all(list(each)[: len(FIELDS)] == FIELDS for each in answer["changes"])
    incidents = {each["commit"]: each for each in answer["incidents"]}
    branch = incidents["141ec71f12"]
    assert (branch["refused"], branch["mistakes"], branch["returned_by"]) == (1, 1, "e83ebdf2c2")
    assert branch["requirements"] == ["accepts"]
    older = incidents["3fdc875efe"]
    assert (older["goes_back"], older["refused"], older["mistakes"]) == (1, 0, 1)
    trials = [
        each
        for each in answer["changes"]
        if each["fate"] == "trial" and each["application"] == "cachemachine"
    ]
    assert {each["tag"] for each in trials} == {"w_2021_33"}
    assert {each["returned_by"] for each in trials} == {"901ef9ec2e"}


def test_selectors_of_two_parts_are_put_together() -> None:
    love = [each for each in told("--history", str(EXTRACT))["changes"] if each["commit"] == "60a849069f"]
    assert {(each["tag"], each["part"]) for each in love} == {("c0041.006", "6")}


def test_a_branch_in_production_is_refused_and_its_revert_enters(tmp_path: Path) -> None:
    lines = [("1.0.0", ""), ("tickets-DM-1", "1.0.0"), ("1.0.0", "tickets-DM-1")]
    rows = [ROW.format(day=day, tag=tag, before=before) for day, (tag, before) in enumerate(lines, 1)]
    answer = told("--history", table(tmp_path, *rows))
    assert [each["verdict"] for each in answer["changes"]] == ["allowed", "refused", "allowed"]
    (finding,) = answer["changes"][1]["findings"]
    assert (finding["requirement"], finding["code"]) == ("accepts", "kind-not-accepted")
    assert answer["summary"]["recall"] == answer["summary"]["precision"] == 1.0
    assert answer["summary"]["fates"]["mistake"]["incidents_held"] == 1
    assert answer["changes"][0]["previous_tag"] is None
    text = run("policy", "backtest", "--history", table(tmp_path, *rows)).stdout
    assert "mistakes (another tag was there before, and came back): 1, 1 refused of them (100.0 %)" in text


def test_bad_lines_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = ROW.format(day=1, tag="1.0.0", before="")
    answer = told("--history", table(tmp_path, "too\tfew", good, good.replace("2025-05-01", "2025-05-99")))
    assert len(answer["changes"]) == 1
    assert [each["line"] for each in answer["unreadable"]] == [2, 4]
    empty = tmp_path / "empty.tsv"
    empty.write_text("nothing\n")
    done = run("policy", "backtest", "--history", str(empty))
    assert done.exit_code == 2
    assert "no column date" in done.stdout


def test_hostile_tags_are_inert(tmp_path: Path) -> None:
    tag = "\x1b[31m\u202e<script>" + "a" * 5000
    done = run("policy", "backtest", "--history", table(tmp_path, ROW.format(day=1, tag=tag, before="")))
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout


def test_a_second_run_in_another_process_says_the_same_bytes() -> None:
    words = ("policy", "backtest", "--history", str(EXTRACT), "-o", "json")
    first, second = (
        process(*words, PYTHONHASHSEED=seed, TZ=zone) for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    )
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout


def test_what_is_no_history_is_a_mistake(tmp_path: Path) -> None:
    for words in (["--history", "absent"], ["--history", str(tmp_path)], ["--history", "a", "b"]):
        assert run("policy", "backtest", *words).exit_code == 2
    assert run("policy", "backtest", "--history", str(EXTRACT), "--since", "soon").exit_code == 2


def test_what_is_no_history_is_said_in_words(tmp_path: Path) -> None:
    for typed, message in {
        "absent.tsv": "there is no absent.tsv; name a table, or a git repository's folder or address",
        str(tmp_path): "is no table of changes, and no git repository to read: not a git repository",
        "https://ann:secret@git.example/x": "https://git.example/x is no table of changes",
    }.items():
        stderr = run("policy", "backtest", "--history", typed).stderr
        assert message in stderr.replace("***@", "")
        assert "secret" not in stderr


def test_the_history_of_a_repository(tmp_path: Path) -> None:
    tree, path = History(tmp_path / "tree"), "applications/tap/values-usdfprod.yaml"
    for tag in ("1.0.0", "tickets-DM-1", "1.0.0"):
        tree.commit({path: f"image:\n  tag: {tag}\n"})
    for words in (["--history", str(tree.folder)], ["--history", "git", str(tree.folder)]):
        answer = told(*words)
        assert [each["verdict"] for each in answer["changes"]] == ["allowed", "refused", "allowed"]
    assert (
        run("policy", "backtest", "--history", "git", str(tree.folder), "--revision", "gone").exit_code == 2
    )


def test_order_and_soak_are_asked_where_it_is_assumed_that_things_ran() -> None:
    answer = told("--history", str(EXTRACT), "--assume-ran")
    assert answer["assumed_ran"]
    assert answer["summary"]["verdicts"]["waiting"] > 0
    assert told("--history", str(EXTRACT))["summary"]["verdicts"]["waiting"] == 0


def test_only_changes_since_then_are_told() -> None:
    answer = told("--history", str(EXTRACT), "--since", "2025-05-01T00:00:00Z")
    assert min(each["date"] for each in answer["changes"]) >= "2025-05-01"
    assert "141ec71f12" in {each["commit"] for each in answer["incidents"]}


def test_a_workspace_asks_its_own_policies(site: Site, tmp_path: Path) -> None:
    history = table(tmp_path, ROW.format(day=1, tag="1.0.0", before=""))
    assert run("policy", "backtest", "--history", history, folder=site.root).exit_code == 0
    file = site.root / "policies" / "production.yaml"
    file.write_text(file.read_text().replace("accepts: [release]", "accepts: [candidate]"))
    answer = json.loads(
        run("policy", "backtest", "--history", history, "-o", "json", folder=site.root).stdout
    )
    assert [each["verdict"] for each in answer["changes"]] == ["refused"]


def test_a_policy_change_on_a_history(tmp_path: Path) -> None:
    old, new = tmp_path / "production.yaml", tmp_path / "stricter.yaml"
    text = default_policies()["production.yaml"].decode()
    old.write_text(text)
    new.write_text(text.replace("accepts: [release]", "accepts: [release, branch]"))
    words = ("policy", "diff", str(old), str(new), "--history", str(EXTRACT))
    answer = json.loads(run(*words, "-o", "json").stdout)
    assert answer["compared"] is None
    assert answer["history_compared"] > len(answer["history"]) > 0
    changed = {
        each["commit"]: (each["before"]["verdict"], each["after"]["verdict"]) for each in answer["history"]
    }
    assert changed["141ec71f12"] == ("refused", "allowed")
    # What was let in has to be left by a rollback.
    assert changed["e83ebdf2c2"] == ("allowed", "refused")
    assert run(*words, "--exit-code").exit_code == 1
    assert run("policy", "diff", str(old), str(old), "--history", str(EXTRACT), "--exit-code").exit_code == 0
    assert "refused -> allowed" in run(*words).stdout


@pytest.mark.skipif(WHOLE is None, reason="the whole history is not beside this checkout")
def test_the_whole_public_history() -> None:
    """As `docs/backtest.md` says."""
    summary = told("--history", str(WHOLE))["summary"]
    assert (summary["commits"], summary["changes"]) == (658, 1912)
    mistakes, good = summary["fates"]["mistake"], summary["fates"]["good"]
    assert (mistakes["changes"], mistakes["refused"]) == (4, 1)
    assert (good["changes"], good["refused"]) == (1438, 45)
