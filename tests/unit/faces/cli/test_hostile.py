"""Odd callers and wrong keys: keys without the role, folders that are in use, names of nothing."""

import json
import shutil
from pathlib import Path

import pytest

from ldmrelease.demo.demo_cluster import DemoClusters, write_workspace
from ldmrelease.demo.story import Scene
from ldmrelease.domain.workload_selection import ClusterAccess
from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, PLACE, WEEKLY, Site


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
    monkeypatch.setattr("ldmrelease.faces.cli.demo.play", lambda *_, **__: None)
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
    monkeypatch.setattr("ldmrelease.faces.cli.demo.play", lambda *_, **__: None)
    done = run("demo", str(tmp_path), "--again")
    assert done.exit_code == 0, done.output
    assert "left in its clusters stays there: gone: " in done.stderr


@pytest.mark.parametrize("words", [(), ("--full",)])
def test_an_interrupted_demonstration_ends_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def went_on(_: Path) -> None:
        raise AssertionError("the demonstration went on")

    clock = "2023-04-20T12:00:00Z"
    scenes = (
        Scene(clock, "First", ("ledger init --anew --reason lost",)),
        Scene(clock, "Then", happens=went_on),
    )
    monkeypatch.setattr("ldmrelease.faces.cli.demo.STORY", scenes)
    monkeypatch.setattr("ldmrelease.faces.cli.ledger.create_ledger", interrupted)
    done = run("demo", str(tmp_path / "new"), *words)
    assert done.exit_code == 130, done.output
    assert "interrupted" in done.stderr


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
    assert "there is no place 'sumit', and no tag; did you mean summit?" in done.stderr


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
    assert f"{field}: " in linted.stdout or f"{field} (line " in linted.stdout
    asked = ready.run("promote", WEEKLY, "--target", PLACE)
    assert asked.exit_code == 2
    assert "ldmrelease.yaml:" in asked.stderr


def test_a_person_with_an_address_is_the_author_of_commits(ready: Site) -> None:
    ready.edit(
        lambda text: text.replace("person: release manager", "person: Ada <ada@lsst.org>"), "trust.yaml"
    )
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert ready.git("log", "-1", "--format=%an %ae") == "Ada ada@lsst.org"
