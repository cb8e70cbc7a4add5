"""Tags of any team in patterns of its own: read, written, ordered."""

import itertools
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain import canonical
from ldmrelease.domain.tags import Kind, Tag, image_tag, order_key, parse, sort, tag_pattern_match
from ldmrelease.domain.tags.model import KindPattern, PatternGrammar
from ldmrelease.domain.tags.patterns.grammar import write
from ldmrelease.domain.tags.patterns.lint import grammar_faults


def grammar(
    order: list[str] | None = None, within: list[str] | None = None, **kinds: str | list[str]
) -> PatternGrammar:
    patterns = {Kind(kind): [text] if isinstance(text, str) else text for kind, text in kinds.items()}
    assert grammar_faults(patterns, order, within) == ()
    return PatternGrammar(
        tuple(KindPattern(kind, each) for kind, own in patterns.items() for each in own),
        None if order is None else tuple(order),
        None if within is None else tuple(within),
    )


CALENDAR = grammar(
    release="release-{year:4d}.{month:2d}[-{patch}]",
    candidate="release-{year:4d}.{month:2d}[-{patch}]-rc{rc}",
    branch="{branch:name}-h{build}.{sha:hex}",
    moving=["main", "latest", "edge-{year:4d}"],
)
SEMANTIC = grammar(release="{version:semver}[+{data:build}]")
FLAVORED = grammar(release="{version:semver}_{flavor:word}")
STAGED = grammar(release="{major}.{minor}", candidate="{major}.{minor}-{stage:alpha|beta|rc}[{number}]")
PADDED = grammar(release="b{build:03d}")


@pytest.mark.parametrize(
    ("own", "text", "kind", "parts"),
    [
        (CALENDAR, "release-2026.11-3", Kind.release, {"year": 2026, "month": 11, "patch": 3}),
        (CALENDAR, "release-2026.11", Kind.release, {"year": 2026, "month": 11}),
        (
            CALENDAR,
            "release-2026.01-10-rc2",
            Kind.candidate,
            {"year": 2026, "month": 1, "patch": 10, "rc": 2},
        ),
        (CALENDAR, "branch-h12.5e0b", Kind.branch, {"branch": "branch", "build": 12, "sha": "5e0b"}),
        (
            CALENDAR,
            "tickets-DM-1-h1.00aa",
            Kind.branch,
            {"branch": "tickets-DM-1", "build": 1, "sha": "00aa"},
        ),
        (CALENDAR, "main", Kind.moving, {}),
        (CALENDAR, "edge-2026", Kind.moving, {"year": 2026}),
        (SEMANTIC, "1.2.3-rc.1+build", Kind.release, {"version": "1.2.3-rc.1", "data": "build"}),
        (STAGED, "1.2-beta7", Kind.candidate, {"major": 1, "minor": 2, "stage": "beta", "number": 7}),
        (PADDED, "b007", Kind.release, {"build": 7}),
        (PADDED, "b1000", Kind.release, {"build": 1000}),
    ],
)
def test_a_tag_is_read_into_its_parts(own: PatternGrammar, text: str, kind: Kind, parts: dict[str, object]):
    tag = parse(text, own)
    assert (tag.kind, dict(tag.parts), tag.git) == (kind, parts, text)
    assert tag.fields().get("parts", {}) == parts
    assert write(own, kind, dict(tag.parts)) == text


@pytest.mark.parametrize(
    ("own", "text"),
    [
        (CALENDAR, "release-2026.1-3"),
        (CALENDAR, "release-2026.11-03"),
        (CALENDAR, "release-2026.11-3\n"),
        (CALENDAR, "release-2026.11-٣"),
        (CALENDAR, "Release-2026.11-3"),
        (CALENDAR, "release-2026.11-"),
        (CALENDAR, "release-2026.11-9999999999999999"),
        (CALENDAR, "branch-h12.5E0B"),
        (SEMANTIC, "1.2.3-01"),
        (SEMANTIC, "1.2"),
        (PADDED, "b7"),
        (PADDED, "b0007"),
        (CALENDAR, ""),
    ],
)
def test_what_fits_no_pattern_says_so(own: PatternGrammar, text: str):
    tag = parse(text, own)
    assert (tag.parsed, tag.kind, tag.order) == (False, Kind.unknown, None)
    assert tag.reason


