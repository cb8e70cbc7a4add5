"""What a requirement remembers: its definition and its parameters as its rule read them."""

import pytest

from ldmrelease.domain import canonical
from ldmrelease.policy.rules import attested, check, images
from tests.unit.policy.policy_facts import decide, level, requirement


def test_parameters_are_read_once() -> None:
    smoke = requirement("check", check="smoke", by=["runner"])
    parameters = smoke.read(check.Parameters)
    assert parameters == check.Parameters("smoke", by=("runner",))
    assert smoke.read(check.Parameters) is parameters


def test_parameters_read_for_one_rule_are_not_taken_for_those_of_another() -> None:
    asked = requirement("images")
    assert asked.read(images.Parameters) == images.Parameters()
    with pytest.raises(canonical.NotCanonical):
        asked.read(attested.Parameters)
    assert asked.read(images.Parameters) == images.Parameters()


def test_what_cannot_be_read_is_refused_every_time() -> None:
    wrong = requirement("check", check=3)
    for _ in range(2):
        assert decide(level(wrong)).findings[-1].code == "bad-parameters"


def test_what_was_read_is_no_part_of_the_requirement() -> None:
    smoke, untouched = (requirement("check", check="smoke") for _ in range(2))
    smoke.read(check.Parameters)
    assert smoke == untouched
    assert canonical.encode(smoke) == canonical.encode(untouched)
    assert smoke.definition == untouched.definition
