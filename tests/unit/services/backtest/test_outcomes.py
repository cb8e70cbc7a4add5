"""What a history says of its own changes, thirty days later."""

from __future__ import annotations

import pytest

from ldmrelease.services.backtest.outcomes import DAYS, Fate
from tests.unit.services.backtest.histories import Story, of

DAY = 24.0
MENU = "controller.config.images.recommendedTag"


def fate(
    where: str, before: str | None, tag: str | None, days: float, after: str | None, key: str = "image.tag"
) -> Fate:
    """What became of the change from `before` to `tag`, where `after` stood `days` later."""
    story = Story()
    if before is not None:
        story.one("before", 0, where, before, key)
    story.one("change", DAY, where, tag, key)
    story.one("after", DAY * (1 + days), where, after, key)
    story.later()
    ((_, became),) = of(story.replayed(), "change")
    assert (became.by == "after") == (became.fate not in (Fate.GOOD, Fate.OPEN, Fate.MOVED))
    return became.fate


@pytest.mark.parametrize(
    ("where", "before", "tag", "days", "after", "expected"),
    [
        ("base/tap", "1.0.0", "1.1.0", 1, "1.0.0", Fate.MISTAKE),
        ("base/tap", "1.0.0", "1.1.0", DAYS, "1.0.0", Fate.MISTAKE),
        ("base/tap", "1.0.0", "1.1.0", DAYS + 1, "1.0.0", Fate.GOOD),
        ("base/tap", "1.0.0", "1.1.0", 1, "1.2.0", Fate.GOOD),
        ("base/tap", None, "1.1.0", 1, None, Fate.WITHDRAWN),
        ("base/tap", "1.0.0", None, 1, "1.0.0", Fate.RESTORED),
        ("idfdev/tap", "1.0.0", "tickets-DM-1", 1, "1.0.0", Fate.TRIAL),
        ("base/tap", "1.0.0", "tickets-DM-1", 1, "1.0.0", Fate.MISTAKE),
        ("base/tap", "1.0.0", "1.0.0", 1, "1.1.0", Fate.MOVED),
    ],
)
def test_a_change_that_was_taken_back(
    where: str, before: str | None, tag: str | None, days: float, after: str | None, expected: Fate
) -> None:
    assert fate(where, before, tag, days, after) is expected


def test_a_literal_tag_in_place_of_a_menus_name_is_a_trial_and_another_name_is_not() -> None:
    assert fate("base/nublado", "recommended", "w_2025_30", 10, "recommended", MENU) is Fate.TRIAL
    assert (
        fate("base/nublado", "recommended_c0044", "recommended_c0043", 1, "recommended_c0044", MENU)
        is Fate.MISTAKE
    )


def test_what_the_history_is_too_short_for_is_open() -> None:
    story = Story()
    story.one("a", 0, "base/tap", "1.0.0")
    story.one("b", DAY * DAYS + 1, "base/tap", "1.1.0")
    assert [became.fate for _, became in story.replayed().judged] == [Fate.GOOD, Fate.OPEN]


def test_an_empty_history_has_no_outcomes() -> None:
    assert Story().replayed().judged == ()


def test_a_change_that_a_mistake_took_back_is_no_mistake_itself() -> None:
    story = Story()
    for number, tag in enumerate(("1.0.0", "1.1.0", "1.0.0", "1.1.0")):
        story.one(f"c{number}", number * DAY, "base/tap", tag)
    story.later()
    fates = [
        became.fate
        for change, became in story.replayed().judged
        if change.change.commit in ("c1", "c2", "c3")
    ]
    assert fates == [Fate.GOOD, Fate.MISTAKE, Fate.GOOD]
