"""The value that a tag is read into."""

import enum
from dataclasses import dataclass
from typing import Literal, TypeAlias

Version = tuple[int, int, int, str | None]
"""Major, minor, patch, pre-release; a weekly is (Y, W, 0, None), a daily (Y, M, D, None)."""


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


class Grammar(enum.StrEnum):
    """The ways in which a product's tags are spelled."""

    rubin = "rubin"
    rsp = "rsp"
    semver = "semver"
    cycle = "cycle"


PATTERN: Literal["pattern"] = "pattern"
"""What the grammar of a product that has patterns of its own is called."""

GrammarName: TypeAlias = Grammar | Literal["pattern"]

OrderKey: TypeAlias = tuple[int | str | tuple[tuple[int, int, str], ...], ...]
"""Integers, strings and tuples of them only, without None: it is stored in facts as canonical JSON."""

_STACK_KINDS = frozenset({Kind.release, Kind.weekly, Kind.daily, Kind.candidate})
KINDS: dict[Grammar, frozenset[Kind]] = {
    Grammar.rubin: _STACK_KINDS,
    Grammar.rsp: _STACK_KINDS | {Kind.experimental},
    Grammar.semver: frozenset({Kind.release, Kind.candidate}),
    Grammar.cycle: frozenset({Kind.release, Kind.moving}),
}
"""The kinds of release that the tags of a grammar may be."""


@dataclass(frozen=True, slots=True)
class KindPattern:
    """A pattern, and the kind of the tags that it reads."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class PatternGrammar:
    """A product's own grammar, as its workspace writes it.

    patterns: a fixed name (a pattern without parts) has precedence; no two others read one tag.
    order: the parts that order tags of one kind, the first before the next; None for all that have an order, but for
        words and names, as they stand.
    within: tags are ordered among those alone that have the same values of these parts; None for all words and names
        that are not in the order.
    """

    patterns: tuple[KindPattern, ...]
    order: tuple[str, ...] | None = None
    within: tuple[str, ...] | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of tag that it has patterns for."""
        return frozenset(each.kind for each in self.patterns)

    def __str__(self) -> str:
        return PATTERN


AnyGrammar: TypeAlias = Grammar | PatternGrammar
"""How a product's tags are spelled: in one of ours, or in its own."""


def kinds_of(grammar: AnyGrammar) -> frozenset[Kind]:
    """The kinds of release that the tags of a grammar may be."""
    return KINDS[grammar] if isinstance(grammar, Grammar) else grammar.kinds


@dataclass(frozen=True, slots=True)
class Suffix:
    """What may follow the version in an image tag; the fields are those of `Tag`."""

    cycle: int | None = None
    cycle_build: int | None = None
    rsp: int | None = None
    extra: str | None = None
    architecture: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as read in one grammar.

    input: the text as it was given.
    git, eups, image: its spellings; None where it has none. A git tag cannot be told for certain from an EUPS
        tag (`24.0.0` and `v24.0.0` are both `v24_0_0`): `git` is then the canonical guess.
    cycle, cycle_build: the SAL cycle of a summit image and the build within it.
    rsp: the rebuild number of a notebook image.
    extra: what follows all that, uninterpreted.
    reason: why it was not parsed; None when it was.
    group: tags of one kind and different groups are not ordered; every kind of the stack's is one group.
    order: its place in its group, where its grammar says it; None where it follows from the fields above.
    parts: what the parts of a workspace's own pattern hold, by name.
    """

    input: str
    grammar: GrammarName
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
    group: str = ""
    order: OrderKey | None = None
    parts: tuple[tuple[str, int | str], ...] = ()

    @property
    def name(self) -> str | None:
        """What a release of this tag is called: the git tag of the stack, the image tag of other products.

        A notebook image's cycle or rebuild is part of its name, and git knows neither.
        """
        return self.git if self.grammar is Grammar.rubin else self.image

    def fields(self) -> dict[str, object]:
        """The fields for JSON, in their documented order; `reason` only where the tag was not parsed."""
        fields: dict[str, object] = {
            "input": self.input,
            "grammar": str(self.grammar),
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


NO_SUFFIX = Suffix()


def parsed(  # noqa: PLR0913 - the fields that differ between grammars
    text: str,
    grammar: GrammarName,
    kind: Kind,
    *,
    display_name: str,
    git: str | None = None,
    eups: str | None = None,
    image: str | None = None,
    version: Version | None = None,
    suffix: Suffix = NO_SUFFIX,
    group: str = "",
    order: OrderKey | None = None,
    parts: tuple[tuple[str, int | str], ...] = (),
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
        group=group,
        order=order,
        parts=parts,
    )


def unparsed(text: str, grammar: GrammarName, reason: str, suffix: Suffix = NO_SUFFIX) -> Tag:
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
    )
