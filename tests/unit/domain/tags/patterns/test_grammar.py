"""Tags of any team in patterns of its own: read, written, ordered."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain import canonical
from ldmrelease.domain.product_grammar import KindPattern, PatternGrammar
from ldmrelease.domain.tags import Kind, Tag, grammar_of, image_tag, order_key, parse, sort, tag_pattern_match
from ldmrelease.domain.tags.patterns.automaton import Automaton
from ldmrelease.domain.tags.patterns.grammar import write
from ldmrelease.domain.tags.patterns.pattern_faults import grammar_faults


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
    own = grammar(moving=["v1", "v1-edge"], release="v{number}[-{flavor:word}]")
    assert [parse(each, own).kind for each in ("v1", "v2", "v1-edge")] == [
        Kind.moving,
        Kind.release,
        Kind.moving,
    ]
    with pytest.raises(ValueError, match="'v1' is moving"):
        write(own, Kind.release, {"number": 1})


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
shas = st.from_regex(r"[0-9a-f]{4,12}", fullmatch=True)
metadata = st.from_regex(r"[a-z0-9-]{1,4}(\.[a-z0-9-]{1,4})?", fullmatch=True)
dates = {"year": years, "month": months}
stages = {"major": numbers, "minor": numbers, "stage": st.sampled_from(["alpha", "beta", "rc"])}


def tags_of(
    own: PatternGrammar, kind: Kind, parts: dict[str, st.SearchStrategy[Any]], **more: st.SearchStrategy[Any]
) -> st.SearchStrategy[tuple[PatternGrammar, Kind, dict[str, Any]]]:
    return st.tuples(st.just(own), st.just(kind), st.fixed_dictionaries(parts, optional=more))


values = st.one_of(
    tags_of(CALENDAR, Kind.release, dates, patch=numbers),
    tags_of(CALENDAR, Kind.candidate, dates | {"rc": numbers}, patch=numbers),
    tags_of(CALENDAR, Kind.branch, {"branch": names, "build": numbers, "sha": shas}),
    tags_of(SEMANTIC, Kind.release, {"version": versions}, data=metadata),
    tags_of(FLAVORED, Kind.release, {"version": versions, "flavor": words}),
    tags_of(STAGED, Kind.candidate, stages, number=numbers),
    tags_of(PADDED, Kind.release, {"build": numbers}),
)


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


@pytest.mark.parametrize("piece", ["a", "a-", "-a", "0.", "a.0-", "h1.", "0", "a_h0.a__"])
def test_a_hostile_tag_takes_a_step_for_each_character_and_is_never_read_twice(piece: str, monkeypatch):
    hard = grammar(
        release="{a:name}-h{b}.{c:hex}",
        candidate="{a:name}_h{b}.{c:hex}__{g:word}.{h:d}.{i:word}",
    )
    assert not parse("x", hard).parsed
    steps: list[str] = []
    step = Automaton.step

    def counted(automaton: Automaton, states: int, character: str) -> int:
        steps.append(character)
        return step(automaton, states, character)

    monkeypatch.setattr(Automaton, "step", counted)
    for text in ((piece * 128)[:128], (piece * 128)[:127] + "_"):
        steps.clear()
        parse(text, hard)
        assert len(steps) <= 2 * len(text)
    steps.clear()
    assert parse(piece * 100_000, hard).reason == "an image tag has at most 128 characters"
    assert not steps


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("release_2026_11_3", "release-2026.11-3"),
        ("release.2026.1.3", "release-2026.01-3"),
        ("RELEASE-2026.11", "release-2026.11"),
        ("nonsense", None),
    ],
)
def test_what_may_be_meant(text: str, meant: str | None):
    assert next(grammar_of(CALENDAR).other_spellings(text), None) == meant


def test_what_could_be_two_tags_is_not_meant():
    own = grammar(release="{year:4d}{month:2d}{day:2d}")
    assert parse("20261101", own).parsed
    assert list(grammar_of(own).other_spellings("2026111")) == []
