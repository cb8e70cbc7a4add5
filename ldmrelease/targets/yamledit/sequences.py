"""Items of a YAML list, added and removed line by line, so that every other line stays as it is."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from ldmrelease.targets.results import RefusedError, Scalar
from ldmrelease.targets.yamledit.layout import has_comment
from ldmrelease.targets.yamledit.locate import FoundNode
from ldmrelease.targets.yamledit.splice import Splice
from ldmrelease.targets.yamledit.tree import Node

_BEFORE_ITEM = re.compile(r"[ \t]*-[ \t]+")
_AFTER_ITEM = re.compile(r"[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_COLON = re.compile(r"[ \t]*:")


def splices(text: str, found: FoundNode, wanted: Sequence[Scalar], spelled: Sequence[str]) -> list[Splice]:
    """What turns the list into `wanted`; `spelled` are the characters of each wanted item.

    Raises `Refused` (`layout`) for a list that is not written one item a line, or in one pair of brackets.
    """
    node = found.node
    if node.flow:
        return _flow(text, node, wanted, spelled)
    if not wanted:
        return _emptied(text, found)
    return _block(text, node, wanted, spelled)


def _changes(node: Node, wanted: Sequence[Scalar]) -> list[tuple[int, int, int, int]]:
    """Runs of items to remove (`i1:i2`) and of wanted ones to put there (`j1:j2`)."""
    matcher = SequenceMatcher(None, [each.scalar for each in node.items], list(wanted), autojunk=False)
    return [(i1, i2, j1, j2) for kind, i1, i2, j1, j2 in matcher.get_opcodes() if kind != "equal"]


def _block(text: str, node: Node, wanted: Sequence[Scalar], spelled: Sequence[str]) -> list[Splice]:
    lines = [_line(text, each) for each in node.items]
    # An item that moves keeps the comment at the end of its line, too.
    there = {
        each.scalar: text[each.start : end].rstrip("\r\n")
        for each, (_, end) in zip(node.items, lines, strict=True)
    }
    spelled = [there.get(each, new) for each, new in zip(wanted, spelled, strict=True)]
    result: list[Splice] = []
    for i1, i2, j1, j2 in _changes(node, wanted):
        # A comment at the end of a line goes with its item: it was said about that one.
        result += [Splice(start, end, "") for start, end in lines[i1:i2]]
        if j1 < j2:
            result.append(_inserted(text, node, lines, i1, spelled[j1:j2]))
    return result


def _line(text: str, item: Node) -> tuple[int, int]:
    """The span of an item's line, its line end included."""
    start = max(text.rfind("\n", 0, item.start), text.rfind("\r", 0, item.start)) + 1
    after = _AFTER_ITEM.match(text, item.end)
    if not _BEFORE_ITEM.fullmatch(text[start : item.start]) or after is None:
        raise RefusedError("layout", line=item.line, found=text[start : item.end])
    return start, after.end()


def _inserted(
    text: str, node: Node, lines: Sequence[tuple[int, int]], index: int, spelled: Sequence[str]
) -> Splice:
    """New lines right behind the item before, so that comments above the next one stay with it."""
    model_start, model_end = lines[max(index - 1, 0)]
    dash = text[model_start : node.items[max(index - 1, 0)].start]
    line = text[model_start:model_end]
    newline = line[len(line.rstrip("\r\n")) :]
    at = model_end if index else _above_comments(text, model_start)
    if newline:
        return Splice(at, at, "".join(dash + each + newline for each in spelled))
    # The last line of the file has no end; neither has it afterwards.
    newline = "\r\n" if "\r\n" in text else "\n"
    if index:
        return Splice(at, at, "".join(newline + dash + each for each in spelled))
    return Splice(at, at, "".join(dash + each + newline for each in spelled))


def _above_comments(text: str, start: int) -> int:
    """The start of the comment lines that stand right above a line: they belong to its item."""
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" \t").startswith("#"):
            return start
        start = above
    return start


def _emptied(text: str, found: FoundNode) -> list[Splice]:
    """`key: []`, and the lines of the items gone."""
    node = found.node
    colon = _COLON.match(text, found.key.end) if found.key else None
    if colon is None:
        raise RefusedError("layout", line=node.line, found="a list of lists")
    lines = [_line(text, each) for each in node.items]
    return [Splice(colon.end(), colon.end(), " []"), *(Splice(start, end, "") for start, end in lines)]


def _flow(text: str, node: Node, wanted: Sequence[Scalar], spelled: Sequence[str]) -> list[Splice]:
    if has_comment(text, node):
        raise RefusedError("layout", line=node.line, found="a comment between brackets")
    pieces: dict[int, str] = {}
    matcher = SequenceMatcher(None, [each.scalar for each in node.items], list(wanted), autojunk=False)
    for kind, i1, _, j1, j2 in matcher.get_opcodes():
        for offset, j in enumerate(range(j1, j2)):
            kept = node.items[i1 + offset] if kind == "equal" else None
            pieces[j] = text[kept.start : kept.end] if kept else spelled[j]
    inside = ", ".join(pieces[j] for j in range(len(wanted)))
    if node.items:
        return [Splice(node.items[0].start, node.items[-1].end, inside)]
    return [Splice(node.start + 1, node.end - 1, inside)]
