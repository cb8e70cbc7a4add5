"""What was asked is done whole or refused, and refused in words that a stranger can act on."""

from pathlib import Path

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.git_errors import telling_line
from ldmrelease.faces.cli import trust_writing
from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, WEEKLY, Site


@pytest.mark.parametrize(
    "words",
    [
        ("promote", WEEKLY, "-e", "usdfdev", "-e", "usdfint"),
        ("promote", WEEKLY, "-t", "usdfdev", "--environment", "usdfint"),
        ("check", WEEKLY, "--target=usdfdev", "-t", "usdfdev"),
        ("alias", "list", "-t", "usdfdev", "-e", "usdfint"),
        ("where", "-t", "usdfdev", "-t", "usdfint"),
    ],
)
def test_a_second_target_is_refused_and_nothing_is_done_for_the_first(ready: Site, words: tuple[str, ...]):
    before = ready.everything()
    done = ready.run(*words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "--target is given twice: name one target; a level covers several places" in done.stderr
    assert ready.everything() == before


@pytest.mark.parametrize("words", [("where", ""), ("where", "-t", ""), ("promote", WEEKLY, "-t", " ")])
def test_an_empty_text_is_no_place(ready: Site, words: tuple[str, ...]):
    done = ready.run(*words)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "an empty text names no place" in done.stderr


def test_tags_are_read_as_those_of_the_default_product_where_there_is_one(tmp_path: Path, monkeypatch):
    assert run("init", "--sample", "simple", str(tmp_path / "shop")).exit_code == ExitCode.OK
    inside = ("-C", str(tmp_path / "shop"), "tag", "parse", "1.6.0-rc.1")
    assert "unknown" not in run(*inside).stdout
    assert "fits no form of the rubin grammar" in run(*inside, "--grammar", "rubin").stdout
    monkeypatch.chdir(tmp_path)
    assert "(grammar semver)" in run(*inside[2:]).stdout


def test_a_folder_without_a_workspace_is_said_to_have_none(tmp_path: Path):
    done = run("-C", str(tmp_path), "where")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "there is no ldmrelease.yaml in this folder, and -C names it" in done.stderr
    gone = run("-C", str(tmp_path / "gone"), "where")
    assert "there is no such file or folder, and -C names it" in gone.stderr


def test_what_is_no_statement_at_all_is_said_to_be_none(ready: Site):
    done = ready.run("evidence", "add", str(ready.root / "ldmrelease.yaml"))
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "it is not a signed statement (a DSSE envelope or Sigstore bundle in JSON)" in done.stderr
    assert "Expecting value" not in done.stderr


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_no_and_the_end_of_the_input_are_one_answer(ready: Site, answer: str, monkeypatch):
    monkeypatch.setattr(trust_writing, "on_terminal", lambda: True)
    ready.edit(lambda text: text.replace("for: 4h", "for: 1h"), "policies/commissioning.yaml")
    done = ready.run("trust", "agree", input=answer)
    assert done.exit_code == ExitCode.REFUSED
    assert "not confirmed: nothing was written" in done.stderr
    assert "Aborted" not in done.stderr


def test_git_is_told_by_the_line_that_says_what_went_wrong():
    ssh = "ssh: connect to host gone: No route\r\nfatal: Could not read from remote repository.\n\nPlease make sure"
    assert telling_line(ssh) == "ssh: connect to host gone: No route"
    assert telling_line("warning: old\n\nfatal: not found\n") == "fatal: not found"
    assert telling_line("\n") == ""


def test_releases_of_images_alone_are_compared_without_a_word_about_builds(ready: Site):
    ready.ok("release", "pin", WEEKLY)
    assert "EUPS products" in ready.ok("release", "compare", BEFORE, WEEKLY)
