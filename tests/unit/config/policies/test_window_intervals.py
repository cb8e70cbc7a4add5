"""Windows of time become UTC intervals, through the changes of the clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.config.policies.window_intervals import windows
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.level import Requirement


def window(**parameters: Any) -> Requirement:
    return Requirement("hours", "window", {"start": "13:00", "end": "15:00", "zone": "UTC", **parameters})


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


AROUND = utc(2023, 4, 21, 18)


def test_thursday_afternoon_in_california_is_an_hour_earlier_in_summer():
    found = windows(
        window(weekday="thursday", start="15:00", end="16:00", zone="America/Los_Angeles"), utc(2023, 3, 20)
    )
    assert Interval(utc(2023, 3, 9, 23), utc(2023, 3, 10, 0)) in found
    assert Interval(utc(2023, 3, 16, 22), utc(2023, 3, 16, 23)) in found
    assert len({each.start.date() for each in found}) == len(found) >= 17


def test_the_first_wednesday_of_each_month_in_chile():
    found = windows(window(weekday="wednesday", week_of_month=1, zone="America/Santiago"), AROUND)
    assert [each.start for each in found] == [
        utc(2023, 4, 5, 17),
        utc(2023, 5, 3, 17),
        utc(2023, 6, 7, 17),
        utc(2023, 7, 5, 17),
    ]


def test_a_window_over_midnight_ends_on_the_next_day():
    assert Interval(utc(2023, 4, 21, 22), utc(2023, 4, 22, 2)) in windows(
        window(start="22:00", end="02:00"), AROUND
    )


def test_a_window_that_ends_as_it_starts_is_open_all_day():
    found = windows(window(start="00:00", end="00:00"), AROUND)
    assert all(one.end == other.start for one, other in pairwise(found))


def test_the_clocks_change_inside_of_a_window():
    found = windows(
        window(weekday="sunday", start="00:00", end="06:00", zone="America/Los_Angeles"), utc(2023, 3, 20)
    )
    assert next(each.end - each.start for each in found if each.start == utc(2023, 3, 12, 8)) == timedelta(
        hours=5
    )


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(
        ["UTC", "America/Santiago", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia"]
    ),
    st.sampled_from([("00:00", "00:00"), ("13:00", "15:00"), ("22:00", "02:00")]),
)
def test_intervals_are_utc_ordered_and_span_a_month_back_and_three_ahead(around, zone, hours):
    found = windows(window(start=hours[0], end=hours[1], zone=zone), around)
    assert all(each.start.tzinfo is UTC and each.end.tzinfo is UTC for each in found)
    assert all(one.start < other.start for one, other in pairwise(found))
    assert found[0].start < around - timedelta(days=29)
    assert found[-1].end > around + timedelta(days=90)
