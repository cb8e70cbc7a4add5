"""`metric`: exact decimal numbers, thresholds, and no worse than what runs there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import RunningRelease, StatementFact
from ldmrelease.domain.statement_facts import MetricFact
from tests.unit.policy.policy_facts import AMD, HOUR, INDEX, RELEASE, ago, facts, judge, sha, statement

RELATIVE: dict[str, Any] = {"no_worse_than": "running", "better": "lower"}


def measured(name: str, value: str, unit: str = "", **changes: Any) -> StatementFact:
    given: dict[str, Any] = {"type": "metric", "subjects": (RELEASE,), "roles": ("runner",)}
    return statement(name, **given | changes, metrics={"AM1": MetricFact(value, unit)})


def running(*statements: StatementFact, name: str = "stack/w.2023.15") -> RunningRelease:
    return RunningRelease(name, sha(name), statements)


def asked(*statements: StatementFact, runs: tuple[RunningRelease, ...] = (), **parameters: Any) -> Finding:
    known = facts(statements=statements, running=runs)
    return judge("metric", known, **{"metric": "AM1", "by": ["runner"], **parameters})


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        ("0.1", {"at_most": "0.1"}, ("satisfied", "within")),
        ("0.10000000000000000001", {"at_most": "0.1"}, ("failed", "too-high")),
        ("1e-1", {"at_most": "0.10"}, ("satisfied", "within")),
        ("-3", {"at_least": "-2.5"}, ("failed", "too-low")),
        ("5", {"at_least": "4", "at_most": "6"}, ("satisfied", "within")),
    ],
)
def test_a_value_is_compared_exactly(value: str, bounds: dict[str, str], expected: tuple[str, str]) -> None:
    assert both(asked(measured("a", value), **bounds)) == expected


def test_what_nobody_measured_is_missing() -> None:
    assert both(asked(at_most="1")) == ("missing", "no-evidence")
    other = statement(
        "o", type="metric", subjects=(RELEASE,), roles=("runner",), metrics={"AM2": MetricFact("1")}
    )
    assert both(asked(other, at_most="1")) == ("missing", "no-metric")
    assert both(asked(measured("a", "1", roles=("ci",)), at_most="1")) == ("missing", "not-counted")


def test_the_newest_value_decides_and_ages() -> None:
    bad = measured("a", "9", received=ago(9 * HOUR))
    assert both(asked(bad, measured("b", "1"), at_most="2")) == ("satisfied", "within")
    assert both(asked(measured("a", "1", received=ago(9 * HOUR)), measured("b", "9"), at_most="2")) == (
        "failed",
        "too-high",
    )
    assert both(asked(bad, at_most="10", max_age=HOUR)) == ("missing", "too-old")


def test_two_of_one_second_are_both_within() -> None:
    assert both(asked(measured("a", "1"), measured("b", "9"), at_most="2")) == ("failed", "too-high")


def test_each_platform_of_an_image_has_its_own() -> None:
    finding = asked(measured("a", "1", subjects=(AMD,)), at_most="2", about="image")
    assert both(finding) == ("missing", "no-evidence")
    assert finding.values["platform"] == "linux/arm64"


def test_another_unit_is_errored() -> None:
    assert both(asked(measured("a", "1", "mag"), at_most="2", unit="mmag")) == ("errored", "other-unit")


class TestRunning:
    """No worse than what runs there now."""

    @pytest.mark.parametrize(
        ("value", "better", "tolerance", "outcome"),
        [
            ("10", "lower", "0", "satisfied"),
            ("10.4", "lower", "0.5", "satisfied"),
            ("10.6", "lower", "0.5", "failed"),
            ("10.5", "lower", "5%", "satisfied"),
            ("10.51", "lower", "5%", "failed"),
            ("9", "higher", "0", "failed"),
            ("9.5", "higher", "5%", "satisfied"),
            ("99", "higher", "0", "satisfied"),
        ],
    )
    def test_a_tolerance_is_a_number_or_a_part(
        self, value: str, better: str, tolerance: str, outcome: str
    ) -> None:
        there = running(measured("before", "10"))
        given = {"no_worse_than": "running", "better": better, "tolerance": tolerance}
        assert asked(measured("a", value), runs=(there,), **given).outcome.value == outcome

    def test_a_part_of_a_negative_value_is_room_too(self) -> None:
        there = running(measured("before", "-10"))
        assert (
            asked(measured("a", "-9.5"), runs=(there,), **RELATIVE, tolerance="5%").outcome.value
            == "satisfied"
        )

    def test_with_several_it_is_no_worse_than_any(self) -> None:
        several = running(measured("x", "10")), running(measured("y", "8"), name="stack/w.2023.14")
        finding = asked(measured("a", "9"), runs=several, **RELATIVE)
        assert (both(finding), finding.values["running"]) == (
            ("failed", "worse-than-running"),
            "stack/w.2023.14",
        )

    def test_what_was_not_measured_there_is_missing(self) -> None:
        by_ci = running(measured("before", "10", roles=("ci",)))
        for there in (running(), by_ci):
            assert both(asked(measured("a", "1"), runs=(there,), **RELATIVE)) == (
                "missing",
                "not-measured-there",
            )

    def test_the_first_release_needs_a_threshold(self) -> None:
        assert both(asked(measured("a", "1"), **RELATIVE)) == ("missing", "nothing-runs")
        assert both(asked(measured("a", "1"), **RELATIVE, at_most="2")) == ("satisfied", "within")

    def test_another_unit_there_is_errored(self) -> None:
        there = running(measured("before", "10", "mag"))
        assert both(asked(measured("a", "1"), runs=(there,), **RELATIVE)) == ("errored", "other-unit")


@pytest.mark.parametrize(
    "parameters",
    [{}, {"at_most": "much"}, {"no_worse_than": "running"}, {"at_most": "1", "better": "lower"}],
    ids=["none", "no-number", "no-direction", "nothing-compared"],
)
def test_bounds_that_make_no_sense_are_errored(parameters: dict[str, Any]) -> None:
    assert both(asked(measured("a", "1"), **parameters)) == ("errored", "bad-parameters")


numbers = st.decimals(-1000, 1000, places=3).map(str)


@given(numbers, numbers, numbers)
def test_a_worse_value_never_turns_refused_into_satisfied(value: str, other: str, bound: str) -> None:
    low, high = sorted((value, other), key=float)
    first = asked(measured("a", low), at_most=bound).outcome.value
    assert (first, asked(measured("a", high), at_most=bound).outcome.value) != ("failed", "satisfied")


def test_a_value_about_the_index_says_nothing_of_a_release() -> None:
    assert both(asked(measured("a", "1", subjects=(INDEX,)), at_most="2")) == ("missing", "no-evidence")
