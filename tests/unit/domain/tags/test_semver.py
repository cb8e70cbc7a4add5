"""The semver grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import Kind, Tag, parse


def semver(text: str) -> Tag:
    return parse(text, "semver")


def test_a_release():
    assert semver("v15.2.0").fields() == {
        "input": "v15.2.0",
        "grammar": "semver",
        "parsed": True,
        "kind": "release",
        "git": "v15.2.0",
        "eups": None,
        "image": "v15.2.0",
        "version": [15, 2, 0, None],
        "cycle": None,
        "cycle_build": None,
        "rsp": None,
        "extra": None,
        "architecture": None,
        "display_name": "Release 15.2.0",
    }


def test_a_pre_release_is_a_candidate():
    tag = semver("15.2.0-rc.1")
    assert (tag.kind, tag.version) == (Kind.candidate, (15, 2, 0, "rc.1"))
    assert tag.display_name == "Release Candidate 15.2.0-rc.1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("15.2.0+build", "build metadata (+) is illegal in an image tag"),
        ("1.2.3-rc.1+7", "build metadata (+) is illegal in an image tag"),
        ("01.2.3", "a number is padded with zeros"),
        ("v1.02.3", "a number is padded with zeros"),
        ("1.2.3-rc.01", "a number is padded with zeros"),
        ("1.2", "a semantic version has major, minor and patch"),
        ("v3", "a semantic version has major, minor and patch"),
        ("V1.2.3", "fits no form of the semver grammar"),
        ("1.2.3.4", "fits no form of the semver grammar"),
        ("vv1.2.3", "fits no form of the semver grammar"),
        ("main", "fits no form of the semver grammar"),
        ("1.2.3\n", "an image tag holds only"),
        ("\u0661.2.3", "an image tag holds only"),
        ("", "a tag is not empty"),
        pytest.param("1.0." + "9" * 5000, "an image tag has at most 128 characters", id="5000 digits"),
        (f"1.0.{10**15}", "a number has more than 15 digits"),
        (f"v{10**15}.0.0", "a number has more than 15 digits"),
        (f"1.0.0-{10**15}", "a number has more than 15 digits"),
    ],
)
def test_not_a_version(text: str, reason: str):
    tag = semver(text)
    assert (tag.parsed, tag.kind, tag.display_name) == (False, Kind.unknown, text)
    assert (tag.git, tag.image, tag.version) == (None, None, None)
    assert tag.reason is not None
    assert reason in tag.reason


def test_a_zero_before_letters_is_no_padding():
    assert semver("1.2.3-0a").parsed


def test_an_alias_of_a_versioned_product():
    assert parse("stable", "semver", ["stable"]).kind is Kind.alias


@given(st.tuples(*[st.integers(0, 10**15 - 1)] * 3), st.sampled_from(["", "-rc1", "-alpha.2.x-y", "-0"]))
def test_a_version_is_its_own_spelling(numbers: tuple[int, int, int], pre_release: str):
    text = "{}.{}.{}".format(*numbers) + pre_release
    tag = semver(text)
    assert tag.git == tag.image == text
    assert tag.version == (*numbers, pre_release[1:] or None)
