"""How scalars are written: plain where every reader takes that for the same text, in quotes else."""

import re
from collections import Counter
from collections.abc import Iterable

from ldmrelease.targets.results import Scalar, Unquoted
from ldmrelease.targets.yamledit.tree import Node, is_text

# Characters that need no quotes in any position of a plain scalar, in block and in flow style.
_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*")
_QUOTES = ("'", '"')


def spelling(value: Scalar, style: str) -> str:
    """The characters of a scalar; `style` is the quote to keep, quotes are added where plain is not safe."""
    if isinstance(value, Unquoted):
        return value.unquoted
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style or not _is_plain(value):
        return '"' + "".join(map(_escaped, value)) + '"'
    return value


def quotes_of(neighbours: Iterable[Node]) -> str:
    """The quotes that these scalars have without need; empty where most have none."""
    free = [each for each in neighbours if each.kind == "scalar" and each.style in ("", *_QUOTES)]
    counted = Counter(each.style for each in free if _is_plain(each.value))
    return max(counted, key=lambda style: (counted[style], style == ""), default="")


def _is_plain(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None and is_text(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
