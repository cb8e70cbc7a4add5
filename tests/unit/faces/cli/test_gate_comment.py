"""`gate merge --comment`: one comment of a pull request, brought up to date; a forge changes no verdict."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import shop
from tests.unit.forges.forge_server import ForgeServer, forge_server
from tests.workspace import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = shop.new_shop(tmp_path_factory.mktemp("comment") / "shop")
    made.git("checkout", "-q", "-b", "feature", repository="deploy")
    return made


def gate(site: Site, comment: str) -> tuple[int, str]:
    done = site.run("gate", "merge", "--base", "main", "--head", "feature", "--comment", comment)
    return done.exit_code, done.stderr


def test_the_comment_is_added_and_the_next_time_left_as_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forge_server("github") as forge:
        _tokens(forge, monkeypatch)
        assert gate(site, forge.address) == (0, f"comment added: {forge.address}\n")
        assert gate(site, forge.address)[1].startswith(("comment unchanged", "comment updated"))
        assert len(forge.written) == 1
        assert forge.written[0][2].startswith("<!-- ldmrelease gate merge -->\n### Release gate")


def test_a_forge_that_refuses_changes_no_exit_code(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with forge_server("gitea") as forge:
        _tokens(forge, monkeypatch)
        forge.account = "somebody"
        address = forge.address.replace("/pulls/7", "/pulls/8")
        code, told = gate(site, address)
    assert code == 0
    assert told.startswith("warning: the comment was not written: 127.0.0.1")
    assert "404 Not Found" in told


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://github.com/o/r/pull/7", "no token for GitHub: set GH_TOKEN or GITHUB_TOKEN"),
        ("https://github.com/o/r/issues/7", "is not the address of a pull request"),
    ],
)
def test_an_address_that_cannot_be_used_is_said_before_anything_is_decided(
    site: Site, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    code, told = gate(site, address)
    assert code == 2
    assert said in told


def test_a_file_that_cannot_be_written_is_named(site: Site, tmp_path: Path) -> None:
    code, told = gate(site, str(tmp_path / "missing" / "comment.md"))
    assert code == 2
    assert "comment.md cannot be written" in told


def _tokens(forge: ForgeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in forge.environment.items():
        monkeypatch.setenv(name, value)


def test_one_decision_goes_into_several_reports(site: Site, tmp_path: Path) -> None:
    reports = {name: tmp_path / name for name in ("json", "sarif", "junit", "github-summary", "gitlab")}
    words = [word for name, file in reports.items() for word in ("--report", f"{name}={file}")]
    done = site.run("gate", "merge", "--base", "main", "--head", "feature", *words)
    assert done.exit_code == 0
    assert json.loads(reports["json"].read_text())["verdict"] == "allowed"
    assert json.loads(reports["sarif"].read_text())["version"] == "2.1.0"
    assert "<testsuite " in reports["junit"].read_text()
    assert json.loads(reports["gitlab"].read_text()) == []
    assert reports["github-summary"].read_text().strip()


def test_a_link_in_the_place_of_a_report_is_replaced_and_not_followed(site: Site, tmp_path: Path) -> None:
    own, link = tmp_path / "own", tmp_path / "report.json"
    own.write_text("mine")
    link.symlink_to(own)
    done = site.run("gate", "merge", "--base", "main", "--head", "feature", "--report", f"json={link}")
    assert done.exit_code in (0, 1), done.stderr
    assert own.read_text() == "mine"
    assert not link.is_symlink()
    assert json.loads(link.read_text())["verdict"]


def test_a_report_may_go_to_a_pipe(site: Site, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        words = ("--report", f"json={pipe}", "--report", "json=/dev/null")
        site.run("gate", "merge", "--base", "main", "--head", "feature", *words)
        said, _ = reader.communicate(timeout=60)
    assert json.loads(said)["verdict"]


@pytest.mark.parametrize("asked", ["sarif", "pdf=x", "sarif=", "sarif=missing/x.sarif"])
def test_a_report_that_cannot_be_written_is_said_before_anything_is_decided(site: Site, asked: str) -> None:
    done = site.run("gate", "merge", "--base", "main", "--head", "feature", "--report", asked)
    assert done.exit_code == 2
    assert f"--report {asked}" in done.stderr
    assert done.stdout == ""
