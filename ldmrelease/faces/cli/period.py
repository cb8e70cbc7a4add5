"""From when to when a report is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from ldmrelease.domain.times import instant, seconds, whole
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.past_options import without_zone
from ldmrelease.services.reports.stretches import Period

SinceOption = Annotated[
    str,
    typer.Option("--since", metavar="TIME", help="How long back, like 90d, or from when, like 2023-04-01."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Until when, spelled as --since; else until now."),
]


_SPELLED = "write it like 90d, 2023-04-01 or 2023-04-01T12:00:00Z"


def asked_period(since: str, until: str | None, now: datetime) -> Period:
    """The period that was asked for, which ends now at the latest. Raises `UsageError`."""
    end = now if until is None else min(_moment("--until", until, now), now)
    begin = _moment("--since", since, now)
    if begin >= end:
        raise UsageError(f"--since {since} is not before the end of the report", "go further back")
    return Period(begin, end, closed=end == now)


def _moment(option: str, text: str, now: datetime) -> datetime:
    """A duration before now, a day (its midnight, UTC), or a time. Raises `UsageError`."""
    readings: tuple[Callable[[], datetime], ...] = (
        lambda: now - timedelta(seconds=seconds(text)),
        lambda: datetime.combine(date.fromisoformat(text), time(tzinfo=UTC)),
        lambda: instant(text),
    )
    for read in readings:
        try:
            return whole(read())
        except (ValueError, OverflowError):
            continue
    raise UsageError(
        *(without_zone(option, text) or (f"{option} {text!r} is not a time", _SPELLED)),
    )
