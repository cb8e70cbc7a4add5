"""What a run of a check says: its exit status decides, its message says which test it was.

A message is TAP lines, or one JSON object `{"result": "PASSED", "passedTests": [...], "failedTests": [...]}`, or
one of the words PASSED and FAILED on a line of its own. It never turns a failure into a pass; a message of
failure beside exit status 0 is a contradiction, which says nothing (trust.md sections 1 and 2).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

KEPT = 4096
"""Bytes of a run's output that are kept, from its end: as many as a Kubernetes termination message holds."""

RELEASE_SPELLINGS = ("LDMRELEASE_TAG", "LDMRELEASE_EUPS")
"""The variables that say how the release spells its version."""

_TAP = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s+(?P<name>[^#\n]+?)\s*(?:#.*)?$", re.MULTILINE)
_FAILED = re.compile(r"^\s*FAILED\s*$", re.MULTILINE)


class Verdict(StrEnum):
    """What decides about a run that ended.

    TESTS: exit status and message. STARTS: that it started, and ended with status 0 or still runs after a
    while. VERSIONS: exit status, and that the versions which it prints are those of the release.
    """

    TESTS = "tests"
    STARTS = "starts"
    VERSIONS = "versions"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave: names of passed and failed tests, and the last bytes of its output.

    `problem` is a code where the run says nothing about the release (it could not start, it took too long,
    it contradicts itself); `output` then says why, where there is more to say.
    """

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    output: str
    exit_code: int | None
    problem: str | None = None


def said_nothing(problem: str, why: str = "", exit_code: int | None = None) -> Ran:
    """A run that says nothing about the release."""
    return Ran((), (), why, exit_code, problem)


def judge(
    declared: Sequence[str],
    exit_code: int,
    output: str,
    verdict: Verdict = Verdict.TESTS,
    variables: Mapping[str, str] | None = None,
) -> Ran:
    """The outcome of a run that ended. `declared` are the check's tests, `variables` what it was told."""
    if verdict is Verdict.STARTS:
        return started(declared, output, exit_code)
    if verdict is Verdict.VERSIONS:
        return _versions(declared, exit_code, output, variables or {})
    message = _read(output)
    if exit_code != 0:
        return Ran((), message.failed or tuple(declared), output, exit_code)
    if message.failed or message.denies:
        return Ran((), message.failed, output, exit_code, "contradiction")
    return Ran(message.passed or tuple(declared), (), output, exit_code)


def started(declared: Sequence[str], output: str, exit_code: int | None) -> Ran:
    """The outcome of a container that was only to start; `exit_code` is None while it still runs."""
    tests = tuple(declared)
    return Ran((), tests, output, exit_code) if exit_code else Ran(tests, (), output, exit_code)


def tail(output: bytes) -> str:
    """The end of an output, as text."""
    return output[-KEPT:].decode(errors="replace")


@dataclass(frozen=True, slots=True)
class _Message:
    """Tests by what a message says of them; `denies` where it speaks against a pass without naming a test."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    denies: bool = False


def _read(output: str) -> _Message:
    plain = _result_object(output)
    if plain is not None:
        return _read_object(plain)
    lines = {match["name"]: match[1] is None for match in _TAP.finditer(output)}
    return _Message(
        tuple(name for name, passed in lines.items() if passed),
        tuple(name for name, passed in lines.items() if not passed),
        _FAILED.search(output) is not None,
    )


def _result_object(output: str) -> dict[str, Any] | None:
    """The result as JSON: the whole output, or its last line."""
    text = output.strip()
    for candidate in dict.fromkeys([text, text.rsplit("\n", 1)[-1]]):
        try:
            found = json.loads(candidate) if candidate.startswith("{") else None
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and "result" in found:
            return found
    return None


def _read_object(plain: Mapping[str, Any]) -> _Message:
    passed, failed = (_names(plain.get(key, [])) for key in ("passedTests", "failedTests"))
    if passed is None or failed is None:
        return _Message(denies=True)
    return _Message(passed, failed, plain["result"] != "PASSED")


def _names(found: Any) -> tuple[str, ...] | None:
    """Test names, each once; None for what is no list of them."""
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        return None
    return tuple(dict.fromkeys(found))


def _versions(declared: Sequence[str], exit_code: int, output: str, variables: Mapping[str, str]) -> Ran:
    """Every printed line is `name version`, and every version a spelling of the release's."""
    tests = tuple(declared)
    if exit_code != 0:
        return Ran((), tests, output, exit_code)
    expected = [variables[name] for name in RELEASE_SPELLINGS if variables.get(name)]
    lines = [line.split() for line in output.splitlines() if line.strip()]
    wrong = [" ".join(line) for line in lines if len(line) != 2 or line[1] not in expected]
    if lines and not wrong:
        return Ran(tests, (), output, exit_code)
    found = "; ".join(wrong) or "no version"
    return Ran((), tests, f"printed {found}; the release is {' or '.join(expected)}"[:KEPT], exit_code)
