"""From a text to a tag: the one entry to all grammars."""

from collections.abc import Callable, Collection

from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.model import PATTERN, AnyGrammar, Grammar, Tag


def parse(text: str, grammar: AnyGrammar | str, aliases: Collection[str] = ()) -> Tag:
    """Read a tag; whatever `text` holds, the answer is a Tag and never an exception.

    grammar: the product's grammar; the name of one of ours will do. Raises ValueError if there is none of that name.
    aliases: the names that configuration says are moving names. They win over the grammar, and no other
        text is ever of kind `alias`.
    """
    chosen = Grammar(grammar) if isinstance(grammar, str) else grammar
    if text in aliases and image_tag_fault(text) is None:
        from ldmrelease.domain.tags import rsp  # noqa: PLC0415 - as in _reader

        return rsp.alias(text, chosen if isinstance(chosen, Grammar) else PATTERN)
    if not isinstance(chosen, Grammar):
        from ldmrelease.domain.tags.patterns import grammar as patterns  # noqa: PLC0415 - as in _reader

        return patterns.parse(text, chosen)
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
        case Grammar.cycle:
            from ldmrelease.domain.tags import cycle  # noqa: PLC0415

            return cycle.parse
