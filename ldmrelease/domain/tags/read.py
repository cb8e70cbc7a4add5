"""From a text to a tag: the one entry to the three grammars."""

from collections.abc import Callable, Collection

from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.model import Grammar, Tag


def parse(text: str, grammar: Grammar | str, aliases: Collection[str] = ()) -> Tag:
    """Read a tag; whatever `text` holds, the answer is a Tag and never an exception.

    grammar: the product's grammar; its name will do. Raises ValueError if there is none of that name.
    aliases: the names that configuration says are moving names. They win over the grammar, and no other
        text is ever of kind `alias`.
    """
    chosen = Grammar(grammar)
    if text in aliases and image_tag_fault(text) is None:
        from ldmrelease.domain.tags import rsp  # noqa: PLC0415 - as in _reader

        return rsp.alias(text, chosen)
    return _reader(chosen)(text)


def _reader(grammar: Grammar) -> Callable[[str], Tag]:
    """The grammar's own; the patterns of the others are not compiled for it, as that is felt at every start."""
    match grammar:
        case Grammar.rubin:
            from ldmrelease.domain.tags import rubin  # noqa: PLC0415

            return rubin.parse
        case Grammar.rsp:
            from ldmrelease.domain.tags import rsp  # noqa: PLC0415

            return rsp.parse
        case Grammar.semver:
            from ldmrelease.domain.tags import semver  # noqa: PLC0415

            return semver.parse
