"""Values files, read and edited by splicing: exactly the characters of a setting are replaced.

Comments, quoting, line ends and odd formatting stay. After an edit the text is parsed again, to prove that
the settings meant, and nothing else, have changed; a file in which that fails is refused.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct

from ldmrelease.domain.value_paths import parse_path
from ldmrelease.targets.results import Refusal, RefusedError, Scalar, Unquoted, Value, joined
from ldmrelease.targets.yamledit import sequences
from ldmrelease.targets.yamledit.beside import told_at
from ldmrelease.targets.yamledit.splice import Splice, apply
from ldmrelease.targets.yamledit.tree import FoundNode, Node, decoded, find, is_text, parse

# Characters that need no quotes in any position of a plain scalar, in block and in flow style.
_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*")
_NULLS = {"", "~", "null", "Null", "NULL"}


class FoundSetting(Struct, frozen=True):
    """A setting as the file has it: its value, and the line where that begins (from 1); those of a list's items."""

    value: Value
    line: int
    items: tuple[int, ...] = ()

    def line_of(self, item: int | None) -> int:
        """The line of an item; that of the setting where none is meant."""
        return self.items[item] if item is not None and item < len(self.items) else self.line


def read_settings(
    data: bytes,
    paths: Sequence[str],
    file: str,
    optional: Collection[str] = (),
    beside: Collection[str] = (),
) -> dict[str, FoundSetting] | Refusal:
    """The settings at `paths`; `file` is the name for refusals. Raises ValueError for what is not a path.

    An `optional` one that is absent is left out, and so is one of `beside`, which nobody edits: there aliases are
    followed, and what is no scalar says nothing.

    A refusal lists what is wrong with every setting that cannot be edited.
    """
    try:
        root = parse(decoded(data)[1])
    except RefusedError as refused:
        return _at(refused.refusal, file)
    settings: dict[str, FoundSetting] = {}
    refusals: list[Refusal] = []
    for path in paths:
        try:
            with _about(path):
                node = find(root, parse_path(path)).node
                settings[path] = FoundSetting(
                    _value(node), node.line, tuple(each.line for each in node.items)
                )
        except RefusedError as refused:
            if refused.refusal.code != "absent" or path not in optional:
                refusals.append(_at(refused.refusal, file))
    for path in beside:
        told = told_at(root, parse_path(path))
        if told is not None:
            settings.setdefault(path, FoundSetting(told.scalar, told.line))
    return joined(refusals) if refusals else settings


def edit_settings(data: bytes, edits: Mapping[str, Value], file: str) -> bytes | Refusal:
    """The file with these settings changed, and nothing else. Raises ValueError for what is not a path."""
    try:
        mark, text = decoded(data)
        root = parse(text)
        found = {path: _find(root, path) for path in edits}
        splices = [each for path, value in edits.items() for each in _splices(text, found[path], path, value)]
        changed = apply(text, splices)
        _prove(root, changed, {id(found[path].node): value for path, value in edits.items()})
    except RefusedError as refused:
        return _at(refused.refusal, file)
    return mark + changed.encode()


def spelling(value: Scalar, style: str) -> str:
    """The characters of a scalar; `style` is the quote to keep, quotes are added where plain is not safe."""
    if isinstance(value, Unquoted):
        return value.unquoted
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style or not _PLAIN.fullmatch(value) or not is_text(value):
        return '"' + "".join(map(_escaped, value)) + '"'
    return value


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _find(root: Node, path: str) -> FoundNode:
    with _about(path):
        return find(root, parse_path(path))


@contextmanager
def _about(path: str) -> Iterator[None]:
    """Name the setting in what is refused inside."""
    try:
        yield
    except RefusedError as refused:
        raise RefusedError(refused.refusal.code, path=path, **refused.refusal.values) from None


def _value(node: Node) -> Value:
    if node.kind == "sequence":
        return tuple(_scalar(each) for each in node.items)
    return _scalar(node)


def _scalar(node: Node) -> Scalar:
    """The scalar, if it is one that can be replaced in its line."""
    if node.kind == "alias":
        raise RefusedError("alias", line=node.line, found=f"*{node.value}")
    if node.kind != "scalar":
        raise RefusedError("not-a-scalar", line=node.line, found=node.kind)
    if node.anchor is not None:
        raise RefusedError("anchor", line=node.line, found=f"&{node.anchor}")
    if node.tag is not None:
        raise RefusedError("tagged", line=node.line, found=node.tag)
    if node.style in ("|", ">") or node.line != node.last_line:
        raise RefusedError("multi-line", line=node.line, found=node.value[:80])
    if "{{" in node.value:
        raise RefusedError("templated", line=node.line, found=node.value)
    return node.scalar


def _splices(text: str, found: FoundNode, path: str, value: Value) -> list[Splice]:
    with _about(path):
        before = _value(found.node)
        if before == value:
            return []
        if isinstance(value, tuple):
            return _list_splices(text, found, value)
        if isinstance(before, tuple):
            raise RefusedError("not-a-scalar", line=found.node.line, found="sequence")
        return [_scalar_splice(text, found.node, value)]


def _list_splices(text: str, found: FoundNode, value: tuple[Scalar, ...]) -> list[Splice]:
    node = found.node
    if node.kind == "sequence":
        style = next((each.style for each in node.items), "")
        return sequences.splices(text, found, value, [spelling(each, style) for each in value])
    if node.style or node.value not in _NULLS:
        raise RefusedError("not-a-list", line=node.line, found=node.value)
    items = ", ".join(spelling(each, "") for each in value)
    return [_scalar_splice(text, node, Unquoted(f"[{items}]"))]


def _scalar_splice(text: str, node: Node, value: Scalar) -> Splice:
    # A null without characters stands right behind its colon or dash.
    gap = " " if node.start == node.end and text[node.start - 1 : node.start] in (":", "-") else ""
    return Splice(node.start, node.end, gap + spelling(value, node.style))


def _prove(before: Node, text: str, edits: Mapping[int, Value]) -> None:
    """Refuse (`unsafe`) unless the new text says what the old one said, but for the edits."""
    try:
        after = parse(text)
    except RefusedError as refused:
        raise RefusedError("unsafe", **refused.refusal.values) from None
    if after.shape() != before.shape(edits):
        raise RefusedError("unsafe", found="another setting would change too")


def _at(refusal: Refusal, file: str) -> Refusal:
    return Refusal(refusal.code, {"file": file} | refusal.values)
