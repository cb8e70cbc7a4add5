"""The reference of policy files is the one that the schema gives."""

from pathlib import Path

from ldmrelease.config.policies.load import level_schema
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.render.policy_reference import policy_reference

PAGE = Path(__file__).parents[3] / "docs" / "policy-reference.md"


def test_the_page_is_as_written_from_the_schema():
    assert PAGE.read_text() == policy_reference(level_schema())


def test_every_rule_has_its_section():
    page = PAGE.read_text()
    assert all(f"\n### `{rule}`\n" in page for rule in RULES)
