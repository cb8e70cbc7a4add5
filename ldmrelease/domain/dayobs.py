"""Nights: a day of observing (`dayobs`) runs from noon to noon UTC, and is named after its first day."""

import re
from datetime import UTC, datetime, timedelta

_NIGHT = re.compile(r"\d{8}", re.ASCII)


def night(dayobs: str) -> tuple[datetime, datetime]:
    """The interval of a night `20230421`: from noon of that day, included, to noon of the next one, left out.

    Raises `ValueError` where it is not the day of a calendar.
    """
    if _NIGHT.fullmatch(dayobs) is None:
        raise ValueError(f"{dayobs!r} is not a night; write it like 20230421")
    try:
        begin = datetime(int(dayobs[:4]), int(dayobs[4:6]), int(dayobs[6:]), 12, tzinfo=UTC)
        return begin, begin + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ValueError(f"{dayobs!r} is not a night: the calendar has no such day") from None


def dayobs_of(moment: datetime) -> str:
    """The night that a moment belongs to, `20230421`."""
    return f"{moment.astimezone(UTC) - timedelta(hours=12):%Y%m%d}"
