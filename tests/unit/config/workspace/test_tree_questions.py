"""What a question to a tree takes, whatever the tree is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.config.workspace.tree_questions import LONGEST, VARIABLE, question

FILE = "values.yaml"


@pytest.mark.parametrize(
    ("path", "key", "found"),
    [
        ("{image}.tag", "front.charts[0].tag", {"image": "front.charts[0]"}),
        ("{a}.{b}", "x.y.z", {"a": "x.y", "b": "z"}),
        ("*.{b}.tag", "x.y.z.tag", {"b": "z"}),
        ("{a}.image.{a}", "x.image.x", {"a": "x"}),
        ("{a}.image.{a}", "x.image.y", None),
        ("{a}.tag", ".tag", None),
        ("{a}.tag", "x.tags", None),
    ],
)
def test_a_variable_takes_one_key_or_several(path: str, key: str, found: dict[str, str] | None) -> None:
    answers = list(question(f"{FILE}#{path}").answers({FILE: {key: None}}, {}))
    assert answers == ([] if found is None else [found])


def test_in_a_file_a_variable_takes_a_part_of_a_name_without_a_folder() -> None:
    asked = question("apps/{name}/values-{site}.yaml#tag")
    files = {each: {"tag": None} for each in ("apps/web/values-a-b.yaml", "apps/web/own/values-a.yaml")}
    assert list(asked.answers(files, {})) == [{"name": "web", "site": "a-b"}]


@given(
    st.text("ab.", min_size=1, max_size=12),
    st.lists(st.sampled_from(["{x}", "{y}", "a", "b.", "."]), unique=True),
)
def test_a_question_takes_what_an_expression_of_the_same_form_takes(text: str, parts: list[str]) -> None:
    template = "".join(parts) or "a"
    form = VARIABLE.sub(r"(?P<\1>.+)", template.replace(".", r"\."))
    match = re.fullmatch(form, text)
    answers = list(question(f"{FILE}#{template}").answers({FILE: {text: None}}, {}))
    assert answers == ([] if match is None else [match.groupdict()])


def test_no_key_of_a_tree_holds_a_question_up() -> None:
    path = "".join(f"{{v{number}}}.a." for number in range(8)) + "tag"
    long = "a." * 1_500 + "b"
    asked = question(f"{{f}}-{{g}}-{{h}}-{{i}}-{{j}}-{{k}}.yml#{path}", ".".join(["*"] * 8) + ".b.")
    assert not asked.is_recorded("a-" * 2_000)
    assert not asked.takes_path(long)
    assert not asked.takes_value("a." * 2_000)
    assert list(question(f"{FILE}#{path}").answers({FILE: {long: None}}, {})) == []


def test_what_is_longer_than_anybody_means_is_not_looked_at() -> None:
    asked = question(f"{FILE}#{{a}}.tag", "{b}")
    assert asked.takes_path("x.tag")
    assert asked.takes_value("1")
    assert not asked.takes_path("x" * LONGEST + ".tag")
    assert not asked.takes_value("1" * (LONGEST + 1))
