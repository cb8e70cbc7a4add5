"""The `cycle` grammar: builds of the summit's control software."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import Kind, grammar_of, image_tag, order_key, parse, sort, tag_pattern_match
from ldmrelease.domain.tags.cycle import cycle_of, near, write


@pytest.mark.parametrize(
    ("text", "kind", "cycle", "build", "shown"),
    [
        ("c0044.007", Kind.release, 44, 7, "SAL Cycle 0044, Build 007"),
        ("c0044", Kind.moving, 44, None, "SAL Cycle 0044"),
        ("c0029.000", Kind.release, 29, 0, "SAL Cycle 0029, Build 000"),
        ("c9999.1000", Kind.release, 9999, 1000, "SAL Cycle 9999, Build 1000"),
        ("k0003", Kind.moving, None, None, "Cycle k0003"),
        ("k0001.000", Kind.release, None, None, "Cycle k0001, Build 000"),
    ],
)
def test_a_tag_is_read(text: str, kind: Kind, cycle: int | None, build: int | None, shown: str):
    tag = parse(text, "cycle")
    assert (tag.parsed, tag.kind, tag.cycle, tag.cycle_build) == (True, kind, cycle, build)
    assert (tag.git, tag.image, tag.name, tag.eups) == (text, text, text, None)
    assert tag.display_name == shown
    assert tag.extra == (text if text.startswith("k") else None)


@pytest.mark.parametrize(
    "text",
    [
        "", "c44", "c00044", "c0044.7", "c0044.07", "c0044.0007", "c0044.", "c0044.007.1", "C0044.007", "x0044.007",
        "c0044_007", "c0044.007\n", " c0044", "c0044.-01", "c٠٠٤٤", "w_2024_35_k0002.000", "c0041_usdf",
        "recommended_c0041", "c0044.9999999999999999",
    ],
)  # fmt: skip
def test_what_is_no_tag_of_a_cycle_says_so(text: str):
    tag = parse(text, "cycle")
    assert (tag.parsed, tag.kind) == (False, Kind.unknown)
    assert tag.reason


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("c44.7", "c0044.007"),
        ("C0044_007", "c0044.007"),
        ("k3", "k0003"),
        ("c-0044-7", "c0044.007"),
        ("44.7", None),
    ],
)
def test_a_spelling_that_is_near_is_suggested(text: str, meant: str | None):
    assert near(text) == meant
    if meant is not None:
        assert parse(text, "cycle").reason == f"no tag of a cycle; perhaps {meant} is meant"
        assert list(grammar_of("cycle").other_spellings(text)) == [meant]


def test_builds_rise_in_their_cycle_and_the_two_lines_are_apart():
    texts = ["c0043.012", "c0044.000", "c0044.007", "c0044.999", "c0044.1000", "c0100.000"]
    ordered, open_points = sort(parse(each, "cycle") for each in reversed(texts))
    assert [each.input for each in ordered] == texts
    assert not open_points
    _, open_points = sort(parse(each, "cycle") for each in ("k0003.001", "c0044.001"))
    assert open_points.groups == ("c", "k")


def test_a_moving_tag_is_another_kind_than_a_build():
    _, open_points = sort(parse(each, "cycle") for each in ("c0044", "c0044.001"))
    assert open_points.kinds == (Kind.release, Kind.moving)


def test_a_build_knows_its_cycle():
    assert cycle_of(parse("c0044.007", "cycle")) == "c0044"
    assert cycle_of(parse("k0003.000", "cycle")) == "k0003"
    assert cycle_of(parse("c0044", "cycle")) is None
    assert cycle_of(parse("w_2024_35_c0044.007", "rsp")) is None


def test_an_image_tag_may_have_more_around_it():
    assert image_tag(parse("c0044.007", "cycle"), "al9-{image}") == "al9-c0044.007"
    assert tag_pattern_match("al9-{git}", "al9-c0044.007", "cycle") == parse("c0044.007", "cycle")


lines, cycles, builds = st.sampled_from("ck"), st.integers(0, 9999), st.none() | st.integers(0, 10**15 - 1)


@given(lines, cycles, builds)
def test_what_is_written_is_read_as_the_same(line: str, cycle: int, build: int | None):
    tag = parse(write(line, cycle, build), "cycle")
    assert tag.parsed
    assert order_key(tag) == (line, cycle, -1 if build is None else build)
    assert (tag.group, tag.cycle) == (line, cycle if line == "c" else None)


@given(st.lists(st.tuples(lines, cycles, builds), min_size=2, max_size=2))
def test_keys_are_equal_for_equal_tags_alone(drawn: list[tuple[str, int, int | None]]):
    one, other = (parse(write(*each), "cycle") for each in drawn)
    assert (order_key(one) == order_key(other)) == (one.input == other.input)


@pytest.mark.parametrize(
    ("line", "cycle", "build"), [("c", 10_000, 1), ("x", 1, 1), ("c", -1, 1), ("c", 1, -1)]
)
def test_what_has_no_tag_is_not_written(line: str, cycle: int, build: int):
    with pytest.raises(ValueError, match="is no tag of a cycle"):
        write(line, cycle, build)
