"""The judging of runs: the exit status decides, a message names tests and never turns a failure into a pass."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.checks.outcome import (
    KEPT,
    OutcomeRule,
    RunOutcome,
    Unread,
    judge_output,
    started,
    tail,
    unread,
)

TESTS = ("starts", "answers")
AT = f"registry.example/results@sha256:{'1' * 64}"
POINTER = json.dumps({"resultAt": AT})
MESSAGES = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["PASSED", "FAILED", "ok 1 - starts", "not ok 1 - starts", '{"result": "PASSED"}', "{", "[]", POINTER]
    ),
    st.builds(
        lambda result, passed, failed: json.dumps(
            {"result": result, "passedTests": passed, "failedTests": failed}
        ),
        st.sampled_from(["PASSED", "FAILED", "WARNED", 1, None]),
        st.one_of(st.lists(st.sampled_from(TESTS)), st.none(), st.lists(st.integers())),
        st.one_of(st.lists(st.sampled_from(TESTS)), st.text(max_size=3)),
    ),
)


def result(**fields: object) -> str:
    return json.dumps({"result": "PASSED", "passedTests": [], "failedTests": []} | fields)


@given(MESSAGES, st.none() | MESSAGES, st.integers(1, 255), st.sampled_from(OutcomeRule))
def test_another_exit_status_than_zero_is_a_failure_whatever_is_said(
    message: str, result: str | None, code: int, verdict: OutcomeRule
) -> None:
    found = judge_output(TESTS, code, message, verdict, result=result)
    assert found.passed == ()
    assert found.failed
    assert (found.problem, found.exit_code) == (None, code)


@given(MESSAGES, st.none() | MESSAGES, st.sampled_from(OutcomeRule))
def test_exit_status_zero_passes_or_says_nothing_or_prints_wrong_versions(
    message: str, result: str | None, verdict: OutcomeRule
) -> None:
    found = judge_output(TESTS, 0, message, verdict, result=result)
    assert bool(found.passed) + bool(found.problem or verdict is OutcomeRule.VERSIONS) == 1
    assert not (found.passed and found.failed)


@pytest.mark.parametrize(
    ("message", "failed"),
    [
        ("not ok 1 - starts", ("starts",)),
        ("ok 1 - starts\nnot ok 2 - answers # slow", ("answers",)),
        (result(result="FAILED"), ()),
        (result(failedTests=["answers"]), ("answers",)),
        (result(result="WARNED"), ()),
        (result(passedTests="starts"), ()),
        (result(failedTests=[""]), ()),
        ("noise\n" + result(result="FAILED"), ()),
        ("all done\nFAILED\n", ()),
    ],
)
def test_a_message_of_failure_beside_exit_status_zero_is_a_contradiction(
    message: str, failed: tuple[str, ...]
) -> None:
    found = judge_output(TESTS, 0, message)
    assert (found.problem, found.passed, found.failed) == ("contradiction", (), failed)


@pytest.mark.parametrize(
    ("message", "passed"),
    [
        ("", TESTS),
        ("PASSED", TESTS),
        ("ok 1 - starts", ("starts",)),
        (result(passedTests=["starts", "answers", "starts"]), TESTS),
        (result(), TESTS),
        ('{"level": "info"}', TESTS),
        ("the test FAILED last week", TESTS),
    ],
)
def test_a_pass_names_the_tests_that_it_says_or_all_that_are_declared(
    message: str, passed: tuple[str, ...]
) -> None:
    assert judge_output(TESTS, 0, message).passed == passed


@pytest.mark.parametrize(
    ("printed", "failed"),
    [
        ("lsst_distrib w_2025_10\n", False),
        ("lsst_distrib w_2025_10\nmeas_base  w.2025.10\n\n", False),
        ("lsst_distrib w_2025_10\nmeas_base w_2025_09", True),
        ("w_2025_10", True),
        ("lsst_distrib w_2025_10 extra", True),
        ("", True),
    ],
)
def test_every_printed_version_is_a_spelling_of_the_release(printed: str, failed: bool) -> None:
    told = {"LDMRELEASE_TAG": "w.2025.10", "LDMRELEASE_EUPS": "w_2025_10", "LDMRELEASE_PRODUCT": "extra"}
    found = judge_output(TESTS, 0, printed, OutcomeRule.VERSIONS, told)
    assert (found.failed, found.passed) == ((TESTS, ()) if failed else ((), TESTS))


def test_without_a_spelling_of_the_release_no_version_is_right() -> None:
    assert (
        judge_output(TESTS, 0, "lsst_distrib w_2025_10", OutcomeRule.VERSIONS, {"LDMRELEASE_TAG": ""}).failed
        == TESTS
    )


def test_what_was_only_to_start_has_started_while_it_runs() -> None:
    assert started(TESTS, "not ok 1 - starts", None).passed == TESTS
    assert started(TESTS, "", 137).failed == TESTS


def test_the_end_of_an_output_is_kept() -> None:
    assert tail(b"x" * KEPT + b"end\xff") == "x" * (KEPT - 4) + "end\ufffd"


@pytest.mark.parametrize("message", [POINTER, f"not ok 1 - starts\n{POINTER}\n"])
@pytest.mark.parametrize("verdict", [OutcomeRule.TESTS, OutcomeRule.VERSIONS])
def test_a_message_that_points_to_the_result_is_no_pass_and_no_contradiction_by_itself(
    message: str, verdict: OutcomeRule
) -> None:
    assert judge_output(TESTS, 0, message, verdict) == RunOutcome((), (), message, 0, Unread.NOT_FOLLOWED, AT)
    assert judge_output(TESTS, 3, message, verdict) == RunOutcome((), TESTS, message, 3, None, AT)


@pytest.mark.parametrize(
    ("text", "code", "passed", "failed", "problem"),
    [
        (result(passedTests=["starts", "more"]), 0, ("starts", "more"), (), None),
        ("ok 1 - starts\nok 2 - more\n", 0, ("starts", "more"), (), None),
        ("", 0, TESTS, (), None),
        (result(result="FAILED", failedTests=["more"]), 0, (), ("more",), "contradiction"),
        (result(result="FAILED", failedTests=["more"]), 4, (), ("more",), None),
        (result(passedTests=["starts"]), 4, (), TESTS, None),
        (POINTER, 0, (), (), Unread.POINTS_ON),
        (POINTER, 4, (), TESTS, None),
    ],
)
def test_what_the_message_points_to_is_judged_as_a_message_is(
    text: str, code: int, passed: tuple[str, ...], failed: tuple[str, ...], problem: str | None
) -> None:
    found = judge_output(TESTS, code, POINTER, result=text)
    assert (found.passed, found.failed, found.problem, found.result_at) == (passed, failed, problem, None)
    assert found.output.startswith(POINTER)


def test_versions_may_be_elsewhere_too() -> None:
    told = {"LDMRELEASE_EUPS": "w_2025_10"}
    assert judge_output(TESTS, 0, POINTER, OutcomeRule.VERSIONS, told, result="afw w_2025_10").passed == TESTS
    wrong = judge_output(TESTS, 0, POINTER, OutcomeRule.VERSIONS, told, result="afw w_2025_09")
    assert wrong.failed == TESTS
    assert "w_2025_09" in wrong.output


def test_a_failure_whose_result_cannot_be_read_stays_a_failure() -> None:
    failed = unread(TESTS, judge_output(TESTS, 1, POINTER), Unread.ABSENT)
    assert (failed.failed, failed.problem, failed.result_at) == (TESTS, None, None)
    assert failed.output.endswith("result-absent")
    silent = unread(TESTS, judge_output(TESTS, 0, POINTER), Unread.ABSENT)
    assert (silent.passed, silent.failed, silent.problem) == ((), (), "result-absent")


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 2**20,
        "ok 1 - a" + " " * 2**20 + "b",
        "ok" + " " * 2**20,
        "ok" + "1" * 2**20,
        "ok 1 -\n" * 2**17,
        '{"result":' + "[" * 2**20,
    ],
)
def test_reading_takes_a_time_that_grows_with_the_length_alone(text: str) -> None:
    """Whoever is tested writes the text, and must not keep the runner busy: squares of a million take an hour."""
    begun = time.process_time()
    judge_output(TESTS, 0, POINTER, result=text)
    assert time.process_time() - begun < 5
