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


DAY = timedelta(days=1)


def noticed(*intervals: Interval, requested: datetime | None) -> Finding:
    known = facts(windows={"it": intervals}, requested=requested)
    return judge("window", known, NOW, start="15:00", end="16:00", zone="UTC", notice=24 * 3600)


def test_a_request_starts_the_notice() -> None:
    finding = noticed(Interval(NOW - HOUR, NOW + 30 * HOUR), requested=NOW - 20 * HOUR)
    assert both(finding) == ("pending", "notice")
    assert (finding.when, finding.next) == (NOW + 4 * HOUR, ())


def test_once_the_notice_is_over_the_window_is_open() -> None:
    assert both(noticed(Interval(NOW - HOUR, NOW + HOUR), requested=NOW - DAY)) == ("satisfied", "open")


def test_without_a_request_the_notice_would_begin_now() -> None:
    finding = noticed(
        Interval(NOW - HOUR, NOW + HOUR), Interval(NOW + 9 * DAY, NOW + 10 * DAY), requested=None
    )
    assert both(finding) == ("pending", "notice")
    assert finding.when == NOW + 9 * DAY
    assert finding.next == ("ldmrelease", "request", "w.2023.16", "--target", "summit/nublado")


def test_a_window_that_ends_before_the_notice_is_passed_over() -> None:
    finding = noticed(
        Interval(NOW + HOUR, NOW + 2 * HOUR), Interval(NOW + 5 * DAY, NOW + 6 * DAY), requested=NOW
    )
    assert both(finding) == ("pending", "closed")
    assert finding.when == NOW + 5 * DAY
