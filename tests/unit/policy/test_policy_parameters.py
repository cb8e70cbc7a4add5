"""Policy files and rules agree: what a file may say, the rule understands."""

from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import fields

from ldmrelease.config.policies.load import load_levels
from ldmrelease.config.policies.rule_schema import Clause, clause_of
from ldmrelease.domain.decision import Phase
from ldmrelease.policy.rules.registry import RULES
from tests.unit.policy.policy_facts import decide

CLAUSES = {each: clause_of(each) for each in RULES}
LEVELS = load_levels(Path(__file__).parents[3] / "policies")


def test_every_class_of_a_requirement_is_of_a_rule_that_is_there() -> None:
    classes = {get_args(each.model_fields["rule"].annotation)[0] for each in Clause.__subclasses__()}
    assert classes == set(RULES)


@pytest.mark.parametrize("rule", sorted(CLAUSES))
def test_every_key_that_a_file_may_have_is_a_parameter(rule: str) -> None:
    keys = set(CLAUSES[rule].model_fields) - set(CLAUSES[rule].COMMON)
    assert keys <= {each.name for each in fields(RULES[rule].parameters)}


@pytest.mark.parametrize("name", sorted(LEVELS))
@pytest.mark.parametrize("phase", [Phase.ENTER, Phase.CONFIRM])
def test_the_shipped_policies_are_understood(name: str, phase: Phase) -> None:
    codes = {each.code for each in decide(LEVELS[name], phase=phase).findings}
    assert codes.isdisjoint({"unknown-rule", "unknown-parameter", "bad-parameters"})
