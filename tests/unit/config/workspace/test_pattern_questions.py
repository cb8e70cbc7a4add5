"""Questions to a tree: what their variables stand for, and what is no question."""

import pytest

from ldmrelease.config.workspace.tree_questions import asked_question, question


@pytest.mark.parametrize(
    ("address", "value", "bound", "answers"),
    [
        ("a/{x}.yaml#{y}.tag", None, {}, [{"x": "one", "y": "image"}, {"x": "one", "y": "b.image"}]),
        ("a/{x}.yaml#b.{y}.tag", None, {}, [{"x": "one", "y": "image"}]),
        ("a/{x}.yaml#{y}.tag", None, {"x": "two"}, []),
        ("a/one.yaml#{y}.tag", "{y}", {}, [{"y": "b.image"}]),
        ("a/*.yaml#*.tag", "1", {"z": "z"}, [{"z": "z"}]),
    ],
)
def test_a_question_is_answered_by_what_its_variables_stand_for(
    address: str, value: str | None, bound: dict[str, str], answers: list[dict[str, str]]
) -> None:
    files = {"a/one.yaml": {"image.tag": "1", "b.image.tag": "b.image"}, "a/x/two.yaml": {"image.tag": "1"}}
    asked_here = question(address, value)
    assert list(asked_here.answers(files, bound)) == answers
    assert asked_question(asked_here.asked).asked == asked_here.asked


@pytest.mark.parametrize("address", ["", "a", "#a", "a#", "a#b#c"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="FILE#PATH"):
        question(address)
