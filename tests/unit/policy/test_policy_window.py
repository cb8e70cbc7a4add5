"""`window` reads intervals in UTC; time zones were resolved before."""

from datetime import datetime, timedelta

import pytest

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import Interval
from tests.unit.policy.policy_facts import NOW, ago, facts, judge

HOUR = timedelta(hours=1)


def look(*intervals: Interval, now: datetime = NOW, name: str = "it") -> Finding:
    known = facts(windows={name: intervals})
    return judge("window", known, now, weekday="thursday", start="15:00", end="16:00", zone="UTC")


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW - timedelta(seconds=1), ("pending", "closed")),
        (NOW, ("satisfied", "open")),
        (NOW + HOUR - timedelta(seconds=1), ("satisfied", "open")),
        (NOW + HOUR, ("errored", "no-interval")),
    ],
)
def test_it_is_open_from_its_start_until_just_before_its_end(
    now: datetime, expected: tuple[str, str]
) -> None:
    assert both(look(Interval(NOW, NOW + HOUR), now=now)) == expected


def test_inside_it_holds_until_the_end() -> None:
    finding = look(Interval(ago(60), NOW + HOUR), Interval(ago(60), NOW + 2 * HOUR))
    assert finding.until == NOW + 2 * HOUR
    assert finding.values == {"zone": "UTC", "start": "2023-04-21T17:59:00Z", "end": "2023-04-21T20:00:00Z"}


def test_outside_it_waits_for_the_next_start() -> None:
    finding = look(Interval(NOW + 9 * HOUR, NOW + 10 * HOUR), Interval(NOW + HOUR, NOW + 2 * HOUR))
    assert both(finding) == ("pending", "closed")
    assert finding.when == NOW + HOUR


def test_no_interval_or_that_of_another_requirement_is_errored() -> None:
    assert both(look()) == ("errored", "no-interval")
    assert both(look(Interval(ago(60), NOW + HOUR), name="other")) == ("errored", "no-interval")
