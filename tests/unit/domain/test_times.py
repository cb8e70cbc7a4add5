"""Times as others write them: read as whole seconds UTC, or refused as no time."""

import pytest

from ldmrelease.domain import times


def test_a_time_with_its_zone_is_read_in_utc():
    assert times.spell(times.instant("2023-04-20T23:30:00.9-02:00")) == "2023-04-21T01:30:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2023-04-20T00:00:00",
        "2023-04-20T00:00:60Z",
        "x",
        "",
    ],
)
def test_what_is_no_time_is_refused_by_a_value_error(text: str):
    """Whoever reads statements and histories of others knows no other error: one line may not end all."""
    with pytest.raises(ValueError, match=r"write it like|no calendar|no zone"):
        times.instant(text)
