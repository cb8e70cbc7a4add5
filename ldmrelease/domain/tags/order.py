"""The order of tags: total within one grammar and kind, and silent between kinds.

Each grammar has the order of its own tags.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ldmrelease.domain.tags.registry import grammar_of
from ldmrelease.domain.tags.tag import Kind, OrderKey, Tag

_MENU = {kind: place for place, kind in enumerate(Kind)}


class NotComparable(NamedTuple):
    """What a sorted list of tags does not say. False if it says all: one kind, each tag in its place.

    kinds: the kinds that were grouped apart, in menu order; empty if there was only one.
    tags: the tags that have no order at all.
    groups: the groups of one kind that are not ordered with one another, such as branches; empty where each kind has
        one group.
    """

    kinds: tuple[Kind, ...] = ()
    tags: tuple[Tag, ...] = ()
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.tags or self.groups)


def sort(tags: Iterable[Tag]) -> tuple[tuple[Tag, ...], NotComparable]:
    """Tags of one grammar, by kind in menu order and rising within a kind; and what that leaves open.

    Unknown tags come last, by spelling. Raises ValueError for tags of several grammars: no order spans two.
    """
    given = tuple(tags)
    grammars = sorted({tag.grammar for tag in given})
    if len(grammars) > 1:
        raise ValueError(f"tags of several grammars have no common order: {', '.join(grammars)}")
    ordered = tuple(sorted(given, key=lambda tag: (_MENU[tag.kind], order_key(tag) or (), tag.input)))
    kinds = tuple(dict.fromkeys(tag.kind for tag in ordered))
    unordered = tuple(tag for tag in ordered if order_key(tag) is None)
    return ordered, NotComparable(kinds if len(kinds) > 1 else (), unordered, _groups(ordered))


def _groups(tags: Iterable[Tag]) -> tuple[str, ...]:
    """The groups of the kinds that have several."""
    found: dict[Kind, dict[str, None]] = {}
    for tag in tags:
        found.setdefault(tag.kind, {})[tag.group] = None
    return tuple(group for groups in found.values() if len(groups) > 1 for group in groups)


def order_key(tag: Tag) -> OrderKey | None:
    """The key that orders a tag among those of its grammar and kind; None for unknown ones."""
    if tag.kind is Kind.unknown:
        return None
    if tag.kind is Kind.alias:
        return (tag.input,)
    if tag.order is not None:
        return tag.order
    return grammar_of(tag.grammar).order_key(tag)
