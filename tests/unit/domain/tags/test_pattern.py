"""A product's image spelling, filled in and read back."""

import pytest

from ldmrelease.domain.tags import image_tag, parse, tag_pattern_match

OLD_STACK = "7-stack-lsst_distrib-{eups}"


@pytest.mark.parametrize(
    ("grammar", "text", "pattern", "filled"),
    [
        ("rubin", "w.2023.16", "al9-{eups}", "al9-w_2023_16"),
        ("rubin", "24.0.0", "al9-{eups}", "al9-v24_0_0"),
        ("rubin", "w.2023.16", OLD_STACK, "7-stack-lsst_distrib-w_2023_16"),
        ("rubin", "24.0.0", "{image}", "r24_0_0"),
        ("rubin", "v15.0.rc1", "{git}", "v15.0.rc1"),
        ("rubin", "w.2023.16", "{git}-as-{eups}", "w.2023.16-as-w_2023_16"),
        ("rsp", "r29_2_0_rsp103-arm64", "{image}", "r29_2_0_rsp103-arm64"),
        ("rsp", "exp_w_2023_16", "{image}", "exp_w_2023_16"),
        ("semver", "v15.2.0-rc.1", "{image}", "v15.2.0-rc.1"),
        ("semver", "15.2.0", "v{git}.slim", "v15.2.0.slim"),
    ],
)
def test_a_pattern_is_filled_in_and_read_back(grammar, text, pattern, filled):
    tag = parse(text, grammar)
    assert image_tag(tag, pattern) == filled
    found = tag_pattern_match(pattern, filled, grammar)
    assert found is not None
    assert (found.kind, found.version, image_tag(found, pattern)) == (tag.kind, tag.version, filled)


@pytest.mark.parametrize(
    ("pattern", "image", "grammar"),
    [
        ("al9-{eups}", "al9-w_2024_32-20240808T123456Z", "rubin"),
        ("al9-{eups}", "al9-w_latest", "rubin"),
        ("al9-{eups}", "al9-d_latest", "rubin"),
        ("al9-{eups}", "al9-o_latest", "rubin"),
        ("al9-{eups}", "al9-w_2026_22_aarch64", "rubin"),
        ("al9-{eups}", "al9-", "rubin"),
        ("al9-{eups}", "w_2024_32", "rubin"),
        ("al9-{eups}", "al8-w_2024_32", "rubin"),
        ("al9-{eups}", "al9-w_2024_32\n", "rubin"),
        # Another spelling than the pattern's is another tag.
        ("al9-{eups}", "al9-w.2024.32", "rubin"),
        ("al9-{eups}", "al9-24.0.0", "rubin"),
        ("{git}", "v24_0_0", "rubin"),
        ("{git}-{eups}", "w.2023.16-w_2023_17", "rubin"),
        ("{image}", "w_2023_16-20230420101010", "rsp"),
        ("{image}", "w_latest", "rsp"),
        ("{image}", "latest_weekly", "rsp"),
        ("{image}", "sha256-0123.att", "rsp"),
        ("{eups}", "exp_w_2023_16", "rsp"),
        ("{image}", "latest", "semver"),
        ("1.{image}", "1x1.2.3", "semver"),
    ],
)
def test_what_is_beside_the_releases_in_a_registry_is_ignored(pattern, image, grammar):
    assert tag_pattern_match(pattern, image, grammar) is None


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("al9-{tag}", r"unknown field \{tag\}.*known: git, eups, image"),
        ("al9-{}", r"unknown field \{\}"),
        ("{eups.__class__}", r"unknown field \{eups.__class__\}"),
        ("al9", "names no field"),
        ("{eups}-{", "a brace without its partner"),
        ("{{eups}}", "a brace without its partner"),
    ],
)
def test_a_faulty_pattern_is_named(pattern, fault):
    with pytest.raises(ValueError, match=fault):
        image_tag(parse("24.0.0", "rubin"), pattern)
    with pytest.raises(ValueError, match=fault):
        tag_pattern_match(pattern, "al9-v24_0_0", "rubin")


def test_a_spelling_that_the_tag_lacks_is_named():
    with pytest.raises(ValueError, match="'exp_x' has no eups spelling"):
        image_tag(parse("exp_x", "rsp"), "al9-{eups}")


def test_the_grammar_may_be_given_by_name_only_if_there_is_one():
    with pytest.raises(ValueError, match="calver"):
        tag_pattern_match("{image}", "1.0.0", "calver")
