"""How a product's tags are spelled, as its workspace says it; `tags` reads them."""

from typing import NamedTuple, TypeAlias

PATTERN = "pattern"
"""What the grammar of a product that has patterns of its own is called."""


class KindPattern(NamedTuple):
    """A pattern, and the kind of the tags that it reads (`tags.Kind`)."""

    kind: str
    text: str


class PatternGrammar(NamedTuple):
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

    def __str__(self) -> str:
        return PATTERN


AnyGrammar: TypeAlias = str | PatternGrammar
"""How a product's tags are spelled: the name of one of ours, or patterns of its own."""
