"""Names of the science pipelines' builds, common to the `rubin` and `rsp` grammars (SQR-016)."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ldmrelease.domain.tags.tag import Kind, OrderKey, Tag, Version, version_numbers

# Fifteen digits fit the integers of every JSON reader; nothing real comes near.
NUMBER = r"(?:0|[1-9][0-9]{0,14})"
DIGITS = r"[0-9]{1,15}"
YEAR = r"[0-9]{4}"
ONE_OR_TWO = r"[0-9]{1,2}"

STACK_KINDS = frozenset({Kind.release, Kind.weekly, Kind.daily, Kind.candidate})

_DATED = r"([wd])[._-]?([0-9]{4})[._-]([0-9]{1,2})(?:[._-]([0-9]{1,2}))?"
_VERSIONED = r"([vr]?)([0-9]+)[._-]([0-9]+)[._-]([0-9]+)(?:[._-]?rc[._-]?([0-9]+))?"

LAST_WEEK = 53
"""Of any year: `w_2022_53` was built though ISO 2022 ends with week 52, as the weeklies ran one ahead."""


class StackName(NamedTuple):
    """One build of the stack in its spellings. Padding is kept: `w.2017.1` is not a git tag `w.2017.01`."""

    kind: Kind
    version: Version
    git: str
    eups: str
    image: str
    display_name: str


def weekly(year: str, week: str) -> StackName | str:
    """The weekly of these digits, or the reason why there is none."""
    if not 1 <= int(week) <= LAST_WEEK:
        return f"no year has a week {week}"
    return _dated(Kind.weekly, "w", (year, week), (int(year), int(week), 0, None))


def daily(year: str, month: str, day: str) -> StackName | str:
    """The daily of these digits, or the reason why there is none."""
    if not _is_date(int(year), int(month), int(day)):
        return f"{year}-{month}-{day} is not a date"
    return _dated(Kind.daily, "d", (year, month, day), (int(year), int(month), int(day), None))


def _dated(kind: Kind, letter: str, parts: tuple[str, ...], version: Version) -> StackName:
    underscored = "_".join((letter, *parts))
    return StackName(
        kind=kind,
        version=version,
        git=".".join((letter, *parts)),
        eups=underscored,
        image=underscored,
        display_name=f"{kind.value.capitalize()} {'_'.join(parts)}",
    )


def _is_date(year: int, month: int, day: int) -> bool:
    from datetime import date  # noqa: PLC0415 - keeps the start of the command line light

    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def numbered(major: str, minor: str, patch: str | None, rc: str | None) -> StackName:
    """The release or, with the digits of an `rc`, the candidate.

    patch: None for the two-part tags of old (`v15.0.rc1`), whose version has patch 0.
    """
    parts = [part for part in (major, minor, patch) if part is not None]
    version = (int(major), int(minor), int(patch or 0))
    shown = "r{}.{}.{}".format(*version)
    if rc is None:
        underscored = "_".join(parts)
        return StackName(
            Kind.release,
            (*version, None),
            git=".".join(parts),
            eups=f"v{underscored}",
            image=f"r{underscored}",
            display_name=f"Release {shown}",
        )
    parts.append(f"rc{rc}")
    underscored = "_".join(parts)
    return StackName(
        Kind.candidate,
        (*version, f"rc{rc}"),
        git=f"v{'.'.join(parts)}",
        eups=f"v{underscored}",
        image=f"r{underscored}",
        display_name=f"Release Candidate {shown}-rc{rc}",
    )


def stack_order(tag: Tag) -> OrderKey:
    """The order of builds of one kind, and of what was made of them.

    Version (a candidate's number counts: rc2 before rc10), cycle, cycle build, rebuild number, extra, architecture,
    and last the tag's own name, so that only the same name has the same key: `w_2023_7` and `w_2023_07` are one
    week but two tags. Absent sorts first, but last for the architecture (the image for all of them comes after
    those for one).
    """
    return (
        *version_numbers(tag.version),
        *_candidate(tag.version),
        _absent_first(tag.cycle),
        _absent_first(tag.cycle_build),
        _absent_first(tag.rsp),
        tag.extra or "",
        int(tag.architecture is None),
        tag.architecture or "",
        tag.name or tag.input,
    )


def _absent_first(number: int | None) -> int:
    return -1 if number is None else number


def _candidate(version: Version | None) -> tuple[int, int]:
    """A candidate comes before the final: of weight where an experimental image was built on either."""
    pre_release = None if version is None else version[3]
    return (1, 0) if pre_release is None else (0, int(pre_release.removeprefix("rc")))


def stack_spellings(text: str, separator: str, lead: Callable[[str, bool], str]) -> Iterator[str]:
    """What a build may be called that somebody wrote with other separators, or as an image's tag.

    lead: what a release's name begins with, of the letter that was written and whether it is a candidate.
    """
    if dated := re.fullmatch(_DATED, text):
        yield separator.join(each for each in dated.groups() if each)
    if versioned := re.fullmatch(_VERSIONED, text):
        letter, *numbers, candidate = versioned.groups()
        rest = [*numbers, f"rc{candidate}"] if candidate else numbers
        yield lead(letter, candidate is not None) + separator.join(rest)
