"""Selectors of two parts: a change of either half is a change of every image that is made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.composed_selectors import CYCLE, composed_tag, put_together

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
ENVIRONMENT_FILE = "environments/values-summit.yaml"
FILE = "applications/love/values-summit.yaml"
KEY = "love.image.revision"


def cycle(day: int, tag: str | None, previous: str | None = None) -> SettingChange:
    return SettingChange(
        BEGIN + timedelta(days=day),
        "summit",
        "environments",
        CYCLE,
        tag,
        previous,
        str(day),
        ENVIRONMENT_FILE,
    )


def change(
    day: int, key: str, tag: str | None, previous: str | None = None, path: str = FILE
) -> SettingChange:
    return SettingChange(BEGIN + timedelta(days=day), "summit", "love", key, tag, previous, str(day), path)


def told(*changes: SettingChange) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return [
        (each.commit, each.key, each.previous, each.tag, each.part)
        for each in put_together(changes)
        if isinstance(each, SettingChange) and each.key != CYCLE
    ]


def test_parts_are_put_together() -> None:
    assert composed_tag("c0044", "7") == "c0044.007"
    assert composed_tag("c0044", "1234") == "c0044.1234"
    assert composed_tag("c0044", "u-test") == "c0044.u-test"
    assert composed_tag("c0044", None) == "c0044"


def test_a_revision_is_of_the_environments_cycle() -> None:
    assert told(cycle(1, "c0040"), change(2, KEY, "6"), change(3, KEY, "7", "6")) == [
        ("2", KEY, None, "c0040.006", "6"),
        ("3", KEY, "c0040.006", "c0040.007", "7"),
    ]


def test_a_cycle_moves_what_is_made_of_it() -> None:
    assert told(cycle(1, "c0040"), change(2, KEY, "6"), cycle(3, "c0041", "c0040")) == [
        ("2", KEY, None, "c0040.006", "6"),
        ("3", KEY, "c0040.006", "c0041.006", "c0041"),
    ]


def test_both_halves_in_one_commit_are_one_change_in_any_order() -> None:
    rows = [change(3, KEY, "0", "6"), cycle(3, "c0041", "c0040")]
    for each in (rows, rows[::-1]):
        found = told(cycle(1, "c0040"), change(2, KEY, "6"), *each)
        assert found[1:] == [("3", KEY, "c0040.006", "c0041.000", "0")]


def test_without_a_revision_the_cycle_is_meant() -> None:
    found = told(cycle(1, "c0040"), change(2, KEY, "6"), change(3, KEY, None, "6"), cycle(4, "c0041"))
    assert found[1:] == [("3", KEY, "c0040.006", "c0040", None), ("4", KEY, "c0040", "c0041", "c0041")]


def test_a_revision_without_a_cycle_is_what_it_is() -> None:
    assert told(change(2, KEY, "6"), cycle(3, "c0040"), cycle(4, None, "c0040")) == [
        ("2", KEY, None, "6", None),
        ("3", KEY, "6", "c0040.006", "c0040"),
        ("4", KEY, "c0040.006", "6", None),
    ]


def test_another_environments_cycle_is_not_meant() -> None:
    other = SettingChange(
        BEGIN, "base", "environments", CYCLE, "c0040", None, "1", "environments/values-base.yaml"
    )
    assert told(other, change(2, KEY, "6")) == [("2", KEY, None, "6", None)]


def test_removals_of_a_commit_come_first() -> None:
    new, old = "applications/love/values-summit.yaml", "services/love/values-summit.yaml"
    rows = [change(3, "image.tag", "1", None, new), change(3, "image.tag", None, "1", old)]
    assert [each[3] for each in told(*rows)] == [None, "1"]


def test_filters_are_left_out() -> None:
    for key in ("images.num_weeklies", "images.numReleases", "controller.config.images.cycle", "cycle"):
        assert told(change(1, key, "3")) == []
    assert told(change(1, "bicycle", "3"), change(2, "numeral.tag", "3"))


def test_what_could_not_be_read_passes_through() -> None:
    problem = UnreadableChange("t", 3, "no", "1")
    assert next(put_together([problem, change(1, "image.tag", "2")])) == problem
