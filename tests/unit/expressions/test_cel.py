"""Questions as expressions: checked before they run, bounded, and never a yes or no by mistake."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.expressions.cel import (
    LONGEST,
    BadExpression,
    Condition,
    FieldType,
    Unanswered,
    read_condition,
)

FIELDS = {
    "products": FieldType.TEXT_MAP,
    "labels": FieldType.TEXT_MAP,
    "aliases": FieldType.TEXTS,
    "cycle": FieldType.TEXT,
    "release.tag": FieldType.TEXT,
    "release.revision": FieldType.NUMBER,
    "found": FieldType.TRUTH,
    "since": FieldType.TIME,
}
VALUES: dict[str, object] = {
    "products": {"afw": "26.0.0", "utils": "g0123abc+4"},
    "aliases": ["recommended"],
    "release.tag": "w.2023.15",
    "release.revision": 2,
    "found": False,
    "since": datetime(2023, 4, 20, tzinfo=UTC),
}


def condition(text: str) -> Condition:
    found = read_condition(text, FIELDS)
    assert isinstance(found, Condition), found
    return found


def holds(text: str) -> bool | Unanswered:
    return condition(text).holds(VALUES)


def wrong(text: str) -> BadExpression:
    found = read_condition(text, FIELDS)
    assert isinstance(found, BadExpression)
    return found


@pytest.mark.parametrize(
    "text",
    [
        'products["afw"] == "26.0.0"',
        'products.afw.startsWith("26.")',
        'version(products["afw"]) < version("26.0.1")',
        'weekly(release.tag) >= weekly("w_2023_15")',
        'since < timestamp("2023-04-21T00:00:00Z")',
        '"recommended" in aliases',
        "release.revision > 1",
        "!found",
        'products.exists(name, name.endsWith("fw"))',
        'release.tag in ["w.2023.14", "w.2023.15"]',
        'release.tag.matches("^w[.]2023[.]1[0-9]$")',
        'cycle == "c0044" || release.tag == "w.2023.15"',
    ],
)
def test_what_is_so_matches(text: str) -> None:
    assert holds(text) is True
    assert holds(f"!({text})") is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('cycle == "c0044"', Unanswered(field="cycle")),
        ('cycle != "c0044"', Unanswered(field="cycle")),
        ("has(labels.x)", Unanswered(field="labels")),
        ('products["daf_butler"] == "1"', Unanswered(key="daf_butler")),
        ('!(products["daf_butler"] == "1")', Unanswered(key="daf_butler")),
        ("1 / 0 == 1", Unanswered(message="divide by zero")),
    ],
)
def test_what_is_not_known_is_no_answer(text: str, why: Unanswered) -> None:
    assert holds(text) == why


def test_a_product_without_a_version_in_the_order_is_no_answer() -> None:
    found = holds('version(products["utils"]) < version("26.0.1")')
    assert isinstance(found, Unanswered)
    assert "'g0123abc+4' is not a version" in str(found.message)


def test_whether_something_is_there_can_be_asked() -> None:
    assert holds('"daf_butler" in products && products["daf_butler"] == "1"') is False
    assert holds("has(products.afw)") is True


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ('cycel == "c0044"', 1, "'cycel' is not a field or function"),
        ('found && release.tga == "x"', 10, "'release.tga' is not a field or function"),
        ('found && startswith(cycle, "x")', 10, "'startswith' is not a field or function"),
        ('release.tag == 3 && "x"', 13, "'==' is not for a text and a number"),
        ('version(products["afw"]) < "26.0.1"', 26, "'<' is not for a version and a text"),
        ('weekly(release.tag) < version("26")', 21, "'<' is not for a number and a version"),
        ('products == "x"', 10, "'==' is not for a map and a text"),
        ('products["afw"] == ', 20, "it ends too early"),
        ("release.tag", 0, "it says a text, and has to say yes or no"),
        ("release.revision", 0, "it says a number"),
        ("dyn(found)", 0, "it says what has no type"),
        (" ", 0, "it is empty"),
        ("found \x00", 7, "cannot be printed"),
        ("found \u202e", 7, "cannot be printed"),
        ("found \ud800", 7, "cannot be printed"),
    ],
)
def test_what_is_wrong_is_said_before_it_runs(text: str, column: int, says: str) -> None:
    found = wrong(text)
    assert (found.column, says in found.message) == (column, True), found


def test_the_line_of_a_mistake_is_told() -> None:
    found = wrong('found &&\n  cycel == "x"')
    assert (found.line, found.column, found.unknown) == (2, 3, "cycel")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("true" + " || true" * LONGEST, "characters"),
        ("(" * 100 + "found" + ")" * 100, "nested too deeply"),
        ("[" * 40 + "]" * 40 + " == []", "nested too deeply"),
        ('"a" + "a" == "aa"', "joins"),
        ('["a"].map(x, x + x).size() == 1', "joins"),
        ("[[1]].map(x, x).size() == 1", "joins"),
        ("aliases.filter(x, true).size() == 1", "joins"),
        ('b"a" + b"b" == b"ab"', "joins"),
    ],
)
def test_what_could_cost_more_than_a_question_is_refused(text: str, says: str) -> None:
    assert says in wrong(text).message


def test_a_loop_over_loops_ends_without_an_answer() -> None:
    many = VALUES | {"products": {f"p{number}": "1" for number in range(500)}}
    found = condition("products.all(a, products.all(b, products.all(c, a != b || b != c || true)))").holds(
        many
    )
    assert isinstance(found, Unanswered)
    assert "budget" in str(found.message)


def test_a_pattern_of_repeated_repetitions_is_answered() -> None:
    assert condition('release.tag.matches("(a*)*(a*)*b")').holds({"release.tag": "a" * 20_000}) is False


def test_the_fields_that_are_asked_for_are_told() -> None:
    assert condition('labels["x"] == "y" && release.tag != "labels"').fields == {"labels", "release.tag"}
    assert condition('["cycle"].exists(x, x == "cycle")').fields == frozenset()


PARTS = st.sampled_from(
    ["found", "cycle", "products", "release", ".", "tag", "[", "]", "(", ")", "{", "}", '"', "'", "\\", "&&", "||",
     "!", "==", "<", "+", "-", "/", "%", "?", ":", ",", "in", "has", "all", "exists", "exists_one", "map", "x", "1",
     "9223372036854775807", "1.5e308", "u", "null", "true", "r", "b", '"""', "//", "\n", " ", "version", "weekly",
     "timestamp", "duration", "dyn", "type", "int", "string", "size", "matches", "é", "0x", "`"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=40).map("".join) | st.text(max_size=60))
def test_no_text_is_more_than_a_question_or_a_mistake(text: str) -> None:
    found = read_condition(text, FIELDS)
    if isinstance(found, Condition):
        assert isinstance(found.holds(VALUES), bool | Unanswered)
    else:
        assert found.message
