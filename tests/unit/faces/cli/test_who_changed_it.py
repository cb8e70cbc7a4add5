"""Who made a difference: of the line or the item in a list, in one look at each file; what is not looked up is said."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.services.inventory.trees import Trees
from tests.workspace import BEFORE, MENU, PLACE, Site

FILE = "applications/nublado/values-usdfdev.yaml"


def edited(site: Site, who: str, old: str, new: str) -> None:
    """Somebody edits the menu and commits it."""
    site.edit(lambda text: text.replace(old, new, 1), f"gitops/{FILE}")
    site.git("commit", "-q", "-m", "By hand", f"--author={who} <{who}@x>", "--", FILE)


def found(site: Site, target: str = MENU) -> dict[str, dict[str, Any]]:
    told = json.loads(site.run("drift", "--target", target, "-o", "json").stdout)["drift"]
    return {each["values"]["image"]: each for each in told}


def author(drift: dict[str, Any]) -> str:
    return str(drift["values"]["by"].split(" <")[0])


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


def test_each_item_is_of_whoever_put_it_in(ready: Site) -> None:
    edited(ready, "Bea", "- w_2023_13", "- w_2023_14\n        - w_2023_13")
    drift = found(ready)
    assert (author(drift["w_2023_14"]), author(drift["w_2023_13"])) == ("Bea", "SQuaRE")
    edited(ready, "Cem", "numDailies: 3", "numDailies: 4")
    assert author(found(ready)["w_2023_13"]) == "SQuaRE", "the last committer of the file wrote another line"


def test_a_comment_and_another_order_are_not_the_value(ready: Site) -> None:
    edited(ready, "Bea", "- w_2023_13", "- w_2023_13   # the good one")
    edited(ready, "Cem", "- r24_0_0_rsp19\n", "")
    edited(ready, "Dan", "  # the good one\n", "  # the better one\n        - r24_0_0_rsp19\n")
    edited(
        ready,
        "Eve",
        "- w_2023_13   # the better one\n        - r24_0_0_rsp19",
        "- r24_0_0_rsp19\n        - w_2023_13",
    )
    drift = found(ready)
    assert author(drift["w_2023_13"]) == "SQuaRE", "its comment and its place are not what it says"
    assert author(drift["r24_0_0_rsp19"]) == "Dan", "who brought back what somebody had taken out"


def test_a_list_in_one_line_is_read_item_by_item(ready: Site) -> None:
    lines = ready.committed(MENU).splitlines(keepends=True)
    block = "".join(lines[8:12])
    edited(ready, "Bea", block, '      pin: ["r24_0_0_rsp19", "w_2023_13"]\n')
    edited(ready, "Cem", '"w_2023_13"]', '"w_2023_13", "w_2023_14"]')
    drift = found(ready)
    names = {image: author(each) for image, each in drift.items()}
    assert names == {"r24_0_0_rsp19": "SQuaRE", "w_2023_13": "SQuaRE", "w_2023_14": "Cem"}


def test_a_long_history_costs_no_process_for_each_commit(ready: Site, counted: Path) -> None:
    counted.write_text("")
    found(ready)
    few = len(counted.read_text().splitlines())
    for number in range(3, 33):
        edited(ready, "Bea", f"numDailies: {number}", f"numDailies: {number + 1}")
    counted.write_text("")
    assert author(found(ready)["w_2023_13"]) == "SQuaRE"
    commands = counted.read_text().splitlines()
    assert len(commands) <= few, "\n".join(commands)
    assert sum(" blame " in each for each in commands) == 1


def test_what_was_not_looked_up_in_time_is_said(ready: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trees, "changes", lambda *_: None)
    drift = found(ready, PLACE)
    (only,) = drift.values()
    assert only["values"]["author_not_looked_up"] == "time limit"
    assert "by" not in only["values"]
    assert only["sentence"].endswith("; author not looked up: time limit")
    assert "; author not looked up: time limit" in ready.run("drift", "--target", PLACE).stdout
    live = json.loads(ready.run("where", "--live", PLACE, "-o", "json").stdout)
    assert live[0]["drift"][0]["sentence"].endswith("author not looked up: time limit")


def test_what_cannot_be_looked_up_is_said_with_its_reason(
    ready: Site, counted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = counted.parent / "bin" / "git"
    program.write_text(program.read_text().replace("exec", 'case "$*" in *" blame "*) exit 9;; esac\nexec'))
    (only,) = found(ready, PLACE).values()
    assert "git blame" in only["values"]["author_not_looked_up"]


def test_looking_for_authors_runs_nothing_of_the_repository(ready: Site) -> None:
    """A text conversion that a checkout's own files name."""
    folder = ready.root / "gitops"
    trap = ready.root / "trapped"
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "attributes").write_text("*.yaml diff=trap\n")
    ready.git("config", "diff.trap.textconv", f"touch {trap}; cat")
    assert author(found(ready)["w_2023_13"]) == "SQuaRE"
    assert not trap.exists()


def test_the_author_of_a_hand_made_release_is_named_where_nothing_was_decided(ready: Site) -> None:
    ready.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_14")
    (only,) = found(ready, PLACE).values()
    assert author(only) == "Ann"
    assert BEFORE not in only["sentence"]
