"""Paths of values in YAML and JSON documents, as settings and images of custom resources are named: `a.b[0].c`."""

import re

from msgspec import Struct

_PART = re.compile(
    r"""(?P<dot>\.)?(?:\[(?:(?P<index>\d{1,6})|(?P<name>[^\[\]]+))\]
                    |"(?P<quoted>(?:[^"\\]|\\.)+)"
                    |(?P<key>[^.\[\]"]+))""",
    re.VERBOSE,
)


class Named(Struct, frozen=True):
    """A part of a path: the item of a list whose `name` is this, as in `initContainers[inithome]`."""

    name: str


Path = tuple[str | int | Named, ...]


def parse_path(text: str) -> Path:
    """Read `a.b[0].c`; a key with dots or brackets is quoted: `a."b.c"`. Raises ValueError.

    `[word]` is the item whose `name` is `word`, as Kubernetes' own lists are keyed.
    """
    parts: list[str | int | Named] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        # A dot stands before every key but the first, and before no index.
        bracket = match is not None and (match["index"] or match["name"])
        if match is None or bool(match["dot"]) != (bool(parts) and not bracket):
            raise ValueError(f'{text!r} is not a path of a setting; write it like images.pin[0] or a."b.c"')
        if match["index"] is not None:
            parts.append(int(match["index"]))
        elif match["name"] is not None:
            parts.append(Named(match["name"]))
        else:
            parts.append(match["key"] or re.sub(r"\\(.)", r"\1", match["quoted"]))
        position = match.end()
    if not parts:
        raise ValueError("the path of a setting is empty")
    return tuple(parts)
