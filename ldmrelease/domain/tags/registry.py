"""The grammars of tags. A new one is a file beside this one, and a line here."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

GRAMMARS: dict[str, str] = {
    "rubin": "ldmrelease.domain.tags.rubin",
    "rsp": "ldmrelease.domain.tags.rsp",
    "semver": "ldmrelease.domain.tags.semver",
    "cycle": "ldmrelease.domain.tags.cycle",
}
"""By the name that the workspace's file has for it, the module. One is loaded when it is asked for: to compile the
patterns of all of them would be felt at every start."""

if TYPE_CHECKING:
    from ldmrelease.domain.product_grammar import AnyGrammar
    from ldmrelease.domain.tags import cycle, rsp, rubin, semver
    from ldmrelease.domain.tags.interface import Grammar

    _GRAMMARS: tuple[Grammar, ...] = (rubin, rsp, semver, cycle)


def grammar_of(name: "AnyGrammar") -> "Grammar":
    """A grammar by its name, or of a workspace's own patterns. Raises `ValueError` for a name that is none."""
    if not isinstance(name, str):
        from ldmrelease.domain.tags.patterns.grammar import own_grammar  # noqa: PLC0415 - as above

        return own_grammar(name)
    if name not in GRAMMARS:
        raise ValueError(f"{name!r} is not a grammar of tags; known: {', '.join(GRAMMARS)}")
    return cast("Grammar", import_module(GRAMMARS[name]))
