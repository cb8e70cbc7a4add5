"""What a text means that the expected grammar does not read: as another one's tag, or what was meant by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ldmrelease.domain.tags.registry import grammar_of
from ldmrelease.domain.tags.tag_reading import parse

if TYPE_CHECKING:
    from ldmrelease.domain.product_grammar import AnyGrammar
    from ldmrelease.domain.tags.tag import Tag

_DIGEST = "sha256:"
_PREFIX = re.compile(r"[a-z][a-z0-9]*-(.+)")
"""What the images of a product have before the release in their tags, such as `al9-`."""


class TagGrammar(NamedTuple):
    """A grammar with the moving names that are known beside it."""

    grammar: AnyGrammar
    aliases: frozenset[str] = frozenset()


def read_in_any(text: str, grammars: Sequence[TagGrammar]) -> Tag:
    """The tag as the first grammar that reads it does.

    Where none does, it is the first one's tag of kind `unknown`, and its reason says what may be meant.
    """
    read: list[Tag] = []
    for each in grammars:
        tag = parse(text, each.grammar, each.aliases)
        if tag.parsed:
            return tag
        read.append(tag)
    if text.startswith(_DIGEST):
        return read[0]._replace(reason="a digest; `ldmrelease release show DIGEST` names its release")
    meant = next(_meant(text, grammars), None)
    reason = read[0].reason or ""
    # A grammar may have said what is near by itself.
    if meant is None or meant in reason:
        return read[0]
    return read[0]._replace(reason=f"{reason}; did you mean {meant}?")


def _meant(text: str, grammars: Sequence[TagGrammar]) -> Iterator[str]:
    """The tags that a text may be in another case, with other separators, or with an image's prefix taken off; those
    of the grammar that is expected come first.
    """
    plain = text.strip().lower()
    prefixed = _PREFIX.fullmatch(plain)
    for spelled in (plain, prefixed[1]) if prefixed else (plain,):
        for each in grammars:
            for other in (spelled, *grammar_of(each.grammar).other_spellings(spelled)):
                tag = parse(other, each.grammar, each.aliases)
                if tag.name is not None:
                    yield tag.name
