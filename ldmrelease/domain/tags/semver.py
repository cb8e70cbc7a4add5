"""The `semver` grammar: Semantic Versioning 2.0.0 with an optional leading `v`, as an image tag.

`git` and `image` are the tag as written, as nothing says whether one has the `v` and the other not; there is
no EUPS spelling. Build metadata is not parsed: `+` is illegal in an image tag.
"""

import re
from collections.abc import Iterator

from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.tag import (
    Builds,
    Kind,
    OrderKey,
    Tag,
    Version,
    parsed,
    unparsed,
    version_numbers,
)

_SEMVER = "semver"
KINDS = frozenset({Kind.release, Kind.candidate})
EXAMPLE = "15.2.0"
SEPARATOR = "."
NAMES_IN_GIT = False
REBUILDS = False
BUILDS: Builds | None = None

_PADDED = re.compile(r"v?(?:.*[.-])?0[0-9]+(?:[.-].*)?")
_LONG_NUMBER = re.compile(r"(?:^v?|.*[.-])[0-9]{16,}(?:[.-].*)?")


def parse(text: str) -> Tag:
    """Read `text` as a semantic version."""
    fault = _fault(text)
    version = None if fault is not None else _version(text.removeprefix("v"))
    if version is None:
        return unparsed(text, _SEMVER, fault or _reason(text))
    number = "{}.{}.{}".format(*version[:3])
    pre_release = version[3]
    kind, words, shown = Kind.release, "Release", number
    if pre_release is not None:
        kind, words, shown = Kind.candidate, "Release Candidate", f"{number}-{pre_release}"
    return parsed(
        text,
        _SEMVER,
        kind,
        name=text,
        git=text,
        image=text,
        version=version,
        display_name=f"{words} {shown}",
    )


def order_key(tag: Tag) -> OrderKey:
    """Semantic Versioning 2.0.0, section 11; then the spelling, as the `v` makes another tag."""
    return (*version_numbers(tag.version), _precedence(tag.version), tag.input)


def other_spellings(_text: str) -> Iterator[str]:
    """None: other separators make another version."""
    yield from ()


def _fault(text: str) -> str | None:
    if "+" in text:
        return "build metadata (+) is illegal in an image tag"
    fault = image_tag_fault(text)
    if fault is None and _LONG_NUMBER.fullmatch(text):
        return "a number has more than 15 digits"
    return fault


def _version(text: str) -> Version | None:
    import semver  # noqa: PLC0415 - keeps the start of the command line light

    try:
        read = semver.Version.parse(text)
    except ValueError:
        return None
    return read.major, read.minor, read.patch, read.prerelease


def _reason(text: str) -> str:
    if _PADDED.fullmatch(text):
        return "a number is padded with zeros"
    if re.fullmatch(r"v?[0-9]+(\.[0-9]+)?", text):
        return "a semantic version has major, minor and patch"
    return "fits no form of the semver grammar"


def _precedence(version: Version | None) -> tuple[tuple[int, int, str], ...]:
    """Pre-release identifiers: numbers by value and before words, a longer list after its own beginning."""
    pre_release = None if version is None else version[3]
    identifiers = [] if pre_release is None else pre_release.split(".")
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in identifiers)
