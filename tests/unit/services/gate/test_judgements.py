"""What a merge request is refused for: what time cannot cure, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.services.gate.image_verdict import Judgement, judgement_of


def found(rule: str, outcome: Outcome, code: str = "code", **values: Any) -> Finding:
    return Finding(f"a-{rule}", rule, Phase.ENTER, outcome, code, values)


@pytest.mark.parametrize("rule", ["accepts", "held", "empty", "not-returned", "not-stale", "same-cycle"])
def test_what_a_later_time_does_not_change_is_refused(rule: str) -> None:
    assert judgement_of([found(rule, Outcome.FAILED)], "api") is Judgement.REFUSED


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.MISSING, Outcome.PENDING])
@pytest.mark.parametrize("rule", sorted({*RULES, "complete"} - {"not-returned", "not-stale", "same-cycle"}))
def test_what_time_or_a_person_can_change_is_waited_for(rule: str, outcome: Outcome) -> None:
    assert judgement_of([found(rule, outcome)], "api") is Judgement.WAITING


@pytest.mark.parametrize("rule", sorted({*RULES, "accepts", "held"}))
def test_what_could_not_be_looked_at_is_not_decided(rule: str) -> None:
    assert judgement_of([found(rule, Outcome.ERRORED)], "api") is Judgement.UNDECIDED


def test_an_image_that_is_gone_is_refused_and_that_of_another_component_waited_for() -> None:
    absent = found("images", Outcome.MISSING, "absent", component="api")
    assert judgement_of([absent], "api") is Judgement.REFUSED
    assert judgement_of([absent], "worker") is Judgement.WAITING
    both = found(
        "images",
        Outcome.MISSING,
        "absent",
        component="api",
        faults=[{"code": "absent", "component": "api"}, {"code": "absent", "component": "worker"}],
    )
    assert judgement_of([both], "worker") is Judgement.REFUSED


def test_refused_comes_before_what_is_not_decided_and_that_before_what_waits() -> None:
    waits = found("after", Outcome.MISSING)
    errored = found("check", Outcome.ERRORED)
    refused = found("held", Outcome.FAILED)
    assert judgement_of([waits, errored, refused], "api") is Judgement.REFUSED
    assert judgement_of([waits, errored], "api") is Judgement.UNDECIDED


def test_what_is_satisfied_waived_or_only_reported_stands_in_no_way() -> None:
    outcomes = (Outcome.SATISFIED, Outcome.WAIVED, Outcome.REPORTED)
    assert judgement_of([found("held", each) for each in outcomes], "api") is Judgement.ALLOWED
    assert judgement_of([], "api") is Judgement.ALLOWED
