"""What differs between two policies, clause by clause, and in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.answers.sentences.policy_changes import policy_change_words
from ldmrelease.domain.level import Additions, Ask, Level, Requirement, Unmanaged
from ldmrelease.policy.comparison import compare_policies

SOAK = Requirement("soak", "after", {"level": "dev", "for_": 7200}, waivable_by=("manager",))
SMOKE = Requirement("smoke", "check", {"check": "smoke", "max_age": 3600})
ONE = Level("one", 1, "sha256:" + "1" * 64, ("release",), (SOAK,), (SMOKE,), availability=3600)


def words(**changes: Any) -> list[str]:
    return [
        policy_change_words(each) for each in compare_policies({"one": ONE}, {"one": replace(ONE, **changes)})
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"version": 2, "digest": "sha256:" + "2" * 64, "source": "elsewhere"}, []),
        ({"accepts": ("weekly",)}, ["one: accepts now weekly too, no longer release"]),
        ({"excludes": ("moving",)}, ["one: excludes now moving too"]),
        ({"availability": None}, ["one: availability 1h -> nothing"]),
        ({"ask": Ask.ALWAYS}, ["one: ask never -> always"]),
        ({"unmanaged": Unmanaged.REFUSED}, ["one: unmanaged listed -> refused"]),
        (
            {"enter": (replace(SOAK, parameters={"level": "dev", "for_": 60}),)},
            ["one: soak: for 2h -> 1m"],
        ),
        (
            {"enter": (replace(SOAK, parameters={"level": "dev"}, waivable_by=()),)},
            ["one: soak: for 2h -> nothing", "one: soak: waivable-by no longer manager"],
        ),
        (
            {"enter": (replace(SOAK, enforce_from=datetime(2024, 1, 1, tzinfo=UTC)),)},
            ["one: soak: enforce-from nothing -> 2024-01-01T00:00:00Z"],
        ),
        (
            {"enter": (SOAK, SMOKE), "confirm": ()},
            [
                "one: smoke is asked before it enters: The latest run of the check smoke about the release passed,"
                " at most 1h ago.",
                "one: smoke is no longer asked after it runs there: The latest run of the check smoke about the"
                " release passed, at most 1h ago.",
            ],
        ),
        (
            {"environments": {"summit": Additions(excludes=("candidate",))}},
            ["one in summit: excludes now candidate too"],
        ),
    ],
)
def test_what_changed_is_told_and_what_is_only_written_otherwise_is_not(
    changes: dict[str, Any], told: list[str]
) -> None:
    assert words(**changes) == told


def test_another_rule_is_another_requirement() -> None:
    other = Requirement("soak", "not-returned")
    assert words(enter=(other,)) == [
        "one: soak is no longer asked before it enters: The release ran in an environment of level dev for 2h"
        " without a gap, observed.",
        "one: soak is asked before it enters: The place did not run the release before and replace it; `rollback`"
        " is the way back.",
    ]


def test_levels_come_and_go() -> None:
    gone = compare_policies({"one": ONE}, {"two": replace(ONE, name="two")})
    assert list(map(policy_change_words, gone)) == ["one: the level is removed", "two: the level is added"]
