"""Ctrl-C, as a terminal sends it, while the program is at work: exit 130, and what was under way can go on."""

import os
import signal
import subprocess
import time

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.unit.faces.cli.running import PROGRAM
from tests.workspace import PLACE, WEEKLY, Site


@pytest.mark.parametrize(
    ("words", "goes_on"),
    [
        (("promote", WEEKLY, "--target", PLACE), True),
        (("check-run", "smoke", WEEKLY, "--target", PLACE), False),
    ],
    ids=["promote", "check-run"],
)
def test_it_ends_with_130_and_says_how_to_go_on(ready: Site, words: tuple[str, ...], goes_on: bool):
    if not goes_on:
        ready.ok("promote", WEEKLY, "--target", PLACE)
    (ready.root / "smoke-says").write_text("touch at-work\nsleep 600\n")
    process = subprocess.Popen(
        [*PROGRAM, "-C", str(ready.root), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not (ready.root / "at-work").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in told
    last = told.splitlines()[-1]
    assert last.startswith("interrupted")
    assert ("ldmrelease resume --all" in last) == goes_on
    if goes_on:
        ready.smoke(passes=True)
        assert ready.run("resume", "--all", "--take-over").exit_code == ExitCode.OK
        assert "al9-w_2023_16" in ready.committed(PLACE)
