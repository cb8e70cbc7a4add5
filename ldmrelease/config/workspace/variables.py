"""Variables in texts: `{application}`. Pure."""

import re
from collections.abc import Iterator, Mapping

Bindings = Mapping[str, str]
"""What each variable stands for."""

NAME = re.compile(r"[a-z][a-z0-9_]*")
VARIABLE = re.compile(rf"\{{({NAME.pattern})\}}")
OF_TAGS = frozenset({"git", "eups", "image"})
"""Names that mean a spelling of the release in a component's `tag`, whatever a pattern calls so."""
VERBATIM = frozenset({"template", "grammar"})
"""Keys whose value has names of its own, those of a tag's parts: no variable is replaced there."""
OWN_NAMES = VERBATIM | {"tag"}
"""Keys whose value may have names that no pattern declares."""


def names_in(text: str) -> list[str]:
    """The variables of a text, in the order in which they stand there."""
    return VARIABLE.findall(text) if "{" in text else []


def replaced(text: str, bindings: Bindings) -> str:
    """A text with what its variables stand for; a variable that stands for nothing is left."""
    if "{" not in text:
        return text
    return VARIABLE.sub(lambda match: bindings.get(match[1], match[0]), text)


def unknown(text: str, bindings: Bindings) -> Iterator[str]:
    """The variables of a text that stand for nothing."""
    return (each for each in names_in(text) if each not in bindings)