def test_a_plus_is_an_underscore_in_an_image_tag_and_nowhere_else():
    tag = parse("1.2.3+b.1", SEMANTIC)
    assert (tag.git, tag.image, tag.name) == ("1.2.3+b.1", "1.2.3_b.1", "1.2.3_b.1")
    assert image_tag(tag, "al9-{image}") == "al9-1.2.3_b.1"
    assert tag_pattern_match("al9-{image}", "al9-1.2.3_b.1", SEMANTIC) == parse("1.2.3_b.1", SEMANTIC)
    assert parse("1.2.3_b.1", SEMANTIC).git == "1.2.3+b.1"
    two = grammar(release="{major}+{minor}+{data:build}")
    assert not parse("1+2_x", two).parsed


RISING = [
    (
        CALENDAR,
        [
            "release-2025.12",
            "release-2026.01",
            "release-2026.01-0",
            "release-2026.01-2",
            "release-2026.01-10",
        ],
    ),
    (
        SEMANTIC,
        ["1.0.0-1", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.0+a"],
    ),
    (STAGED, ["1.2-alpha", "1.2-alpha2", "1.2-beta1", "1.2-rc1", "1.10-alpha1"]),
    (PADDED, ["b000", "b001", "b999", "b1000"]),
    (CALENDAR, ["main-h2.aaaa", "main-h10.0000", "main-h10.aaaa"]),
]


@pytest.mark.parametrize(("own", "rising"), RISING)
def test_rising(own: PatternGrammar, rising: list[str]):
    ordered, open_points = sort(parse(text, own) for text in reversed(rising))
    assert [each.input for each in ordered] == rising
    assert not open_points


def test_builds_of_two_branches_are_not_ordered():
    tags = [parse(text, CALENDAR) for text in ("one-h1.aaaa", "two-h1.bbbb", "one-h2.cccc")]
    ordered, open_points = sort(tags)
    assert [each.input for each in ordered] == ["one-h1.aaaa", "one-h2.cccc", "two-h1.bbbb"]
    assert open_points.groups == ("one", "two")
    assert [each.group for each in tags] == ["one", "two", "one"]


def test_flavors_are_lines_of_their_own_unless_the_grammar_says_otherwise():
    assert parse("1.2.3_alpine", FLAVORED).group == "alpine"
    together = grammar(release="{version:semver}_{flavor:word}", within=[])
    assert parse("1.2.3_alpine", together).group == ""


def test_the_order_that_is_written_counts():
    american = grammar(release="{month:2d}-{day:2d}-{year:4d}", order=["year", "month", "day"])
    texts = ["01-02-2026", "12-31-2025"]
    assert [each.input for each in sort(parse(each, american) for each in texts)[0]] == texts[::-1]


def test_a_release_and_its_candidates_have_one_version():
    release, candidate = parse("release-2026.11-3", CALENDAR), parse("release-2026.11-3-rc2", CALENDAR)
    assert release.version == (2026, 11, 3, None)
    assert candidate.version == (2026, 11, 3, "2")


def test_a_fixed_name_has_precedence():
    own = grammar(moving="main", branch="{branch:word}-{sha:hex}", release="v{number}[-{flavor:word}]")
    assert parse("main", own).kind is Kind.moving


def test_what_no_pattern_of_the_kind_writes_is_refused():
    for values in (
        {"year": 2026},
        {"year": 2026, "month": 111},
        {"year": 2026, "month": 1, "other": 1},
        {"year": "x"},
    ):
        with pytest.raises(ValueError, match=r"."):
            write(CALENDAR, Kind.release, values)
    with pytest.raises(ValueError, match="no pattern for weekly"):
        write(CALENDAR, Kind.weekly, {})


numbers = st.integers(0, 10**15 - 1) | st.sampled_from([0, 9, 10, 11])
years, months = st.sampled_from([0, 999, 2025, 2026, 9999]), st.sampled_from([0, 1, 9, 12])
words = st.from_regex(r"[A-Za-z0-9]+", fullmatch=True).filter(lambda text: len(text) < 20)
names = st.from_regex(r"[A-Za-z0-9]+([._-]+[A-Za-z0-9]+){0,3}", fullmatch=True).filter(
    lambda text: len(text) < 40
)
versions = st.from_regex(
    r"[0-9]\.(0|[1-9][0-9]{0,3})\.[0-9](-([1-9][0-9]?|[a-z-][a-z0-9-]?)(\.(0|rc|[0-9]{0,2}[a-z])){0,2})?",
    fullmatch=True,
)
values = st.one_of(
    st.tuples(st.just(CALENDAR), st.just(Kind.release), st.fixed_dictionaries({"year": years, "month": months}, optional={"patch": numbers})),
    st.tuples(st.just(CALENDAR), st.just(Kind.candidate), st.fixed_dictionaries({"year": years, "month": months, "rc": numbers}, optional={"patch": numbers})),
    st.tuples(st.just(CALENDAR), st.just(Kind.branch), st.fixed_dictionaries({"branch": names, "build": numbers, "sha": st.from_regex(r"[0-9a-f]{4,12}", fullmatch=True)})),
    st.tuples(st.just(SEMANTIC), st.just(Kind.release), st.fixed_dictionaries({"version": versions}, optional={"data": st.from_regex(r"[a-z0-9-]{1,4}(\.[a-z0-9-]{1,4})?", fullmatch=True)})),
    st.tuples(st.just(FLAVORED), st.just(Kind.release), st.fixed_dictionaries({"version": versions, "flavor": words})),
    st.tuples(st.just(STAGED), st.just(Kind.candidate), st.fixed_dictionaries({"major": numbers, "minor": numbers, "stage": st.sampled_from(["alpha", "beta", "rc"])}, optional={"number": numbers})),
    st.tuples(st.just(PADDED), st.just(Kind.release), st.fixed_dictionaries({"build": numbers})),
)  # fmt: skip


@given(values)
def test_what_is_written_is_read_as_the_same(drawn):
    own, kind, parts = drawn
    text = write(own, kind, parts)
    tag = parse(text, own)
    assert (tag.kind, dict(tag.parts)) == (kind, parts)
    assert parse(tag.image or "", own).git == text


@given(st.lists(values, max_size=5))
def test_the_order_is_total_within_a_group(drawn):
    tags = [parse(write(*each), each[0]) for each in drawn]
    groups: dict[object, list[Tag]] = {}
    for (own, kind, _), tag in zip(drawn, tags, strict=True):
        groups.setdefault((own, kind, tag.group), []).append(tag)
    for group in groups.values():
        for one, two, three in itertools.product(group, repeat=3):
            a, b, c = (order_key(each) for each in (one, two, three))
            assert a is not None
            assert b is not None
            assert c is not None
            assert (a < b) + (a == b) + (a > b) == 1
            assert not (a < b < c) or a < c
            assert (a == b) == (one.git == two.git)
            assert (a < b) == (json.loads(canonical.encode(a)) < json.loads(canonical.encode(b)))


@given(st.text("amin.-_+0123456789hrelsvcbetp{}[]\n\ud800\u0663", max_size=140) | st.text())
def test_no_input_raises_and_what_is_read_is_written_again(text: str):
    for own in (CALENDAR, SEMANTIC, FLAVORED, STAGED, PADDED):
        tag = parse(text, own)
        assert tag.input == text
        if tag.parsed:
            assert write(own, tag.kind, dict(tag.parts)) == tag.git
            assert text in (tag.git, tag.image)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(["a", "a-", "-a", "0.", "a.0-", "h1.", "0"]), st.integers(1, 100_000))
def test_a_hostile_tag_is_read_in_steps_that_its_length_bounds(piece: str, times: int):
    hard = grammar(
        release="{a:name}-h{b}.{c:hex}[-{d:name}x{e:semver}]",
        candidate="{a:name}_h{b}.{c:hex}__{g:word}.{h:d}.{i:word}",
    )
    before = time.process_time()
    parse(piece * times, hard)
    parse((piece * 64)[:127] + "!", hard)
    parse((piece * 64)[:128], hard)
    assert time.process_time() - before < 5
