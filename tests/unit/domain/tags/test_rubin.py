"""The rubin grammar: the science pipelines in git, EUPS and image spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import Kind, Tag, parse


def rubin(text: str) -> Tag:
    return parse(text, "rubin")


@pytest.mark.parametrize(
    ("text", "kind", "git", "eups", "image", "version"),
    [
        ("w.2023.16", "weekly", "w.2023.16", "w_2023_16", "w_2023_16", (2023, 16, 0, None)),
        ("w_2023_16", "weekly", "w.2023.16", "w_2023_16", "w_2023_16", (2023, 16, 0, None)),
        ("w.2017.1", "weekly", "w.2017.1", "w_2017_1", "w_2017_1", (2017, 1, 0, None)),
        ("w_2022_53", "weekly", "w.2022.53", "w_2022_53", "w_2022_53", (2022, 53, 0, None)),
        ("d.2023.04.22", "daily", "d.2023.04.22", "d_2023_04_22", "d_2023_04_22", (2023, 4, 22, None)),
        ("d_2023_04_22", "daily", "d.2023.04.22", "d_2023_04_22", "d_2023_04_22", (2023, 4, 22, None)),
        ("24.0.0", "release", "24.0.0", "v24_0_0", "r24_0_0", (24, 0, 0, None)),
        ("v24.0.0", "release", "v24.0.0", "v24_0_0", "r24_0_0", (24, 0, 0, None)),
        ("v30.0.2", "release", "v30.0.2", "v30_0_2", "r30_0_2", (30, 0, 2, None)),
        ("v24_0_0", "release", "24.0.0", "v24_0_0", "r24_0_0", (24, 0, 0, None)),
        ("r24_0_0", "release", "24.0.0", "v24_0_0", "r24_0_0", (24, 0, 0, None)),
        ("17.0", "release", "17.0", "v17_0", "r17_0", (17, 0, 0, None)),
        ("v24.0.0.rc1", "candidate", "v24.0.0.rc1", "v24_0_0_rc1", "r24_0_0_rc1", (24, 0, 0, "rc1")),
        ("v24_0_0_rc1", "candidate", "v24.0.0.rc1", "v24_0_0_rc1", "r24_0_0_rc1", (24, 0, 0, "rc1")),
        ("r24_0_0_rc1", "candidate", "v24.0.0.rc1", "v24_0_0_rc1", "r24_0_0_rc1", (24, 0, 0, "rc1")),
        ("v15.0.rc1", "candidate", "v15.0.rc1", "v15_0_rc1", "r15_0_rc1", (15, 0, 0, "rc1")),
    ],
)
def test_spellings(text, kind, git, eups, image, version):
    tag = rubin(text)
    assert (tag.parsed, tag.kind, tag.git, tag.eups, tag.image) == (True, kind, git, eups, image)
    assert tag.version == version
    assert tag.reason is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("24.0.0.rc1", "the git tag of a candidate starts with v"),
        ("24_0_0", "an EUPS tag starts with a letter"),
        ("r24.0.0", "dots in place of underscores in an image tag"),
        ("r24_0", "an image tag has major, minor and patch"),
        ("v24_0.0", "fits no form"),
        ("w.2023_16", "fits no form"),
        ("v24.0.0-rc1", "fits no form"),
        ("024.0.0", "fits no form"),
        ("w_2023_16_rsp2", "fits no form"),
        ("w_2026_22_aarch64", "fits no form"),
        ("c0029.000x", "fits no form"),
        ("c0029.000\n", "fits no form"),
        ("w_latest", "a moving tag names no release"),
        ("d_latest", "a moving tag names no release"),
        ("o_latest", "a moving tag names no release"),
        ("w.2023.54", "no year has a week 54"),
        ("d.2023.02.30", "2023-02-30 is not a date"),
        ("w.2023.16\n", "fits no form"),
        ("24.0.0\n", "fits no form"),
        ("\u0662\u0664.0.0", "fits no form"),
        ("24", "fits no form"),
        ("", "fits no form"),
        pytest.param("9" * 5000 + ".0.0", "fits no form", id="5000 digits"),
        (f"{10**15}.0.0", "fits no form"),
    ],
)
def test_not_a_tag_of_the_stack(text: str, reason: str):
    tag = rubin(text)
    assert (tag.parsed, tag.kind, tag.display_name, tag.version) == (False, Kind.unknown, text, None)
    assert (tag.git, tag.eups, tag.image) == (None, None, None)
    assert (tag.cycle, tag.extra) == (None, None)
    assert tag.reason is not None
    assert reason in tag.reason


@pytest.mark.parametrize(
    ("text", "cycle", "build", "extra"), [("c0029.000", 29, 0, None), ("k0001.000", None, None, "k0001.000")]
)
def test_a_summit_cycle_is_no_release_of_the_stack(text, cycle, build, extra):
    tag = rubin(text)
    assert (tag.parsed, tag.kind) == (False, Kind.unknown)
    assert (tag.cycle, tag.cycle_build, tag.extra) == (cycle, build, extra)
    assert tag.reason == "a summit cycle names no release of the stack"


def test_display_names_are_those_of_the_notebook_menu():
    shown = [rubin(text).display_name for text in ("w.2023.16", "d.2023.04.22", "24.0.0", "v15.0.rc1")]
    assert shown == ["Weekly 2023_16", "Daily 2023_04_22", "Release r24.0.0", "Release Candidate r15.0.0-rc1"]


numbers = st.integers(0, 10**15 - 1).map(str)
dotted = st.lists(numbers, min_size=2, max_size=3).map(".".join)
weeks = st.integers(1, 53)
git_tags = st.one_of(
    st.builds("w.{:04}.{:02}".format, st.integers(0, 9999), weeks),
    st.builds("w.{:04}.{}".format, st.integers(0, 9999), weeks),
    st.dates().map(lambda day: f"d.{day.year:04}.{day.month:02}.{day.day:02}"),
    dotted,
    dotted.map("v{}".format),
    st.builds("v{}.rc{}".format, dotted, numbers),
)


@given(git_tags)
def test_a_git_tag_is_its_own_git_spelling(text: str):
    tag = rubin(text)
    assert tag.git == text
    assert rubin(tag.git) == tag


@given(git_tags)
def test_an_eups_tag_is_its_own_eups_spelling(text: str):
    prefix = "v" if text[0].isdigit() else ""
    eups = prefix + text.replace(".", "_")
    assert rubin(text).eups == eups
    assert rubin(eups).eups == eups


@given(git_tags)
def test_the_git_spelling_guessed_from_eups_is_right_but_for_the_v(text: str):
    guess = rubin(rubin(text).eups or "")
    assert guess.git == (text.removeprefix("v") if guess.kind is Kind.release else text)
    assert guess.version == rubin(text).version


@given(git_tags)
def test_the_image_spelling_of_a_three_part_version_is_a_notebook_image(text: str):
    tag = rubin(text)
    image = parse(tag.image or "", "rsp")
    numbered = tag.kind in (Kind.release, Kind.candidate)
    two_part = numbered and text.partition(".rc")[0].count(".") == 1
    assert image.parsed is not two_part
    if not two_part:
        assert (image.kind, image.version, image.eups) == (tag.kind, tag.version, tag.eups)
