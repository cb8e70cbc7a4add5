"""Test results: what we write is read back; a result that contradicts itself is errored, never a pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.events.evidence import ObservedPod
from ldmrelease.domain.predicates.test_result import (
    CheckUsed,
    Contradiction,
    Outcomes,
    Result,
    RunDone,
    check_name,
    read_result,
    write_result,
)
from tests.unit.trust.trust_samples import CHECK_DIGEST, DECLARED, MINUTE, NOON, result_predicate

NAMES = DECLARED["smoke"]


def changed(**changes: Any) -> dict[str, Any]:
    return result_predicate() | changes


def run(**changes: Any) -> dict[str, Any]:
    return changed(ldmreleaseRun=result_predicate()["ldmreleaseRun"] | changes)


def test_the_predicate_is_that_of_the_specification_with_the_run_beside_it():
    pod = ObservedPod("uid-1", "notebook", "sha256:" + "b" * 64)
    done = RunDone("r1", NOON, NOON + MINUTE, "summit", "cluster-1", "linux/amd64", (pod,))
    check = CheckUsed("smoke", CHECK_DIGEST, "ghcr.io/lsst/smoke", "sha256:" + "d" * 64)
    assert write_result(check, "WARNED", Outcomes(("imports",), ("butler",)), done) == {
        "result": "WARNED",
        "configuration": [
            {"name": "smoke", "digest": {"sha256": "c" * 64}},
            {"name": "ghcr.io/lsst/smoke", "digest": {"sha256": "d" * 64}},
        ],
        "passedTests": ["imports"],
        "warnedTests": ["butler"],
        "failedTests": [],
        "ldmreleaseRun": {
            "runId": "r1",
            "environment": {"name": "summit", "clusterUid": "cluster-1"},
            "platform": "linux/amd64",
            "startedOn": "2023-04-21T12:00:00Z",
            "finishedOn": "2023-04-21T12:01:00Z",
            "observed": [{"podUid": "uid-1", "container": "notebook", "imageID": "sha256:" + "b" * 64}],
        },
    }


@pytest.mark.parametrize(("result", "failed"), [("PASSED", ()), ("WARNED", ()), ("FAILED", ("butler",))])
def test_a_written_result_is_read_back(result, failed):
    predicate = result_predicate(result, cluster_uid="c1", platform="linux/amd64")
    assert read_result(predicate, NAMES) == Result(
        result, failed, "r1", "summit", "c1", "linux/amd64", "smoke", CHECK_DIGEST, NOON, NOON + MINUTE
    )
    assert check_name(predicate) == "smoke"


@pytest.mark.parametrize(
    ("predicate", "declared", "code"),
    [
        (changed(failedTests=["other"]), NAMES, "passed-with-failed"),
        (changed(warnedTests=["other"]), NAMES, "passed-with-warned"),
        (changed(passedTests=[]), NAMES, "tests-not-run"),
        (changed(passedTests=["imports"]), NAMES, "tests-not-run"),
        (changed(), (), "no-declared-tests"),
        (changed(result="WARNED", passedTests=[], failedTests=["butler"]), NAMES, "passed-with-failed"),
        (changed(result="passed"), NAMES, "bad-result"),
        (changed(result=None), NAMES, "bad-result"),
        (changed(result=["PASSED"]), NAMES, "bad-result"),
        (changed(passedTests="imports butler"), NAMES, "bad-tests"),
        (changed(passedTests=["imports", 7]), NAMES, "bad-tests"),
        (changed(passedTests=["imports", "imports", "butler"]), NAMES, "test-twice"),
        (changed(result="FAILED", failedTests=["butler"]), NAMES, "test-twice"),
        (changed(configuration=[]), NAMES, "no-check"),
        (changed(configuration=[{"digest": {}}]), NAMES, "no-check"),
        (changed(configuration=["smoke"]), NAMES, "no-check"),
        (changed(configuration={"name": "smoke"}), NAMES, "no-check"),
        (changed(ldmreleaseRun="r1"), NAMES, "bad-run"),
        (changed(ldmreleaseRun={}), NAMES, "bad-run"),
        (run(environment="summit"), NAMES, "bad-run"),
        (run(runId=None), NAMES, "bad-run"),
        (run(runId=7), NAMES, "bad-run"),
        (run(platform=7), NAMES, "bad-run"),
        (run(startedOn=None), NAMES, "bad-run"),
        (run(finishedOn="soon"), NAMES, "bad-run"),
        (run(finishedOn=7), NAMES, "bad-run"),
        (run(finishedOn="2023-04-21T12:00:00"), NAMES, "bad-run"),
        (run(finishedOn="0001-01-01T00:00:00+23:59"), NAMES, "bad-run"),
        (run(finishedOn="2023-04-21T11:59:59Z"), NAMES, "bad-run"),
    ],
)
def test_a_contradiction_is_named(predicate, declared, code):
    assert read_result(predicate, declared) == Contradiction(code)


def test_a_failure_stands_whatever_was_declared():
    assert isinstance(read_result(result_predicate("FAILED"), ()), Result)
    bare = {"result": "FAILED", "configuration": [{"name": "smoke"}]}
    assert read_result(bare, NAMES) == Result("FAILED", (), *[None] * 4, "smoke", None, None, None)


def test_a_result_of_others_has_no_run():
    predicate = changed()
    del predicate["ldmreleaseRun"]
    read = read_result(predicate, NAMES)
    assert isinstance(read, Result)
    assert (read.run, read.environment, read.check_name) == (None, None, "smoke")


def test_a_check_without_a_name_has_none():
    assert check_name({"configuration": []}) is None


@pytest.mark.parametrize(
    ("result", "tests"),
    [("PASSED", Outcomes(("a",), (), ("b",))), ("PASSED", Outcomes()), ("ERRORED", Outcomes(("a",)))],
)
def test_our_writer_cannot_contradict_itself(result, tests):
    with pytest.raises(ValueError, match="result of smoke contradicts itself"):
        write_result(CheckUsed("smoke", CHECK_DIGEST), result, tests, RunDone("r1", NOON, NOON))


names = st.lists(st.sampled_from(["imports", "butler", "plots"]))


@given(st.sampled_from(["PASSED", "WARNED", "FAILED"]), names, names, names)
def test_a_pass_always_covers_what_was_declared(result, passed, warned, failed):
    predicate = changed(result=result, passedTests=passed, warnedTests=warned, failedTests=failed)
    read = read_result(predicate, NAMES)
    if isinstance(read, Result) and read.result == "PASSED":
        assert set(NAMES) <= set(passed)
        assert not failed
        assert not warned
