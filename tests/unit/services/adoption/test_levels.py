"""Levels of environments by what they are called."""

import pytest

from ldmrelease.services.adoption.levels import level_of


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("dev", "development"),
        ("idfdev", "development"),
        ("integration", "development"),
        ("nonprod", "development"),
        ("qa", "development"),
        ("staging", "commissioning"),
        ("pre-prod", "commissioning"),
        ("roundtable-prod", "production"),
        ("production", "production"),
    ],
)
def test_a_word_in_the_name_says_the_level(name: str, level: str) -> None:
    found = level_of(name, of_rubin=False, asked={})
    assert (found.level, found.known) == (level, True)
    assert "is in its name" in found.reason


def test_sites_of_the_observatory_are_known_in_its_own_tree_alone() -> None:
    assert level_of("summit", of_rubin=True, asked={}).level == "commissioning"
    assert level_of("tucson-teststand", of_rubin=True, asked={}).level == "development"
    elsewhere = level_of("summit", of_rubin=False, asked={})
    assert (elsewhere.level, elsewhere.known) == ("development", False)
    assert "until you say otherwise" in elsewhere.reason


def test_what_somebody_says_wins() -> None:
    assert level_of("idfdev", of_rubin=True, asked={"idfdev": "production"}).level == "production"
