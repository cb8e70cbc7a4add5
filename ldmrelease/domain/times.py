"""Instants and durations: whole seconds, UTC, spelled RFC 3339 and `90s`, `15m`, `8h`, `7d`."""

import re
from datetime import UTC, datetime

_DURATION = re.compile(r"(\d{1,9})(s|m|h|d|w)")
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def instant(text: str) -> datetime:
    """Read an RFC 3339 time with its zone, as whole seconds UTC. Raises `ValueError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write it like 2023-04-20T09:55:23Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; write it like 2023-04-20T09:55:23Z")
    try:
        return whole(moment)
    except OverflowError:
        raise ValueError(f"{text!r} is in no calendar once it is in UTC") from None


def whole(moment: datetime) -> datetime:
    """The moment in UTC, cut to whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0)


def spell(moment: datetime) -> str:
    """RFC 3339 in UTC: `2023-04-20T09:55:23Z`."""
    # Half of what `strftime` costs, which a history of many rows feels.
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def seconds(text: str) -> int:
    """Read a duration like `90s`, `15m`, `8h`, `7d`, `2w` as seconds. Raises `ValueError`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 15m, 8h or 7d")
    return int(match[1]) * _UNIT[match[2]]


def spell_seconds(duration: int) -> str:
    """The shortest exact spelling with one or two units: `8h`, `1d 4h`, `45s`."""
    if duration <= 0:
        return "0s"
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, duration = divmod(duration, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])
