"""The `rubin` grammar: the science pipelines' tags in git, EUPS and image spelling (SQR-016).

    git `w.2023.16` `d.2023.04.22` `v24.0.0.rc1` `24.0.0` `v30.0.2` `v15.0.rc1`
    EUPS `w_2023_16` `d_2023_04_22` `v24_0_0_rc1` `v24_0_0`
    image `w_2023_16` `d_2023_04_22` `r24_0_0_rc1` `r24_0_0`

EUPS and image spelling lose whether a final's git tag had a `v`: `git` is then the guess without. Summit
cycles (`c0029.000`, `k0001.000`) are git tags too, but name no version of the stack: they are not parsed, of
kind `unknown`, with the SAL cycle and build filled in (a k-cycle is no SAL cycle and goes into `extra`).
"""

import re
from collections.abc import Iterator

from ldmrelease.domain.tags.stack import (
    DIGITS,
    NUMBER,
    ONE_OR_TWO,
    STACK_KINDS,
    YEAR,
    StackName,
    daily,
    numbered,
    stack_order,
    stack_spellings,
    weekly,
)
from ldmrelease.domain.tags.tag import Builds, Kind, OrderKey, Suffix, Tag, parsed, unparsed

_RUBIN = "rubin"
KINDS = STACK_KINDS
EXAMPLE = "w.2023.16"
SEPARATOR = "."
NAMES_IN_GIT = True
REBUILDS = True
BUILDS: Builds | None = None

_WEEKLY = re.compile(rf"w([._])({YEAR})\1({ONE_OR_TWO})")
_DAILY = re.compile(rf"d([._])({YEAR})\1({ONE_OR_TWO})\1({ONE_OR_TWO})")
_NUMBERED = re.compile(rf"([vr]?)({NUMBER})([._])({NUMBER})(?:\3({NUMBER}))?(?:\3rc({NUMBER}))?")
_CYCLE = re.compile(rf"([ck])({DIGITS})\.({DIGITS})")
_MOVING = frozenset({"w_latest", "d_latest", "o_latest"})


def parse(text: str) -> Tag:
    """Read `text` as a tag of the science pipelines."""
    name = _name(text)
    if isinstance(name, str):
        return unparsed(text, _RUBIN, name, _cycle(text))
    return parsed(
        text,
        _RUBIN,
        name.kind,
        name=name.git,
        git=name.git,
        eups=name.eups,
        image=name.image,
        version=name.version,
        display_name=name.display_name,
    )


def order_key(tag: Tag) -> OrderKey:
    """As of the stack's builds: `w.2023.16` and `w_2023_16` are one tag of it."""
    return stack_order(tag)


def other_spellings(text: str) -> Iterator[str]:
    """The git tag. A final's may have the v or not: as it was written; a candidate's always has it."""
    yield from stack_spellings(
        text, SEPARATOR, lambda lead, candidate: "v" if candidate else lead.replace("r", "")
    )


def _name(text: str) -> StackName | str:
    if match := _WEEKLY.fullmatch(text):
        return weekly(match[2], match[3])
    if match := _DAILY.fullmatch(text):
        return daily(match[2], match[3], match[4])
    if match := _NUMBERED.fullmatch(text):
        return _numbered(match)
    if text in _MOVING:
        return "a moving tag names no release"
    if _CYCLE.fullmatch(text):
        return "a summit cycle names no release of the stack"
    return "fits no form of the rubin grammar"


def _numbered(match: re.Match[str]) -> StackName | str:
    lead, major, separator, minor, patch, rc = match.groups()
    fault = _lead_fault(lead, separator, patch, rc)
    if fault is not None:
        return fault
    name = numbered(major, minor, patch, rc)
    # In git a final may have the v; in EUPS every one has, which says nothing about git.
    if separator == "." and name.kind is Kind.release:
        return name._replace(git=match[0])
    return name


def _lead_fault(lead: str, separator: str, patch: str | None, rc: str | None) -> str | None:
    if separator == ".":
        if lead == "r":
            return "dots in place of underscores in an image tag"
        if rc is not None and not lead:
            return "the git tag of a candidate starts with v"
        return None
    if not lead:
        return "an EUPS tag starts with a letter"
    if lead == "r" and patch is None:
        return "an image tag has major, minor and patch"
    return None


def _cycle(text: str) -> Suffix:
    match = _CYCLE.fullmatch(text)
    if match is None:
        return Suffix()
    if match[1] == "k":
        return Suffix(extra=text)
    return Suffix(cycle=int(match[2]), cycle_build=int(match[3]))
