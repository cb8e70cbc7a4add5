"""Small parts of sentences: lists, durations, digests, commands, places in files."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.domain.times import instant, spell, spell_seconds


class Values(dict[str, Any]):
    """The values of a code; one that an older program did not record reads as `?`, and never fails."""

    def __missing__(self, key: str) -> str:
        return "?"

    def listed(self, key: str) -> str:
        """A list of names as `a, b and c`."""
        found = self[key]
        return listed(found if isinstance(found, list | tuple) else [found])

    def span(self, key: str) -> str:
        """A number of seconds as `2h`."""
        return span(self[key])


def values_of(plain: Mapping[str, Any]) -> Values:
    """The values of a finding, refusal or failure."""
    return Values(plain)


def listed(names: Iterable[object]) -> str:
    """`a`, `a and b`, `a, b and c`; `nothing` where there is none."""
    found = [said(each) for each in names]
    if len(found) < 2:
        return found[0] if found else "nothing"
    return f"{', '.join(found[:-1])} and {found[-1]}"


def any_of(names: Iterable[object] | str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    found = [said(each) for each in ([names] if isinstance(names, str) else names)]
    if len(found) < 2:
        return found[0] if found else "nothing"
    return f"{', '.join(found[:-1])} or {found[-1]}"


def same_told(told: Iterable[tuple[object, str]]) -> list[str]:
    """`a, b and c: trouble`: a line for each trouble, with the name of everything that has it, in their order."""
    names: dict[str, list[object]] = {}
    for name, trouble in told:
        names.setdefault(trouble, []).append(name)
    return [f"{listed(each)}: {trouble}" for trouble, each in names.items()]


def few(names: object, most: int = 10) -> str:
    """`a, b and 9,998 others`: as many names as a line bears."""
    found = list(names) if isinstance(names, list | tuple) else [names]
    if len(found) <= most + 1:
        return listed(found)
    return f"{', '.join(said(each) for each in found[:most])} and {len(found) - most:,} others"


def said(value: object) -> str:
    """A value on one line, whatever it is; what would steer a terminal is escaped."""
    if isinstance(value, Mapping):
        return printable(" ".join(f"{key} {said(each)}" for key, each in value.items()))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(said, value))}]"
    return printable(short(str(value)))


def short(text: str) -> str:
    """A digest cut to what tells it apart among a few; anything else as it is."""
    algorithm, colon, value = text.partition(":")
    if colon and algorithm in ("sha256", "gitCommit") and len(value) >= 40 and value.isalnum():
        return f"{algorithm}:{value[:12]}"
    return text


def span(seconds: object) -> str:
    """Seconds as `2h`; `?` where it is not a number."""
    return spell_seconds(seconds) if isinstance(seconds, int) else "?"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 image`, `2 images`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def moment(at: datetime | str | None, now: datetime | None = None) -> str:
    """A time, with how far away it is where the time now is given."""
    if at is None:
        return "an unknown time"
    when = instant(at) if isinstance(at, str) else at
    return spell(when) + (f" ({_away(when - now)})" if now is not None else "")


def _away(difference: timedelta) -> str:
    seconds = int(difference.total_seconds())
    if seconds == 0:
        return "now"
    return f"in {spell_seconds(seconds)}" if seconds > 0 else f"{spell_seconds(-seconds)} ago"


def command_line(words: Sequence[str], product: str | None = None) -> str:
    """A command as one types it; `product` is named where the tag alone would mean another one."""
    named = product is not None and any(each in _OF_A_TAG for each in words[1:2])
    extra = ["--product", str(product)] if named else []
    return printable(shlex.join([*words, *extra]))


_OF_A_TAG = {
    "alias",
    "approvals",
    "approve",
    "check",
    "check-run",
    "evidence",
    "promote",
    "release",
    "request",
    "retire",
    "rollback",
    "waive",
}


def indented(lines: Iterable[str], by: int) -> list[str]:
    """The lines, each moved to the right."""
    return [" " * by + line for line in lines]


def differ(what: str, names: Sequence[str]) -> str:
    """`product shop differs`, `products shop, till differ`."""
    return (
        f"{what}{'' if len(names) == 1 else 's'} {listed(names)} {'differs' if len(names) == 1 else 'differ'}"
    )
