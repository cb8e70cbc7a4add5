"""Grammars told from tags."""

import pytest

from ldmrelease.domain.product_grammar import PatternGrammar
from ldmrelease.domain.tags import parse
from ldmrelease.services.adoption.grammars import choose_grammar


@pytest.mark.parametrize(
    ("tags", "grammar", "spelling"),
    [
        (["c0044", "c0044.007"], "cycle", None),
        (["w_2026_05", "r30_0_0_rsp3"], "rsp", None),
        (["1.2.3", "v2.0.0-rc.1"], "semver", None),
        (["al9-w_2025_12"], "rubin", "al9-{eups}"),
    ],
)
def test_ours_where_all_tags_are_of_it(tags: list[str], grammar: str, spelling: str | None) -> None:
    found = choose_grammar(tags)
    assert found is not None
    assert (found.grammar, found.spelling, found.unread) == (grammar, spelling, ())


@pytest.mark.parametrize(
    ("tags", "kinds"),
    [
        (["1.2.3", "main"], {"1.2.3": "release", "main": "moving", "1.2.4": "release"}),
        (
            ["tickets-DM-1", "2.0.0"],
            {"tickets-DM-1": "branch", "tickets-DM-77b": "branch", "2.0.0": "release"},
        ),
        (["2025.10"], {"2025.10": "release", "2026.1": "release"}),
        (["2026-03-17"], {"2026-03-17": "release", "2026-04-01": "release"}),
        (["server-4.2.0", "w_2025_38"], {"server-4.2.1": "release", "w_2025_39": "weekly"}),
    ],
)
def test_else_patterns_that_read_them_and_their_like(tags: list[str], kinds: dict[str, str]) -> None:
    found = choose_grammar(tags)
    assert found is not None
    assert isinstance(found.grammar, PatternGrammar)
    assert found.unread == ()
    assert {each: str(parse(each, found.grammar).kind) for each in kinds} == kinds


def test_what_only_moves_gets_a_release_to_move_to() -> None:
    found = choose_grammar(["latest"])
    assert found is not None
    assert str(parse("1.0.0", found.grammar).kind) == "release"


def test_what_says_nothing_is_told() -> None:
    assert choose_grammar(["?"]) is None
    found = choose_grammar(["1.2.3", "0x_%"])
    assert found is not None
    assert found.unread == ("0x_%",)
