"""What is read beside settings: as a reader of YAML takes it."""

import pytest
import yaml

from ldmrelease.domain.value_paths import parse_path
from ldmrelease.targets.yamledit.beside import told_at
from ldmrelease.targets.yamledit.tree import parse


def told(text: str, path: str) -> str | None:
    found = told_at(parse(text), parse_path(path))
    return found.value if found is not None else None


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: x}",
        "base: &b {b: x}\na: *b",
        "base: &b {b: x}\na:\n  <<: *b",
        "base: &b {b: y}\na:\n  <<: *b\n  b: x",
        "one: &o {c: z}\ntwo: &t {b: x}\nthree: &d {b: y}\na:\n  <<: [*o, *t, *d]",
        "one: &o {b: x}\ntwo: &t\n  <<: *o\na:\n  <<: *t",
    ],
)
def test_it_is_what_a_reader_of_yaml_takes(text: str) -> None:
    assert told(text, "a.b") == "x" == yaml.safe_load(text)["a"]["b"]


def test_a_merge_key_behind_a_key_wins_as_for_go() -> None:
    assert told("base: &b {b: x}\na:\n  b: y\n  <<: *b", "a.b") == "x"


@pytest.mark.parametrize("text", ["v: &v x\na: {b: *v}\nw: &v y", "v: &v y\nw: &v x\na: {b: *v}"])
def test_the_last_anchor_of_a_name_before_an_alias_is_meant(text: str) -> None:
    """YAML 1.2.2, 7.1: PyYAML refuses such a document, Helm's reader takes it."""
    assert told(text, "a.b") == "x"


@pytest.mark.parametrize(
    ("text", "path"),
    [("a: {b: [x]}", "a.b"), ("a: {b: {c: x}}", "a.b"), ("a: x", "a.b"), ("a: [x]", "a[3]"), ("a: x", "b")],
)
def test_what_is_no_scalar_says_nothing(text: str, path: str) -> None:
    assert told(text, path) is None


def test_items_are_found_by_number_and_by_name() -> None:
    text = "n: &n carts\ni: [{name: front, tag: '1'}, {name: *n, tag: '2'}]"
    assert told(text, "i[carts].tag") == "2"
    assert told(text, "i[0].tag") == "1"


def test_mappings_merged_into_many_others_are_searched_once() -> None:
    lines = ["m0: &m0 {x: y}", *(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 60))]
    assert told("\n".join([*lines, "a: {<<: *m59}"]), "a.b") is None
