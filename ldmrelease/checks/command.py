"""Checks of kind `command`: a local process; its exit status decides, its TAP lines say which test failed."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ldmrelease.domain.places import Check

_TAP = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s+(?P<name>[^#\n]+?)\s*(?:#.*)?$", re.MULTILINE)
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave: names of passed and failed tests, and the last bytes of its output.

    `problem` is a code where the run says nothing about the release (it could not start, it took too long,
    it contradicts itself).
    """

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    output: str
    exit_code: int | None
    problem: str | None = None


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
        return Ran((), (), _tail(error.stdout or b""), None, "deadline")
    except OSError as error:
        return Ran((), (), str(error), None, "not-started")
    return _judge(check, answer.returncode, _tail(answer.stdout))


def _judge(check: Check, exit_code: int, output: str) -> Ran:
    lines = {match["name"]: match[1] is None for match in _TAP.finditer(output)}
    failed = tuple(name for name, passed in lines.items() if not passed)
    if exit_code != 0:
        return Ran((), failed or check.tests, output, exit_code)
    if failed:
        return Ran((), failed, output, exit_code, "contradiction")
    return Ran(tuple(lines) or check.tests, (), output, exit_code)


def _tail(output: bytes) -> str:
    return output[-_KEPT:].decode(errors="replace")
