"""From a text to a tag: the one entry to the grammars."""

from collections.abc import Collection

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.registry import grammar_of
from ldmrelease.domain.tags.tag import Tag


def parse(text: str, grammar: AnyGrammar, aliases: Collection[str] = ()) -> Tag:
    """Read a tag; whatever `text` holds, the answer is a Tag and never an exception.

    grammar: the product's grammar: its name, or its patterns. Raises ValueError if there is none of that name.
    aliases: the names that configuration says are moving names. They win over the grammar, and no other
        text is ever of kind `alias`.
    """
    chosen = grammar_of(grammar)
    if text in aliases and image_tag_fault(text) is None:
        from ldmrelease.domain.tags import rsp  # noqa: PLC0415 - its patterns are felt at every start

        return rsp.alias(text, str(grammar), name=None if chosen.NAMES_IN_GIT else text)
    return chosen.parse(text)
