"""Checks as local processes: the exit status decides, TAP lines say which test it was."""

import sys
from pathlib import Path

import pytest

from ldmrelease.checks.local_process import RunOutcome, run_command
from ldmrelease.domain.topology import Check

TESTS = ("starts", "answers")


def run(script: str, tmp_path: Path, deadline: int = 20) -> RunOutcome:
    return run_command(
        Check("smoke", "command", TESTS, ("sh", "-c", script), deadline), {"GREETING": "hi"}, tmp_path
    )


def test_exit_zero_passes_every_declared_test(tmp_path: Path) -> None:
    assert run("true", tmp_path).passed == TESTS


def test_tap_lines_name_the_tests(tmp_path: Path) -> None:
    ran = run("echo 'ok 1 - starts'; echo 'not ok 2 - answers # timeout'; exit 1", tmp_path)
    assert ran.failed == ("answers",)
    assert ran.passed == ()


@pytest.mark.parametrize(
    "script", ["exit 1", "echo PASSED; exit 3", "echo 'ok 1 - starts'; exit 1", "kill -9 $$"]
)
def test_a_message_never_turns_a_failure_into_a_pass(script: str, tmp_path: Path) -> None:
    ran = run(script, tmp_path)
    assert ran.failed == TESTS
    assert ran.passed == ()


def test_a_failed_test_with_exit_zero_is_a_contradiction(tmp_path: Path) -> None:
    assert run("echo 'not ok 1 - starts'", tmp_path).problem == "contradiction"


def test_too_long_says_nothing_about_the_release(tmp_path: Path) -> None:
    ran = run("echo begun; sleep 30", tmp_path, deadline=1)
    assert (ran.problem, ran.passed, ran.failed, ran.output) == ("deadline", (), (), "begun\n")


def test_what_it_leaves_behind_does_not_outlast_the_deadline(tmp_path: Path) -> None:
    """The sleeper holds the output open: the run would end with it, were it not ended with its parent."""
    ran = run("sleep 3600 & echo begun; wait", tmp_path, deadline=1)
    assert (ran.problem, ran.output) == ("deadline", "begun\n")


def test_a_program_that_is_not_there_says_nothing_about_the_release(tmp_path: Path) -> None:
    ran = run_command(Check("smoke", "command", TESTS, ("/nowhere/at/all",)), {}, tmp_path)
    assert ran.problem == "not-started"


def test_it_is_told_about_the_release_and_runs_in_the_workspace(tmp_path: Path) -> None:
    ran = run("echo $GREETING; pwd; head -c 100000 /dev/zero | tr '\\0' x; echo; echo end", tmp_path)
    assert ran.output.endswith("x\nend\n")
    assert len(ran.output) <= 4096
    assert "hi" in run("echo $GREETING; pwd", tmp_path).output


def test_a_module_beside_a_script_does_not_stand_in_for_the_standard_library_s(tmp_path: Path) -> None:
    (tmp_path / "smoke.py").write_text("import json; print(json.dumps([]))")
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    check = Check("smoke", "command", TESTS, (sys.executable, "smoke.py"), 20)
    assert run_command(check, {}, tmp_path).output == "[]\n"


def test_a_script_names_the_folder_of_its_own_modules(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "probes.py").write_text("print('probed')")
    (tmp_path / "smoke.py").write_text("import sys; sys.path.append('lib'); import probes")
    check = Check("smoke", "command", TESTS, (sys.executable, "smoke.py"), 20)
    assert run_command(check, {}, tmp_path).output == "probed\n"
