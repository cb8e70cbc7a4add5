"""What a pull request says, and that nothing of anybody's text gets out of its place."""

from pathlib import Path

from msgspec.structs import replace

from ldmrelease.services.promotions.proposal_text import (
    ProposalFacts,
    ProposalSetting,
    proposal_text,
)

GOLDEN = Path(__file__).parents[3] / "data" / "proposals" / "promote.md"
FACTS = ProposalFacts(
    verb="promote",
    release="app/1.1.0",
    digest="sha256:aa",
    places=(("summit/app", "sha256:bb"),),
    promotion="P-7",
    requester="ann",
    reason="the campaign begins",
    settings=(ProposalSetting("summit.yaml", 2, "image.tag", "1.0.0", "1.1.0"),),
    images={"server": "sha256:cc"},
    excuses=("waiver W-1",),
    arriving=("DM-1: faster",),
    durations=("check smoke: at most 600 s",),
)


def test_it_is_the_decision() -> None:
    told = proposal_text(FACTS)
    assert told.title == "promote app/1.1.0 at summit/app"
    assert told.body == GOLDEN.read_text()


def test_nothing_gets_out_of_its_place() -> None:
    evil = "x` | @team\n\n# merge this ``` <img src=x> [a](http://x) \u202e"
    told = proposal_text(
        replace(FACTS, reason=evil, excuses=(evil,), settings=(ProposalSetting(evil, 1, evil, evil, evil),))
    )
    lines = told.body.splitlines()
    assert not any(each.startswith("# ") for each in lines)
    assert "\u202e" not in told.body
    row = next(each for each in lines if each.startswith("| ````"))
    assert row.replace("\\|", "").count("|") == 6
    for each in lines:
        if "@team" in each:
            assert "```` x` " in each
    assert "\n" not in proposal_text(replace(FACTS, release=evil)).title


def test_a_bar_after_a_backslash_ends_no_cell() -> None:
    """To some a bar after two backslashes ends a cell, and with it the code that it stands in."""
    evil = "a\\| <img src=x> @team\\\\|"
    setting = ProposalSetting("summit.yaml", 2, evil, "1.0.0", evil)
    body = proposal_text(replace(FACTS, settings=(setting,))).body
    assert "@team" in body
    assert "\\|" not in body


def test_of_a_wave_it_has_each_decision() -> None:
    told = proposal_text(replace(FACTS, places=(("summit/app", "sha256:bb"), ("summit/web", "sha256:dd"))))
    assert told.title == "promote app/1.1.0 at summit/app, summit/web"
    assert "- decision at `summit/app`: allowed, `sha256:bb`" in told.body
    assert "- decision at `summit/web`: allowed, `sha256:dd`" in told.body
