"""From a text to a tag: the one entry to the three grammars."""

from collections.abc import Collection

from ldmrelease.domain.tags import rsp, rubin, semver
from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.model import Grammar, Tag

_READERS = {Grammar.rubin: rubin.parse, Grammar.rsp: rsp.parse, Grammar.semver: semver.parse}


def parse(text: str, grammar: Grammar | str, aliases: Collection[str] = ()) -> Tag:
    """Read a tag; whatever `text` holds, the answer is a Tag and never an exception.

    grammar: the product's grammar; its name will do. Raises ValueError if there is none of that name.
    aliases: the names that configuration says are moving names. They win over the grammar, and no other
        text is ever of kind `alias`.
    """
    chosen = Grammar(grammar)
    if text in aliases and image_tag_fault(text) is None:
        return rsp.alias(text, chosen)
    return _READERS[chosen](text)
