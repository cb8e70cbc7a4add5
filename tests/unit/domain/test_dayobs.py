"""Nights: noon to noon UTC, whatever zone a moment is given in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.dayobs import dayobs_of, night


def test_a_night_runs_from_noon_to_noon() -> None:
    assert night("20230421") == (
        datetime(2023, 4, 21, 12, tzinfo=UTC),
        datetime(2023, 4, 22, 12, tzinfo=UTC),
    )


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_lies_within_its_night(moment: datetime) -> None:
    begin, end = night(dayobs_of(moment))
    assert begin <= moment < end


def test_the_zone_of_a_moment_does_not_matter() -> None:
    chile = timezone(timedelta(hours=-4))
    assert dayobs_of(datetime(2023, 4, 22, 7, 59, tzinfo=chile)) == "20230421"
    assert dayobs_of(datetime(2023, 4, 22, 8, 0, tzinfo=chile)) == "20230422"


@pytest.mark.parametrize(
    "text", ["", "2023-04-21", "20230431", "2023042", "202304211", "٢٠٢٣٠٤٢١", "99991231"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a night"):
        night(text)
