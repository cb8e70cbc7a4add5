"""What is wrong with a grammar is found before a tag is read with it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import Kind
from ldmrelease.domain.tags.patterns.overlap import common, read_twice
from ldmrelease.domain.tags.patterns.pattern_faults import GrammarFault, grammar_faults
from ldmrelease.domain.tags.patterns.template import BadPattern, read_template


def faults(
    order: list[str] | None = None, within: list[str] | None = None, **kinds: str
) -> tuple[GrammarFault, ...]:
    return grammar_faults({Kind(kind): text.split() for kind, text in kinds.items()}, order, within)


def only(*found: GrammarFault) -> GrammarFault:
    (fault,) = found
    return fault


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("release-{year:4d", "has '{' at character 9", "letters, digits"),
        ("release-year}", "has '}' at character 13", "letters, digits"),
        ("a/{b}", "has '/' at character 2", "letters, digits"),
        ("{Year}", "has a part {Year}", "small letters"),
        ("{}", "has a part {}", "NAME"),
        ("{year:4q}", "has a part year of the type '4q'", "03d"),
        ("{year:16d}", "has a part year of the type '16d'", "03d"),
        ("{year:00d}", "has a part year of the type '00d'", "03d"),
        ("{a:65hex}", "has a part a of the type '65hex'", "8hex"),
        ("{a:x|x}", "has a part a of the type 'x|x'", "words with |"),
        ("{a}.{a}", "the part a stands twice in it", "each part once"),
        ("{a}[-{b}[-{c}]]", "has a [ within [ ]", "one [ ] after the other"),
        ("{a}[-{b}", "has a [ that is not closed", "a ] after it"),
        ("{a}-{b}]", "has a ] and nothing to close", "[ ] with a part"),
        ("{a}[-x]", "has no part in [ ], so nothing says whether it is there", "with a part"),
        ("[{a}]", "all of it may be missing", "outside of [ ]"),
        (f"{{a:{'|'.join(f'word{number}' for number in range(60))}}}", "has ", "1 to 200 characters"),
        ("{a:64hex}{b:64hex}{c:64hex}{d:64hex}{e}", "is too large", "fewer or shorter parts"),
    ],
)
def test_a_pattern_that_cannot_be_read(pattern: str, message: str, expected: str):
    fault = only(*faults(release=pattern))
    assert fault.field == ("release", 0)
    assert message in fault.message
    assert expected in fault.expected


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        ("{a}{b}", "110"),
        ("{a:name}-{b:name}", "0-0-0"),
        ("{a:word}{b:hex}", "000000"),
        ("{a:hex}[{b}]", "00000"),
        ("x{a:word}[-{b:word}][-{c:word}]", "x0-0"),
        ("{a:a|ab}[{b:b|c}]", "ab"),
        ("{a}+{b:build}_{c:build}", None),
    ],
)
def test_a_pattern_that_reads_a_tag_in_two_ways(pattern: str, example: str | None):
    if example is None:
        assert read_twice(read_template(pattern).automaton()) is None
        return
    fault = only(*faults(release=pattern))
    assert fault.field == ("release", 0)
    assert fault.message == f"reads {example!r} in two ways"
    assert fault.expected == "one way to read each tag"


def test_patterns_of_which_two_read_one_tag():
    fault = only(*faults(release="v{major}.{minor} {version:semver}", branch="{branch:name}-{sha:hex}"))
    assert fault.field == ("branch", 0)
    assert fault.message == "reads '0.0.0-000a', and so does '{version:semver}' (release)"
    assert faults(release="v{major}.{minor} {version:semver}", branch="b-{branch:name}-{sha:hex}") == ()


def test_a_fixed_name_may_be_what_a_pattern_reads_and_no_other_fixed_name():
    assert faults(release="v{major}", moving="v1 main") == ()
    assert only(*faults(moving="main", release="main")).field == ("release", 0)


def test_a_plus_is_read_as_an_underscore_so_they_overlap():
    fault = only(*faults(release="{a}+{b}", candidate="{a}_{b}"))
    assert fault.message == "reads '0_0', and so does '{a}+{b}' (release)"


@pytest.mark.parametrize("pattern", ["{a:name}", "{a:word}", "{a:word}[-{b:hex}]"])
def test_a_pattern_that_reads_everything(pattern: str):
    fault = only(*faults(branch=pattern))
    assert (fault.field, fault.message) == (("branch", 0), "reads every word as a tag")


@pytest.mark.parametrize("pattern", ["x{a:name}", "{a:hex}", "{a:name}-{b}", "{a:semver}", "{a:a|b}"])
def test_a_pattern_that_leaves_something_out(pattern: str):
    assert faults(branch=pattern) == ()


def test_an_order_of_parts_that_are_not_there_or_have_none():
    missing, unordered = faults(order=["year", "sha"], release="{month:2d}-{sha:hex}")
    assert (missing.field, missing.message, missing.expected) == (
        ("order", 0),
        "no pattern has a part 'year'",
        "month, sha",
    )
    assert (unordered.field, unordered.message, unordered.expected) == (
        ("order", 1),
        "the values of sha have no order",
        "month",
    )


def test_what_sets_lines_apart_is_a_part_and_not_in_the_order():
    missing, both = faults(order=["number"], within=["brunch", "number"], branch="{branch:word}-{number}")
    assert (missing.field, missing.message) == (("within", 0), "no pattern has a part 'brunch'")
    assert (both.field, both.message) == (("within", 1), "number is in the order too")


def test_a_part_of_two_types():
    fault = only(*faults(release="v{patch}", candidate="rc{patch:03d}"))
    assert (fault.field, fault.message) == (
        ("candidate", 0),
        "has a part patch of another type than in 'v{patch}'",
    )


def test_patterns_of_one_kind_with_nothing_in_common():
    fault = only(*faults(order=["year", "build"], release="v{year:4d} b{build}"))
    assert fault.field == ("release", 1)
    assert "no part of the order in common" in fault.message


def test_what_no_image_tag_begins_with():
    assert "begins with '.'" in only(*faults(release=".{a}")).message


def test_no_patterns_and_too_many():
    assert only(*grammar_faults({})).field == ()
    assert "33 patterns" in only(*faults(moving=" ".join(f"x{number}" for number in range(33)))).message


pieces = st.sampled_from(
    [
        "{%s}",
        "{%s:2d}",
        "{%s:03d}",
        "{%s:word}",
        "{%s:name}",
        "{%s:hex}",
        "{%s:semver}",
        "{%s:a|ab}",
        "{%s:build}",
    ]
)
marks = st.sampled_from(["", "-", ".", "x", "0", "-h", "+", "_"])


@st.composite
def patterns(draw) -> str:
    text = ""
    for number in range(draw(st.integers(1, 3))):
        piece = draw(marks) + draw(pieces) % f"p{number}"
        text += f"[{piece}]" if draw(st.booleans()) else piece
    return text


@given(patterns(), st.text("0a.-+_xh", max_size=8))
def test_where_one_way_is_promised_every_text_has_one(pattern: str, text: str):
    try:
        template = read_template(pattern)
    except BadPattern:
        return
    automaton = template.automaton()
    twice = read_twice(automaton)
    assert ways(automaton, text) <= 1 or twice is not None
    if twice is not None:
        assert ways(automaton, twice) > 1


@given(patterns(), patterns())
def test_what_is_common_is_read_by_both(one: str, other: str):
    try:
        first, second = (read_template(each).automaton() for each in (one, other))
    except BadPattern:
        return
    shared = common(first, second)
    if shared is not None:
        assert first.reads(shared)
        assert second.reads(shared)
    else:
        for length in range(1, 4):
            for text in map("".join, itertools.product("0a-", repeat=length)):
                assert not (first.reads(text) and second.reads(text))


def ways(automaton, text: str) -> int:
    """In how many ways a text is read, counted one by one."""
    counts: dict[int, int] = {}
    for index, letter in enumerate(text):
        before = counts
        counts = {}
        for state, characters in enumerate(automaton.characters):
            if letter in characters:
                if index == 0:
                    counts[state] = automaton.first >> state & 1
                else:
                    counts[state] = sum(
                        n for each, n in before.items() if automaton.follow[each] >> state & 1
                    )
    return sum(n for each, n in counts.items() if automaton.last >> each & 1) if text else 0
