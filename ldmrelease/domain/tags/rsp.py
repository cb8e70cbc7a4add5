"""The `rsp` grammar: notebook images as the notebook service reads them (SQR-059, nublado's `RSPImageTag`).

Tried in this order: candidate `r24_0_0_rc1`, release `r24_0_0`, legacy release `r170`, weekly `w_2023_16`,
daily `d_2023_04_22`, experimental `exp_<rest>`, unknown. The first two, the weekly and the daily accept, in
this order, `_c<cycle>.<build>`, `_rsp<N>`, `_<extra>`, `-<architecture>`. Stricter than the service on
purpose, as what is read wrongly here may be promoted: four-digit years, real dates, no padded release
numbers, and `r24_0_0_rc1x` is not a release.
"""

import re
from collections.abc import Iterator

from ldmrelease.domain.tags.imagetag import image_tag_fault
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

_RSP = "rsp"
KINDS = STACK_KINDS | {Kind.experimental}
EXAMPLE = "w_2023_16"
SEPARATOR = "_"
NAMES_IN_GIT = False
REBUILDS = False
BUILDS: Builds | None = None

_SUFFIX = (
    rf"(?:_c(?P<cycle>{DIGITS})\.(?P<cycle_build>{DIGITS}))?"
    rf"(?:_rsp(?P<rsp>{DIGITS}))?"
    r"(?:_(?P<extra>.+?))?"
    r"(?:-(?P<architecture>[a-z0-9]+))?"
)
_NUMBERED = re.compile(
    rf"r(?P<major>{NUMBER})_(?P<minor>{NUMBER})_(?P<patch>{NUMBER})(?:_rc(?P<rc>{NUMBER})|(?!_rc)){_SUFFIX}"
)
_LEGACY = re.compile(r"r([1-9][0-9])([0-9])")
_WEEKLY = re.compile(rf"w_(?P<year>{YEAR})_(?P<week>{ONE_OR_TWO}){_SUFFIX}")
_DAILY = re.compile(rf"d_(?P<year>{YEAR})_(?P<month>{ONE_OR_TWO})_(?P<day>{ONE_OR_TWO}){_SUFFIX}")
_EXPERIMENTAL = re.compile(r"exp_(.+)")

# Behind a stem that means nothing only marked suffixes can be told from the stem: so no bare extra, and only
# the usual architectures, or the number of `tickets-DM-12345` would be one.
_MARKED = re.compile(
    r"(?P<stem>.+?)"
    rf"(?:_c(?P<cycle>{DIGITS})(?:\.(?P<cycle_build>{DIGITS}))?)?"
    rf"(?:_rsp(?P<rsp>{DIGITS}))?"
    r"(?:-(?P<architecture>386|aarch64|amd64|arm|arm64|ppc64le|riscv64|s390x|x86))?"
)
_SUFFIXED = re.compile(
    r"(?P<stem>.+?)(?:[._-]c(?P<cycle>[0-9]+)[._-](?P<build>[0-9]+))?(?:[._-]rsp(?P<rsp>[0-9]+))?", re.DOTALL
)
"""Behind what somebody wrote with other separators."""


def parse(text: str) -> Tag:
    """Read `text` as the tag of a notebook image."""
    fault = image_tag_fault(text)
    if fault is not None:
        return unparsed(text, _RSP, fault)
    if match := _EXPERIMENTAL.fullmatch(text):
        return _experimental(text, match[1])
    read = _stack_name(text)
    if read is None:
        return unparsed(text, _RSP, _reason(text), _marked(text)[1])
    name, suffix, shown = read
    if isinstance(name, str):
        return unparsed(text, _RSP, name, suffix)
    return parsed(
        text,
        _RSP,
        name.kind,
        name=text,
        git=name.git,
        eups=name.eups,
        image=text,
        version=name.version,
        suffix=suffix,
        display_name=name.display_name + shown,
    )


def order_key(tag: Tag) -> OrderKey:
    """As of the stack's builds; the name of the image comes last."""
    return stack_order(tag)


def other_spellings(text: str) -> Iterator[str]:
    """The name of the stack's build in an image tag, with the cycle and the rebuild that stood behind it."""
    match = _SUFFIXED.fullmatch(text)
    if match is None:  # nothing, or several lines
        return
    suffix = f"_c{match['cycle']}.{match['build']}" if match["cycle"] else ""
    suffix += f"_rsp{match['rsp']}" if match["rsp"] else ""
    stem = match["stem"]
    for each in (stem, *stack_spellings(stem, SEPARATOR, lambda _lead, _candidate: "r")):
        if each + suffix != text:
            yield each + suffix


def alias(text: str, grammar: str, *, name: str | None) -> Tag:
    """A moving name that configuration declares, in the menu's words: `Recommended (SAL Cycle 0029)`."""
    stem, suffix, shown = _marked(text)
    words = " ".join(word.capitalize() for word in stem.split("_"))
    return parsed(text, grammar, Kind.alias, name=name, image=text, suffix=suffix, display_name=words + shown)


def _stack_name(text: str) -> tuple[StackName | str, Suffix, str] | None:
    """The stack's name or the fault in it, the suffix, and its words in the menu; None where nothing fits."""
    if match := _NUMBERED.fullmatch(text):
        name = numbered(match["major"], match["minor"], match["patch"], match["rc"])
        return name, *_suffix(match)
    if match := _LEGACY.fullmatch(text):
        return numbered(match[1], match[2], "0", None), Suffix(), ""
    if match := _WEEKLY.fullmatch(text):
        return weekly(match["year"], match["week"]), *_suffix(match)
    if match := _DAILY.fullmatch(text):
        return daily(match["year"], match["month"], match["day"]), *_suffix(match)
    return None


def _experimental(text: str, rest: str) -> Tag:
    """An experimental image says in its rest what it was built on, if that can be read; it has no git tag."""
    inner = parse(rest)
    stem, suffix, shown = _marked(rest)
    if inner.parsed:
        suffix = Suffix(inner.cycle, inner.cycle_build, inner.rsp, inner.extra, inner.architecture)
    return parsed(
        text,
        _RSP,
        Kind.experimental,
        name=text,
        image=text,
        version=inner.version,
        suffix=suffix,
        display_name=f"Experimental {inner.display_name if inner.parsed else stem + shown}",
    )


def _marked(text: str) -> tuple[str, Suffix, str]:
    match = _MARKED.fullmatch(text)
    return (text, Suffix(), "") if match is None else (match["stem"], *_suffix(match))


def _suffix(match: re.Match[str]) -> tuple[Suffix, str]:
    """The suffix fields of a match, and the words that the notebook menu has for them."""
    found = match.groupdict()
    cycle, build, rsp = found["cycle"], found["cycle_build"], found["rsp"]
    extra, architecture = found.get("extra"), found["architecture"]
    shown = ""
    if rsp is not None:
        shown += f" (RSP Build {rsp})"
    if cycle is not None:
        shown += f" (SAL Cycle {cycle}" + (f", Build {build})" if build is not None else ")")
    shown += "".join(f" [{part}]" for part in (extra, architecture) if part is not None)
    return Suffix(_int(cycle), _int(build), _int(rsp), extra, architecture), shown


def _int(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _reason(text: str) -> str:
    """Why nothing fits, with the tag probably meant: dots for underscores have stood in production."""
    meant = re.sub(r"^[vr]?_?(?=[0-9])", "r", text.replace(".", "_"))
    if meant != text and parse(meant).parsed:
        return f"no image tag; perhaps {meant} is meant"
    return "fits no form of the rsp grammar"
