"""What rests on a key is listed: what would stop counting, and what runs by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ldmrelease.domain.times import spell
from tests.workspace import PLACE, WEEKLY, Site


@pytest.fixture
def promoted(ready: Site) -> Site:
    ready.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    return ready


def impact(site: Site, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.ok("trust", "impact", *words, "--output", "json"))
    return found


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("receipts-development", "receipt"),
        ("runner", "statement"),
        ("me", "release.pinned"),
        ("observer", "observation.made"),
    ],
)
def test_what_runs_by_what_a_key_has_signed_is_listed(promoted: Site, key: str, kind: str) -> None:
    found = impact(promoted, key)
    assert found["number"] > 0
    assert kind in {each["kind"] for each in found["signed"]}, found["signed"]
    places = {(each["place"], each["release"]) for each in found["running"] if kind in each["kinds"]}
    assert (PLACE, f"stack/{WEEKLY}") in places


def test_what_came_before_the_key_was_compromised_still_counts(promoted: Site) -> None:
    later = spell(promoted.now)
    before = impact(promoted, "receipts-development")["number"]
    promoted.advance(hours=1)
    promoted.ok(
        "trust", "revoke", "receipts-development", "--compromised-since", spell(promoted.now), "--yes"
    )
    found = impact(promoted, "receipts-development")
    assert (found["number"], found["since"]) == (0, spell(promoted.now))
    assert impact(promoted, "receipts-development", "--since", later)["number"] == before


def test_a_key_that_has_signed_nothing_holds_nothing_up(promoted: Site) -> None:
    assert impact(promoted, "ci")["number"] == 0
    assert "nothing rests on it" in promoted.ok("trust", "impact", "ci")
    unknown = promoted.run("trust", "impact", "cj")
    assert unknown.exit_code == 2
    assert "known are bridge, ci," in unknown.stderr


def test_it_is_told_by_place_and_release(promoted: Site) -> None:
    told = promoted.ok("trust", "impact", "receipts-development")
    assert "would stop counting:" in told
    assert f"receipt  stack/{WEEKLY} {PLACE}" in told
    assert "runs, and rests on it:" in told
