"""What a run of a check says: its exit status decides, its message says which test it was.

A message is TAP lines, or one JSON object `{"result": "PASSED", "passedTests": [...], "failedTests": [...]}`, or
one of the words PASSED and FAILED on a line of its own. It never turns a failure into a pass; a message of
failure beside exit status 0 is a contradiction, which says nothing (trust.md sections 1 and 2).

A result that is too long for a message is in a registry, and the message `{"resultAt": "HOST/REPO@sha256:..."}`.
Nothing is fetched here: whoever may ask registries does, and has the run judged again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

KEPT = 4096
"""Bytes of a run's output that are kept, from its end: as many as a Kubernetes termination message holds."""

POINTER = "resultAt"
"""The key of a message that says where the result is."""

RELEASE_SPELLINGS = ("LDMRELEASE_TAG", "LDMRELEASE_EUPS")
"""The variables that say how the release spells its version."""

# One line each, in a time that grows with its length alone: whoever is tested has written it.
_TAP = re.compile(r"(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s+(?P<name>[^#\s][^#]*)")


class Unread(StrEnum):
    """Why the result that a message points to was not read: problems of a run that ended with status 0.

    NOT_FOLLOWED: nobody asked. NO_DIGEST: the pointer is not a reference by digest. ELSEWHERE: it is not in the
    repository that the check names. ABSENT: nothing is there. TOO_LARGE: more bytes or tests than are read.
    DIFFERS: the bytes are not those of the digest. NOT_TEXT: it is not UTF-8 text, alone. POINTS_ON: it is another
    pointer.
    """

    NOT_FOLLOWED = "result-not-followed"
    NO_DIGEST = "result-without-digest"
    ELSEWHERE = "result-elsewhere"
    ABSENT = "result-absent"
    TOO_LARGE = "result-too-large"
    DIFFERS = "result-differs"
    NOT_TEXT = "result-not-text"
    POINTS_ON = "result-points-on"


class OutcomeRule(StrEnum):
    """What decides about a run that ended.

    TESTS: exit status and message. STARTS: that it started, and ended with status 0 or still runs after a
    while. VERSIONS: exit status, and that the versions which it prints are those of the release.
    """

    TESTS = "tests"
    STARTS = "starts"
    VERSIONS = "versions"


class RunOutcome(Struct, frozen=True):
    """What a run gave: names of passed and failed tests, and the last bytes of its output.

    `problem` is a code where the run says nothing about the release (it could not start, it took too long,
    it contradicts itself); `output` then says why, where there is more to say. `result_at` is where its result is,
    as its message says, if that is not the result itself and was not read yet.
    """

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    output: str
    exit_code: int | None
    problem: str | None = None
    result_at: str | None = None


def said_nothing(problem: str, why: str = "", exit_code: int | None = None) -> RunOutcome:
    """A run that says nothing about the release."""
    return RunOutcome((), (), why, exit_code, problem)


def judge_output(
    declared: Sequence[str],
    exit_code: int,
    output: str,
    verdict: OutcomeRule = OutcomeRule.TESTS,
    variables: Mapping[str, str] | None = None,
    *,
    result: str | None = None,
) -> RunOutcome:
    """The outcome of a run that ended. `declared` are the check's tests, `variables` what it was told.

    result: what its message points to, if that was read; it is judged in place of the message.
    """
    if verdict is OutcomeRule.STARTS:
        return started(declared, output, exit_code)
    said = output if result is None else result
    found = _object(said)
    if found is not None and POINTER in found:
        return _pointing(declared, exit_code, output, str(found[POINTER]) if result is None else None)
    if verdict is OutcomeRule.VERSIONS:
        return _versions(declared, exit_code, said, output, variables or {})
    message = _read(said) if found is None else _read_object(found)
    if exit_code != 0:
        return RunOutcome((), message.failed or tuple(declared), output, exit_code)
    if message.failed or message.denies:
        return RunOutcome((), message.failed, output, exit_code, "contradiction")
    return RunOutcome(message.passed or tuple(declared), (), output, exit_code)


def started(declared: Sequence[str], output: str, exit_code: int | None) -> RunOutcome:
    """The outcome of a container that was only to start; `exit_code` is None while it still runs."""
    tests = tuple(declared)
    return RunOutcome((), tests, output, exit_code) if exit_code else RunOutcome(tests, (), output, exit_code)


def unread(declared: Sequence[str], ran: RunOutcome, why: Unread) -> RunOutcome:
    """The outcome of a run whose result could not be read: a failure stays one, anything else says nothing."""
    if ran.exit_code != 0:
        return RunOutcome((), tuple(declared), f"{ran.output}\n{why}", ran.exit_code)
    return said_nothing(why, ran.output, ran.exit_code)


def _pointing(declared: Sequence[str], exit_code: int, output: str, pointer: str | None) -> RunOutcome:
    """A run whose result is elsewhere: no pass before it was read. `pointer` is None where one led to another."""
    if pointer is None:
        return unread(declared, RunOutcome((), (), output, exit_code), Unread.POINTS_ON)
    if exit_code != 0:
        return RunOutcome((), tuple(declared), output, exit_code, result_at=pointer)
    return RunOutcome((), (), output, exit_code, Unread.NOT_FOLLOWED, pointer)


def tail(output: bytes) -> str:
    """The end of an output, as text."""
    return output[-KEPT:].decode(errors="replace")


class _Message(Struct, frozen=True):
    """Tests by what a message says of them; `denies` where it speaks against a pass without naming a test."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    denies: bool = False


def _read(output: str) -> _Message:
    """What lines say of tests."""
    lines = output.split("\n")
    tests = {match["name"].strip(): match[1] is None for line in lines if (match := _TAP.match(line))}
    return _Message(
        tuple(name for name, passed in tests.items() if passed),
        tuple(name for name, passed in tests.items() if not passed),
        any(line.strip() == "FAILED" for line in lines),
    )


def _object(output: str) -> dict[str, Any] | None:
    """The result as JSON, or where it is: the whole output, or its last line."""
    text = output.strip()
    for candidate in dict.fromkeys([text, text.rsplit("\n", 1)[-1]]):
        try:
            found = json.loads(candidate) if candidate.startswith("{") else None
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and not found.keys().isdisjoint({"result", POINTER}):
            return found
    return None


def _read_object(plain: Mapping[str, Any]) -> _Message:
    passed, failed = (_names(plain.get(key, [])) for key in ("passedTests", "failedTests"))
    if passed is None or failed is None:
        return _Message(denies=True)
    return _Message(passed, failed, plain["result"] != "PASSED")


def _names(found: Any) -> tuple[str, ...] | None:
    """Test names, each once; None for what is not a list of them."""
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        return None
    return tuple(dict.fromkeys(found))


def _versions(
    declared: Sequence[str], exit_code: int, said: str, output: str, variables: Mapping[str, str]
) -> RunOutcome:
    """Every line that was said is `name version`, and every version a spelling of the release's."""
    tests = tuple(declared)
    if exit_code != 0:
        return RunOutcome((), tests, output, exit_code)
    expected = [variables[name] for name in RELEASE_SPELLINGS if variables.get(name)]
    lines = [line.split() for line in said.splitlines() if line.strip()]
    wrong = [" ".join(line) for line in lines if len(line) != 2 or line[1] not in expected]
    if lines and not wrong:
        return RunOutcome(tests, (), output, exit_code)
    found = "; ".join(wrong) or "no version"
    return RunOutcome((), tests, f"printed {found}; the release is {' or '.join(expected)}"[:KEPT], exit_code)
