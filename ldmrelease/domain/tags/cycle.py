"""The `cycle` grammar: the builds of the summit's control software (ts_cycle_build), in git and as image tags.

    `c0044.007`   build 7 of cycle 44: a release
    `c0044`       the newest build of cycle 44, whichever that is: moving
    `k0003.000`   build 0 of cycle 3 of the other line, which is no SAL cycle: `cycle` says nothing of it

A cycle has four digits. A build has three, and more where it needs them, as `%03d` prints it. Within a line cycles
are in order, and builds within their cycle; a moving tag comes before the builds of its cycle, as it says no less
than any of them. The lines `c` and `k` were built side by side and are not ordered.

The parts of a tag are its `cycle` (`c0044`) and its `revision` (7), which is the build; a moving tag has none.
"""

import re
from collections.abc import Iterator

from ldmrelease.domain.tags.tag import Builds, Kind, OrderKey, Suffix, Tag, parsed, unparsed

_NAME = "cycle"
KINDS = frozenset({Kind.release, Kind.moving})
EXAMPLE = "c0044.007"
SEPARATOR = "."
NAMES_IN_GIT = False
REBUILDS = False

_CYCLE = re.compile(r"([ck])([0-9]{4})(?:\.([0-9]{3}|[1-9][0-9]{3,14}))?")
_NEAR = re.compile(r"([ckCK])[._-]?([0-9]{1,4})(?:[._-]([0-9]{1,15}))?")
_NO_BUILD = -1


def parse(text: str) -> Tag:
    """Read `text` as a cycle or a build of one."""
    match = _CYCLE.fullmatch(text)
    if match is None:
        return unparsed(text, _NAME, _reason(text))
    line, cycle, build = match[1], int(match[2]), _NO_BUILD if match[3] is None else int(match[3])
    moving = build == _NO_BUILD
    name = f"SAL Cycle {match[2]}" if line == "c" else f"Cycle {line}{match[2]}"
    sal = Suffix(cycle=cycle, cycle_build=None if moving else build)
    return parsed(
        text,
        _NAME,
        Kind.moving if moving else Kind.release,
        name=text,
        git=text,
        image=text,
        version=None if moving else (cycle, build, 0, None),
        suffix=sal if line == "c" else Suffix(extra=text),
        display_name=name if moving else f"{name}, Build {match[3]}",
        group=line,
        parts=(("cycle", text.partition(".")[0]), *(() if moving else (("revision", build),))),
    )


def order_key(tag: Tag) -> OrderKey:
    """Line, cycle, build; a moving tag before the builds."""
    match = _CYCLE.fullmatch(tag.input)
    assert match is not None
    return (match[1], int(match[2]), _NO_BUILD if match[3] is None else int(match[3]))


def other_spellings(text: str) -> Iterator[str]:
    """The tag that somebody meant by other separators, or without the zeros in front."""
    meant = near(text)
    if meant is not None:
        yield meant


def write(line: str, cycle: int, build: int | None = None) -> str:
    """The tag of a build, or of a cycle. Raises `ValueError` for what has no tag."""
    text = f"{line}{cycle:04d}" + ("" if build is None else f".{build:03d}")
    if not parse(text).parsed:
        raise ValueError(f"{text!r} is no tag of a cycle")
    return text


def cycle_of(tag: Tag) -> str | None:
    """The moving tag of the cycle that a build is of; None for any other tag."""
    if tag.grammar != _NAME or tag.kind is not Kind.release:
        return None
    return tag.input.partition(".")[0]


def _build_tag(cycle: Tag, build: int) -> str | None:
    try:
        return write(cycle.input[0], int(cycle.input[1:]), build)
    except ValueError:
        return None


BUILDS: Builds | None = Builds(cycle_of, _build_tag)


def near(text: str) -> str | None:
    """The tag that somebody may have meant, by its case, padding or separators; None where nothing is like it."""
    match = _NEAR.fullmatch(text)
    if match is None:
        return None
    return write(match[1].lower(), int(match[2]), None if match[3] is None else int(match[3]))


def _reason(text: str) -> str:
    meant = near(text)
    if meant is not None:
        return f"no tag of a cycle; perhaps {meant} is meant"
    return "fits no form of the cycle grammar"
