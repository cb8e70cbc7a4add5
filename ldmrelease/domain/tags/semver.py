"""The `semver` grammar: Semantic Versioning 2.0.0 with an optional leading `v`, as an image tag.

`git` and `image` are the tag as written, as nothing says whether one has the `v` and the other not; there is
no EUPS spelling. Build metadata is not parsed: `+` is illegal in an image tag.
"""

import re

from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.model import Grammar, Kind, Tag, Version, parsed, unparsed

_PADDED = re.compile(r"v?(?:.*[.-])?0[0-9]+(?:[.-].*)?")
_LONG_NUMBER = re.compile(r"(?:^v?|.*[.-])[0-9]{16,}(?:[.-].*)?")


def parse(text: str) -> Tag:
    """Read `text` as a semantic version."""
    fault = _fault(text)
    version = None if fault is not None else _version(text.removeprefix("v"))
    if version is None:
        return unparsed(text, Grammar.semver, fault or _reason(text))
    number = "{}.{}.{}".format(*version[:3])
    pre_release = version[3]
    kind, words, shown = Kind.release, "Release", number
    if pre_release is not None:
        kind, words, shown = Kind.candidate, "Release Candidate", f"{number}-{pre_release}"
    return parsed(
        text, Grammar.semver, kind, git=text, image=text, version=version, display_name=f"{words} {shown}"
    )


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
