"""Checks of kind `command`: a local process; its exit status decides, its TAP lines say which test failed."""

import os
import signal
import subprocess
from pathlib import Path

from ldmrelease.checks.outcome import RunOutcome, judge_output, said_nothing, tail
from ldmrelease.domain.errors import reason_of
from ldmrelease.domain.topology import Check

# Compiled files beside the check's own stand in none of its digests: Python neither reads nor writes them.
_NO_BYTECODE = {"PYTHONPYCACHEPREFIX": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
# A file that is dropped beside a script would be imported in place of the standard library's module of that name.
_SAFE_PATH = {"PYTHONSAFEPATH": "1"}

__all__ = ["RunOutcome", "run_command"]


def run_command(check: Check, variables: dict[str, str], folder: Path) -> RunOutcome:
    """Run the check's command in `folder`, with `variables` added to the environment, up to its deadline."""
    try:
        process = subprocess.Popen(
            check.command,
            cwd=folder,
            env={**os.environ, **_NO_BYTECODE, **_SAFE_PATH, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return said_nothing("not-started", f"{check.command[0]}: {reason_of(error)}")
    with process:
        try:
            output, _ = process.communicate(timeout=check.deadline)
        except subprocess.TimeoutExpired as error:
            # What it started holds its output open: without the whole group the deadline would not hold.
            os.killpg(process.pid, signal.SIGKILL)
            return said_nothing("deadline", tail(error.stdout or b""))
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return judge_output(check.tests, process.returncode, tail(output))
