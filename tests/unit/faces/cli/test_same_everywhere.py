"""What means the same in every command: options of places, asking twice, Ctrl-C, reasons without exceptions' names."""

import json

import pytest
import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.faces.cli.completion_table import completion_table
from tests.unit.faces.cli.running import run
from tests.workspace import BEFORE, MENU, PLACE, WEEKLY, Site


def test_environment_and_target_are_one_option_wherever_there_is_one() -> None:
    for path, entry in completion_table().items():
        # A role speaks for environments; what is adopted or imported may be of one that no workspace knows.
        if path in ("trust role", "adopt", "audit import argocd", "audit import flux"):
            continue
        options = entry["options"]
        found = [
            options[each]["kind"] for each in ("--target", "-t", "--environment", "-e") if each in options
        ]
        assert found in ([], ["targets"] * 4), path


@pytest.mark.parametrize("option", ["--target", "-t", "--environment", "-e"])
def test_where_takes_a_level_an_environment_and_a_place(ready: Site, option: str) -> None:
    def places(target: str) -> set[str]:
        rows = json.loads(ready.ok("where", option, target, "-o", "json"))
        return {
            each["place"]["environment"] + "/" + each["place"]["application"]
            if isinstance(each["place"], dict)
            else each["place"]
            for each in rows
        }

    assert places(PLACE) == {PLACE}
    assert places("usdfdev") == {PLACE, MENU}
    assert MENU in places("jupyterlab")
    assert ready.run("where", option, "usdfdv").exit_code == ExitCode.BAD_INPUT
    assert ready.run("policy", "explain", "development", option, PLACE).exit_code == 0


def test_retire_twice_is_nothing_to_do(ready: Site) -> None:
    ready.ok("promote", BEFORE, "--target", MENU)
    assert "RETIRED" in ready.ok("retire", BEFORE, "--target", MENU)
    before = (ready.head(), ready.refs())
    again = ready.run("retire", BEFORE, "--target", MENU)
    assert again.exit_code == 0
    assert "nothing to do" in again.stdout
    assert (ready.head(), ready.refs()) == before
    assert ready.run("retire", BEFORE, "--target", PLACE).exit_code == ExitCode.REFUSED, "it is not a menu"


def test_ctrl_c_at_a_question_is_130_and_changes_nothing(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> bool:
        """As typer's own does where Ctrl-C is pressed."""
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise typer.Abort from None

    ready.edit(lambda text: text + "\n# changed\n", "policies/commissioning.yaml")
    monkeypatch.setattr("ldmrelease.faces.cli.trust_writing.on_terminal", lambda: True)
    monkeypatch.setattr("typer.confirm", interrupted)
    before = (ready.root / "trust.yaml").read_bytes()
    done = ready.run("trust", "agree")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert (ready.root / "trust.yaml").read_bytes() == before


def test_a_program_that_is_not_there_is_said_without_the_names_of_the_language(ready: Site) -> None:
    ready.edit(lambda text: text.replace("command: [sh, checks/smoke.sh]", "command: [no-such-program]"))
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert "Errno" not in done.output
    assert "no-such-program: No such file or directory" in done.output


def test_wide_is_text(ready: Site) -> None:
    assert ready.ok("where", "-o", "wide") == ready.ok("where")
    assert run("--version").exit_code == 0
