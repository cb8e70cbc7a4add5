"""The order of tags: total within one grammar and kind, and silent between kinds.

Keys, in turn: version (a candidate's number counts: rc2 before rc10), cycle, cycle build, rebuild number,
extra, architecture, and last the tag's own spelling, so that only the same name has the same key: `w_2023_7`
and `w_2023_07` are one week but two tags. Absent sorts first, but last for the architecture (the image for
all of them comes after those for one). Semantic versions follow Semantic Versioning 2.0.0, section 11.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from ldmrelease.domain.tags.model import Grammar, Kind, Tag, Version

OrderKey: TypeAlias = tuple[int | str | tuple[tuple[int, int, str], ...], ...]
"""Integers, strings and tuples of them only, without None: it is stored in facts as canonical JSON."""

_MENU = {kind: place for place, kind in enumerate(Kind)}


class NotComparable(NamedTuple):
    """What a sorted list of tags does not say. False if it says all: one kind, each tag in its place.

    kinds: the kinds that were grouped apart, in menu order; empty if there was only one.
    tags: the tags that have no order at all.
    """

    kinds: tuple[Kind, ...] = ()
    tags: tuple[Tag, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.tags)


def sort(tags: Iterable[Tag]) -> tuple[tuple[Tag, ...], NotComparable]:
    """Tags of one grammar, by kind in menu order and rising within a kind; and what that leaves open.

    Unknown tags come last, by spelling. Raises ValueError for tags of several grammars: no order spans two.
    """
    given = tuple(tags)
    grammars = sorted({tag.grammar.value for tag in given})
    if len(grammars) > 1:
        raise ValueError(f"tags of several grammars have no common order: {', '.join(grammars)}")
    ordered = tuple(sorted(given, key=lambda tag: (_MENU[tag.kind], order_key(tag) or (), tag.input)))
    kinds = tuple(dict.fromkeys(tag.kind for tag in ordered))
    unordered = tuple(tag for tag in ordered if order_key(tag) is None)
    return ordered, NotComparable(kinds if len(kinds) > 1 else (), unordered)


def order_key(tag: Tag) -> OrderKey | None:
    """The key that orders a tag among those of its grammar and kind; None for unknown ones."""
    if tag.kind is Kind.unknown:
        return None
    if tag.kind is Kind.alias:
        return (tag.input,)
    if tag.grammar is Grammar.semver:
        return (*_numbers(tag.version), _precedence(tag.version), tag.input)
    return (
        *_numbers(tag.version),
        *_candidate(tag.version),
        _absent_first(tag.cycle),
        _absent_first(tag.cycle_build),
        _absent_first(tag.rsp),
        tag.extra or "",
        int(tag.architecture is None),
        tag.architecture or "",
        _spelling(tag),
    )


def _spelling(tag: Tag) -> str:
    # `w.2023.16` and `w_2023_16` are one tag of the stack; a notebook image has no other name than its own.
    return (tag.git if tag.grammar is Grammar.rubin else tag.image) or tag.input


def _absent_first(number: int | None) -> int:
    return -1 if number is None else number


def _numbers(version: Version | None) -> tuple[int, int, int]:
    return (-1, -1, -1) if version is None else version[:3]


def _candidate(version: Version | None) -> tuple[int, int]:
    """A candidate comes before the final: of weight where an experimental image was built on either."""
    pre_release = None if version is None else version[3]
    return (1, 0) if pre_release is None else (0, int(pre_release.removeprefix("rc")))


def _precedence(version: Version | None) -> tuple[tuple[int, int, str], ...]:
    """Pre-release identifiers: numbers by value and before words, a longer list after its own beginning."""
    pre_release = None if version is None else version[3]
    identifiers = [] if pre_release is None else pre_release.split(".")
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in identifiers)
