"""Odd callers and wrong keys: closed streams, other locales, keys without the role, folders that are in use."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ldmrelease.demo.clusters import DemoClusters, write_workspace
from ldmrelease.domain.workload_selection import ClusterAccess
from tests.unit.faces.cli.running import PROGRAM, run
from tests.workspace import BEFORE, PLACE, WEEKLY, Site


@pytest.fixture
def ready(site: Site) -> Site:
    """The weekly is built, and what ran before is pinned and observed."""
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    return site


def shell(site: Site, words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell starts it, with its streams redirected in `words`."""
    program = '"$0" -c "$1" ' + words
    return subprocess.run(
        ["/bin/sh", "-c", program, PROGRAM[0], PROGRAM[2]],
        cwd=site.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environ,
    )


@pytest.mark.parametrize(
    "words", ["where >&-", "where <&-", "where 2>&-", "where <&- >&- 2>&-", "tag parse - <&-"]
)
def test_a_stream_that_is_closed_is_nothing_to_read_or_write(ready: Site, words: str) -> None:
    done = shell(ready, words)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_promotion_with_all_streams_closed_keeps_its_ledger_whole(ready: Site) -> None:
    assert shell(ready, f"promote {WEEKLY} --target {PLACE} <&- >&- 2>&-").returncode == 0
    ready.ok("ledger", "verify")
    assert "al9-w_2023_16" in ready.committed(PLACE)


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_a_reason_is_read_as_utf8_whatever_the_locale(ready: Site) -> None:
    done = shell(ready, f"promote {WEEKLY} --target {PLACE} --reason 'für die Übung'", **C_LOCALE)
    assert done.returncode == 0, done.stderr
    (promotion,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    shown = json.loads(ready.ok("promotions", "show", promotion["promotion"], "-o", "json"))
    assert "für die Übung" in json.dumps(shown, ensure_ascii=False)


def test_a_reason_that_is_no_text_is_a_mistake_and_changes_nothing(ready: Site) -> None:
    before = ready.everything()
    done = shell(ready, f"promote {WEEKLY} --target {PLACE} --reason \"$(printf '\\377')\"")
    assert done.returncode == 2
    assert "--reason" in done.stderr
    assert ready.everything() == before


@pytest.mark.parametrize(
    ("purpose", "other", "words"),
    [
        ("me", "ci", ("promote", WEEKLY, "--target", PLACE)),
        ("me", "ci", ("release", "pin", "w.2023.14")),
        ("observer", "ci", ("observe",)),
        ("runner", "ci", ("check-run", "smoke", BEFORE, "--target", PLACE)),
        ("receipts-development", "receipts-commissioning", ("promote", WEEKLY, "--target", PLACE)),
        ("receipts-development", "me", ("promote", WEEKLY, "--target", PLACE)),
    ],
)
def test_a_key_without_the_role_signs_nothing_and_changes_nothing(
    ready: Site, purpose: str, other: str, words: tuple[str, ...]
) -> None:
    shutil.copyfile(ready.root / f"keys/{other}.pem", ready.root / f"keys/{purpose}.pem")
    before = ready.everything()
    done = ready.run(*words)
    assert done.exit_code == 2, done.stdout
    assert "would not count" in done.stderr
    assert ready.everything() == before


def test_a_key_that_nobody_knows_signs_nothing(ready: Site) -> None:
    (ready.root / "keys/me.pem").unlink()
    ready.ok("key", "new", "me", "--out", str(ready.root / "keys/me.pem"))
    before = ready.head()
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 2
    assert "would not count: unknown-key" in done.stderr
    assert ready.head() == before


def test_a_demonstration_is_made_again_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".ldmrelease-demo").write_text("")
    (tmp_path / "old").mkdir()
    monkeypatch.setattr("ldmrelease.faces.cli.demo.play", lambda *_: None)
    assert run("demo", ".", "--again").exit_code == 0
    assert (tmp_path / "ldmrelease.yaml").is_file()
    assert not (tmp_path / "old").exists()


def test_a_demonstration_whose_cluster_is_gone_is_replaced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topology = DemoClusters(
        ClusterAccess("gone"), ClusterAccess("gone"), "127.0.0.1:1/x", "127.0.0.1:1/y", True
    )
    write_workspace(tmp_path, topology)
    (tmp_path / ".ldmrelease-demo").write_text("")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setattr("ldmrelease.faces.cli.demo.play", lambda *_: None)
    done = run("demo", str(tmp_path), "--again")
    assert done.exit_code == 0, done.output
    assert "left in its clusters stays there: gone: " in done.stderr


def test_a_demonstration_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    done = run("demo", str(tmp_path), "--again")
    assert done.exit_code == 2
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_no_receipts_are_an_empty_answer(ready: Site) -> None:
    done = ready.run("receipt", "show", PLACE, BEFORE, "--output", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, [])


def test_where_of_a_place_is_what_runs_there(ready: Site) -> None:
    named = json.loads(ready.ok("where", "usdfdev", "-o", "json"))
    assert named == json.loads(ready.ok("where", "--environment", "usdfdev", "-o", "json"))
    assert len(json.loads(ready.ok("where", PLACE, "-o", "json"))) == 1


def test_history_of_what_is_neither_place_nor_release_says_so(ready: Site) -> None:
    done = ready.run("history", "sumit")
    assert done.exit_code == 2
    assert "no environment and no environment/application is called 'sumit'" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("path: image.tag", "path: image..tag", "target.gitops.settings[0].path"),
        ("path: controller.config.images", 'path: "a["', "target.menu.path"),
        ("clock: 2023-04-20T12:00:00Z", "clock: 9999-12-31T23:59:59Z", "clock"),
        ("clock: 2023-04-20T12:00:00Z", "clock: 0001-01-01T00:00:00Z", "clock"),
    ],
)
def test_what_no_command_could_use_is_found_in_the_workspace_file(
    ready: Site, old: str, new: str, field: str
) -> None:
    ready.edit(lambda text: text.replace(old, new))
    linted = ready.run("workspace", "lint")
    assert linted.exit_code == 1
    assert f"{field}: " in linted.stdout
    asked = ready.run("promote", WEEKLY, "--target", PLACE)
    assert asked.exit_code == 2
    assert "ldmrelease.yaml:" in asked.stderr


def test_a_promotion_goes_on_when_nobody_listens_any_more(ready: Site) -> None:
    shell(ready, f"promote {WEEKLY} --target {PLACE} 2>&1 | head -1")
    (promotion,) = json.loads(ready.ok("promotions", "list", "-o", "json"))
    assert promotion["state"] == "succeeded"


def test_without_git_it_could_not_be_decided(ready: Site) -> None:
    before = ready.everything()
    done = shell(ready, f"promote {WEEKLY} --target {PLACE}", PATH="/nosuch")
    assert done.returncode == 3
    assert "git is not installed; install it" in done.stdout + done.stderr
    assert ready.everything() == before


def test_a_person_with_an_address_is_the_author_of_commits(ready: Site) -> None:
    ready.edit(
        lambda text: text.replace("person: release manager", "person: Ada <ada@lsst.org>"), "trust.yaml"
    )
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert ready.git("log", "-1", "--format=%an %ae") == "Ada ada@lsst.org"
