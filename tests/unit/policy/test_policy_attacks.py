"""Attacks that the engine has to withstand, each with the outcome that must follow."""

from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.facts import Facts
from tests.unit.policy.policy_facts import (
    AMD,
    HOUR,
    NOW,
    ago,
    facts,
    image,
    judge,
    result,
    run,
    sha,
    statement,
    weekly,
)

SMOKE: dict[str, Any] = {"rule": "check", "check": "smoke", "by": ["runner"]}
BUILT: dict[str, Any] = {"rule": "attested", "type": "provenance", "by": ["ci"]}
PASS = {"runs": (run("a"),), "statements": (result("a"),)}

TABLE: dict[str, tuple[dict[str, Any], Facts, str, str]] = {
    "a key of another role": (
        BUILT,
        facts(statements=(statement("p", roles=("dev",)),)),
        "missing",
        "not-counted",
    ),
    "an intake after the key's end": (
        BUILT,
        facts(statements=(statement("p", counted=False, code="key-expired"),)),
        "missing",
        "not-counted",
    ),
    "a future time": (
        BUILT,
        facts(statements=(statement("p", counted=False, code="future"),)),
        "errored",
        "future",
    ),
    "a run id used twice": (
        SMOKE,
        facts(runs=(run("a"),), statements=(result("a", result="FAILED"), result("x", run="a"))),
        "failed",
        "failed",
    ),
    "a run that nobody registered": (SMOKE, facts(statements=(result("a"),)), "missing", "not-counted"),
    "a result from another environment than its run's": (
        SMOKE,
        facts(runs=(run("a"),), statements=(result("a", environment="summit"),)),
        "errored",
        "no-result",
    ),
    "FAIL after PASS": (
        SMOKE,
        facts(
            runs=(run("a"), run("b", registered=ago(HOUR))),
            statements=(result("a"), result("b", result="FAILED")),
        ),
        "failed",
        "failed",
    ),
    "a statement wrapped twice": (
        BUILT | {"minimum": 2},
        facts(statements=(statement("p"), replace(statement("p"), blob=sha("wrapped again")))),
        "missing",
        "too-few",
    ),
    "a registered run without a result": (
        SMOKE,
        facts(runs=(run("a", evidence=None),)),
        "errored",
        "no-result",
    ),
    "PASSED with failed tests, or with none": (
        SMOKE,
        facts(runs=(run("a"),), statements=(result("a", result="ERRORED"),)),
        "errored",
        "contradictory",
    ),
    "an amd64 result for arm64": (
        SMOKE | {"about": "image"},
        facts(
            runs=(run("a", subjects=(AMD,)),),
            statements=(result("a", subjects=(AMD,), platform="linux/amd64"),),
        ),
        "missing",
        "no-run",
    ),
    "a nested index": (
        {"rule": "images", "platforms": ["linux/amd64"]},
        facts(release=weekly(images=(image(problem="nested-index"),))),
        "errored",
        "nested-index",
    ),
    "a counted FAIL that the registry no longer has": (
        SMOKE,
        facts(runs=(run("a"), run("b", registered=NOW)), statements=(result("a"),)),
        "errored",
        "result-gone",
    ),
}


@pytest.mark.parametrize("attack", TABLE)
def test_the_attack_does_not_satisfy(attack: str) -> None:
    asked, known, outcome, code = TABLE[attack]
    finding = judge(known=known, **asked)
    assert (finding.outcome.value, finding.code) == (outcome, code)


@pytest.mark.parametrize(
    ("asked", "known"), [(SMOKE, facts(**PASS)), (BUILT, facts(statements=(statement("p"),)))]
)
def test_without_an_attack_the_same_requirements_are_satisfied(asked: dict[str, Any], known: Facts) -> None:
    assert judge(known=known, **asked).outcome.value == "satisfied"
