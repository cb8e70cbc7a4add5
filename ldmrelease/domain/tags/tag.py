"""The value that a tag is read into."""

import enum
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

Version = tuple[int, int, int, str | None]
"""Major, minor, patch, pre-release; a weekly is (Y, W, 0, None), a daily (Y, M, D, None)."""

OrderKey: TypeAlias = tuple[int | str | tuple[tuple[int, int, str], ...], ...]
"""Integers, strings and tuples of them only, without None: it is stored in facts as canonical JSON."""


class Kind(enum.StrEnum):
    """The kinds of tag, in the order in which a menu of notebook images lists them."""

    alias = "alias"
    release = "release"
    weekly = "weekly"
    daily = "daily"
    candidate = "candidate"
    experimental = "experimental"
    branch = "branch"
    moving = "moving"
    unknown = "unknown"


RELEASE_KINDS = tuple(each for each in Kind if each not in (Kind.alias, Kind.unknown))
"""The kinds that a release may be of."""


class Suffix(NamedTuple):
    """What may follow the version in an image tag; the fields are those of `Tag`."""

    cycle: int | None = None
    cycle_build: int | None = None
    rsp: int | None = None
    extra: str | None = None
    architecture: str | None = None


class Tag(NamedTuple):
    """A tag as read in one grammar.

    input: the text as it was given.
    grammar: the name of the grammar, as in `registry`.
    git, eups, image: its spellings; None where it has none. A git tag cannot be told for certain from an EUPS
        tag (`24.0.0` and `v24.0.0` are both `v24_0_0`): `git` is then the canonical guess.
    cycle, cycle_build: the SAL cycle of a summit image and the build within it.
    rsp: the rebuild number of a notebook image.
    extra: what follows all that, uninterpreted.
    reason: why it was not parsed; None when it was.
    group: tags of one kind and different groups are not ordered; all of the stack's of a kind are one group.
    parts: what the parts of a workspace's own pattern hold, by name.
    order: the place in its group, where a pattern of a workspace's own says it.
    name: what a release of this tag is called, in one of its spellings (a notebook image's cycle or rebuild is part
        of its name, and git knows neither); None where it names no release.
    """

    input: str
    grammar: str
    parsed: bool
    kind: Kind
    git: str | None
    eups: str | None
    image: str | None
    version: Version | None
    cycle: int | None
    cycle_build: int | None
    rsp: int | None
    extra: str | None
    architecture: str | None
    display_name: str
    reason: str | None
    name: str | None
    group: str = ""
    parts: tuple[tuple[str, int | str], ...] = ()
    order: OrderKey | None = None

    def fields(self) -> dict[str, object]:
        """The fields for JSON, in their documented order; `reason` only where the tag was not parsed."""
        fields: dict[str, object] = {
            "input": self.input,
            "grammar": self.grammar,
            "parsed": self.parsed,
            "kind": self.kind.value,
            "git": self.git,
            "eups": self.eups,
            "image": self.image,
            "version": None if self.version is None else list(self.version),
            "cycle": self.cycle,
            "cycle_build": self.cycle_build,
            "rsp": self.rsp,
            "extra": self.extra,
            "architecture": self.architecture,
            "display_name": self.display_name,
        }
        if self.parts:
            fields["parts"] = dict(self.parts)
        return fields if self.parsed else fields | {"reason": self.reason}


class Builds(NamedTuple):
    """Builds under a moving tag, such as `c0044.007` under `c0044`.

    of: the moving tag of whose builds a tag is one, None for any other tag.
    write: the tag of the build of that number under a moving tag, None where there is no such tag.
    """

    of: Callable[[Tag], str | None]
    write: Callable[[Tag, int], str | None]


NO_SUFFIX = Suffix()


def parsed(  # noqa: PLR0913 - the fields that differ between grammars
    text: str,
    grammar: str,
    kind: Kind,
    *,
    name: str | None,
    display_name: str,
    git: str | None = None,
    eups: str | None = None,
    image: str | None = None,
    version: Version | None = None,
    suffix: Suffix = NO_SUFFIX,
    group: str = "",
    parts: tuple[tuple[str, int | str], ...] = (),
    order: OrderKey | None = None,
) -> Tag:
    """A tag that its grammar could read."""
    return Tag(
        input=text,
        grammar=grammar,
        parsed=True,
        kind=kind,
        git=git,
        eups=eups,
        image=image,
        version=version,
        cycle=suffix.cycle,
        cycle_build=suffix.cycle_build,
        rsp=suffix.rsp,
        extra=suffix.extra,
        architecture=suffix.architecture,
        display_name=display_name,
        reason=None,
        name=name,
        group=group,
        parts=parts,
        order=order,
    )


def unparsed(text: str, grammar: str, reason: str, suffix: Suffix = NO_SUFFIX) -> Tag:
    """A tag that fits nothing in its grammar: no version, no spellings, shown as it was given."""
    return Tag(
        input=text,
        grammar=grammar,
        parsed=False,
        kind=Kind.unknown,
        git=None,
        eups=None,
        image=None,
        version=None,
        cycle=suffix.cycle,
        cycle_build=suffix.cycle_build,
        rsp=suffix.rsp,
        extra=suffix.extra,
        architecture=suffix.architecture,
        display_name=text,
        reason=reason,
        name=None,
    )


def version_numbers(version: Version | None) -> tuple[int, int, int]:
    """Major, minor and patch, to be compared; no version comes first."""
    return (-1, -1, -1) if version is None else version[:3]
