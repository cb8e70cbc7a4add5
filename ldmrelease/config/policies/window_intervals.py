"""Windows of time, resolved with the tz database: a decision sees UTC intervals only (design section 5)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ldmrelease.domain.facts import Interval
from ldmrelease.domain.level import Requirement

_BEFORE = timedelta(days=31)
_BEYOND = timedelta(days=93)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def windows(requirement: Requirement, around: datetime) -> tuple[Interval, ...]:
    """When a requirement of rule `window` is open, from a month before a moment to three months after it."""
    parameters = requirement.parameters
    zone = ZoneInfo(parameters["zone"])
    start, end = time.fromisoformat(parameters["start"]), time.fromisoformat(parameters["end"])
    over_midnight = timedelta(days=1 if end <= start else 0)
    found = (
        Interval(_instant(day, start, zone), _instant(day + over_midnight, end, zone))
        for day in _days((around - _BEFORE).date(), (around + _BEYOND).date())
        if _opens(day, parameters.get("weekday"), parameters.get("week_of_month"))
    )
    # A day that a zone skips (Apia, 2011-12-30) begins when the next one does.
    return tuple({each.start: each for each in found if each.start < each.end}.values())


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _opens(day: date, weekday: str | None, week_of_month: int | None) -> bool:
    if weekday is not None and _WEEKDAYS[day.weekday()] != weekday:
        return False
    return week_of_month is None or (day.day - 1) // 7 + 1 == week_of_month


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    # A local time that the clocks skip or repeat is read as before the change (PEP 495, fold 0).
    return datetime.combine(day, clock, zone).astimezone(UTC)
