"""Options of commands that answer as of a time: when it ran, when we knew, and a night."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import typer
from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.services.context import ReadContext

AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="What ran then: 2023-04-21T18:00:00Z, or `2h ago`; else now."),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME", help="By what was known then, and nothing that came later."),
]
DayobsOption = Annotated[
    str | None,
    typer.Option(
        "--dayobs", metavar="NIGHT", help="All of a night, such as 20230421: from noon to noon UTC."
    ),
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="What was there at this time or later.")
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="What was there at this time or earlier.")
]

_AGO = re.compile(r"\s*(\S+)\s+ago\s*", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2})", re.ASCII)
_WITHOUT_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)", re.ASCII)
_EARLIEST = 1970


class AsOf(Struct, frozen=True):
    """Two times: `at` when it ran, `known` when we knew; None is now. Neither is later than now."""

    at: datetime | None = None
    known: datetime | None = None

    @property
    def moment(self) -> datetime | None:
        """The time that is asked about: where it is not said, the one of what was known."""
        return self.at or self.known

    def limited(self, context: ReadContext) -> ReadContext:
        """The context with what was known then."""
        if self.known is None:
            return context
        from ldmrelease.services.inventory.known_at import as_known  # noqa: PLC0415 - who asks what is now goes without

        return as_known(context, self.known)


def as_of(at: str | None, known: str | None, now: datetime) -> AsOf:
    """The two times that were typed. Raises `UsageError`."""
    return AsOf(past_moment("--at", at, now), past_moment("--known-at", known, now))


def past_moment(option: str, text: str | None, now: datetime) -> datetime | None:
    """The time that an option names, not later than now; None without one. Raises `UsageError`."""
    if text is None:
        return None
    moment = _moment(option, text, now)
    if moment > now:
        raise UsageError(
            f"{option} {times.spell(moment)} is to come: it is {times.spell(now)}",
            "name a time that has been",
        )
    if moment.year < _EARLIEST:
        raise UsageError(f"{option} {text} is before there were ledgers", f"name a time since {_EARLIEST}")
    return moment


def _moment(option: str, text: str, now: datetime) -> datetime:
    ago = _AGO.fullmatch(text)
    try:
        return now - timedelta(seconds=times.seconds(ago[1])) if ago else times.instant(text)
    except (ValueError, OverflowError):
        raise UsageError(*_refusal(option, text)) from None


def _refusal(option: str, text: str) -> tuple[str, str]:
    """What is wrong with a time, and what to write."""
    day = _DAY.fullmatch(text.strip())
    if day is not None:
        parts = [each for each in day.groups() if each]
        return (
            f"{option} {text} is a whole day",
            f"say when, as {'-'.join(parts)}T18:00:00Z, or which night: --dayobs {''.join(parts)}",
        )
    return without_zone(option, text) or (
        f"{option} {text!r} is not a time",
        "write it like 2023-04-21T18:00:00Z, or `2h ago`",
    )


def without_zone(option: str, text: str) -> tuple[str, str] | None:
    """What is wrong with a time that has no zone, and what to write; None for anything else."""
    bare = _WITHOUT_ZONE.fullmatch(text.strip())
    if bare is None:
        return None
    hour = f"{bare[1]}T{bare[2]}"
    return f"{option} {text!r} has no zone", f"write {hour}Z for UTC, or {hour}-04:00 for a local time"


def refuse_with(option: str, others: Mapping[str, object]) -> None:
    """Raise `UsageError` where an option stands beside one of those that it cannot go with."""
    given = next((name for name, value in others.items() if value), None)
    if given is not None:
        raise UsageError(f"{option} does not go with {given}", "leave out one of them")
