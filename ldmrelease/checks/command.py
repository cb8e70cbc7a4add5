"""Checks of kind `command`: a local process; its exit status decides, its TAP lines say which test failed."""

import os
import subprocess
from pathlib import Path

from ldmrelease.checks.judge import Ran, judge, said_nothing, tail
from ldmrelease.domain.places import Check

__all__ = ["Ran", "run_command"]


def run_command(check: Check, variables: dict[str, str], folder: Path) -> Ran:
    """Run the check's command in `folder`, with `variables` added to the environment, up to its deadline."""
    try:
        answer = subprocess.run(
            check.command,
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=check.deadline,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return said_nothing("deadline", tail(error.stdout or b""))
    except OSError as error:
        return said_nothing("not-started", str(error))
    return judge(check.tests, answer.returncode, tail(answer.stdout))
