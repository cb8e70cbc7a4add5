"""Policy files and rules agree: what a file may say, the rule understands."""

from dataclasses import fields
from typing import get_args

import pytest

from ldmrelease.config import level_file
from ldmrelease.policy.rules import RULES

CLAUSES = {get_args(each.model_fields["rule"].annotation)[0]: each for each in level_file.RULES}


def test_every_rule_that_a_file_may_name_is_there() -> None:
    assert set(CLAUSES) == set(RULES)


@pytest.mark.parametrize("rule", sorted(CLAUSES))
def test_every_key_that_a_file_may_have_is_a_parameter(rule: str) -> None:
    keys = set(CLAUSES[rule].model_fields) - set(CLAUSES[rule].COMMON)
    assert keys <= {each.name for each in fields(RULES[rule].parameters)}
