"""Of which cycle an image is, by its tag."""

import pytest

from ldmrelease.domain.product_grammar import AnyGrammar, KindPattern, PatternGrammar
from ldmrelease.domain.tags.cycles import cycle_of_image, numbered

OWN = PatternGrammar(
    (KindPattern("release", "site-{cycle}.{build}"), KindPattern("branch", "{cycle:word}+{n}"))
)


@pytest.mark.parametrize(
    ("tag", "grammar", "cycle"),
    [
        ("c0044.007", "cycle", "c0044"),
        ("c0044", "cycle", "c0044"),
        ("k0003.000", "cycle", "k0003"),
        ("w_2025_09_c0044.007", "rsp", "c0044"),
        ("w_2024_35_k0002.000", "rsp", "k0002"),
        ("recommended_c0044", "rsp", "c0044"),
        ("exp_random_c0027-amd64", "rsp", "c0027"),
        ("w_2025_09_c0044.007", "rubin", "c0044"),
        ("w_2025_09", "rsp", None),
        ("c0044.007", "semver", "c0044"),
        ("1.2.3", "semver", None),
        ("site-44.7", OWN, "c0044"),
        ("latest", "rubin", None),
    ],
)
def test_a_tag_names_its_cycle(tag: str, grammar: AnyGrammar, cycle: str | None) -> None:
    assert cycle_of_image(tag, "{image}", grammar) == cycle


def test_a_tag_is_read_through_the_pattern_of_its_component() -> None:
    assert cycle_of_image("al9-c0044.007", "al9-{image}", "cycle") == "c0044"


@pytest.mark.parametrize(("text", "cycle"), [("44", "c0044"), ("k3", "k0003"), ("x", None)])
def test_a_menu_has_the_number_of_a_cycle(text: str, cycle: str | None) -> None:
    assert numbered(text) == cycle
