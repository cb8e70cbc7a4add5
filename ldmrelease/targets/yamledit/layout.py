"""Where the parts of a YAML text stand in its lines, and how its writer indents."""

import re
from collections import Counter
from collections.abc import Iterable

from ldmrelease.targets.yamledit.anchors import nodes_of
from ldmrelease.targets.yamledit.tree import Node

_STEP = 2
_BLOCK = ("|", ">")


def line_start(text: str, position: int) -> int:
    """Where the line of a position begins."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def line_after(text: str, end: int) -> int:
    """Where the line behind the one that `end` is in begins; the length of the text where there is none."""
    if is_line_start(text, end):
        return end
    found = re.compile(r"\r\n|\r|\n").search(text, end)
    return found.end() if found else len(text)


def is_line_start(text: str, position: int) -> bool:
    """Whether a line begins there, and not the first one."""
    return position > 0 and text[position - 1] in "\r\n"


def column(text: str, position: int) -> int:
    """How many characters stand before it in its line."""
    return position - line_start(text, position)


def newline_of(text: str) -> str:
    """The line end of the text."""
    return "\r\n" if "\r\n" in text else "\n"


def end_of(text: str, node: Node) -> int:
    """Where the last value of a node ends; comments that follow on lines of their own stay behind it."""
    while not node.flow and (node.pairs or node.items):
        node = node.pairs[-1][1] if node.pairs else node.items[-1]
    if node.style in _BLOCK and "+" not in text[node.start : line_after(text, node.start)].partition("#")[0]:
        # Its empty lines at the end are no part of it.
        return len(text[: node.end].rstrip("\r\n \t"))
    return node.end


def has_comment(text: str, node: Node) -> bool:
    """Whether a comment stands between the brackets of a collection."""
    scalars = sorted((each for each in nodes_of(node) if each.kind == "scalar"), key=lambda each: each.start)
    ends = [node.start, *(each.end for each in scalars)]
    starts = [*(each.start for each in scalars), node.end]
    return any("#" in text[end:start] for end, start in zip(ends, starts, strict=True))


def step_of(text: str, root: Node) -> int:
    """By how many columns the mappings of a document are indented, mostly."""
    return _mostly(
        column(text, value.pairs[0][0].start) - column(text, key.start)
        for key, value in _pairs(root)
        if value.pairs and not value.flow and value.line > key.line
    )


def dash_of(text: str, root: Node) -> int:
    """By how many columns the dashes of lists are indented, mostly."""
    return _mostly(
        column(text, dash) - column(text, key.start)
        for key, value in _pairs(root)
        if value.items and not value.flow and (dash := dash_before(text, value.items[0])) is not None
    )


def dash_before(text: str, item: Node) -> int | None:
    """Where the dash of an item is; None where something else stands between."""
    start = line_start(text, item.start)
    found = re.compile(r"[ ]*(-)[ \t]+").fullmatch(text, start, item.start)
    return found.start(1) if found else None


def _pairs(root: Node) -> Iterable[tuple[Node, Node]]:
    return (pair for each in nodes_of(root) if not each.flow for pair in each.pairs)


def _mostly(found: Iterable[int]) -> int:
    counted = Counter(each for each in found if each >= 0)
    return max(counted, key=lambda each: (counted[each], each == _STEP), default=_STEP)
