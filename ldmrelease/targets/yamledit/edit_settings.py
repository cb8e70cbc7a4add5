"""Values files, read and edited by splicing: exactly the characters of a setting are replaced.

Comments, quoting, line ends and odd formatting stay. After an edit the text is parsed again, to prove that
the settings meant, and nothing else, have changed; a file in which that fails is refused.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct

from ldmrelease.domain.value_paths import parse_manifest_path
from ldmrelease.targets.results import Absent, Refusal, RefusedError, Scalar, Unquoted, Value, joined
from ldmrelease.targets.yamledit import sequences
from ldmrelease.targets.yamledit.additions import absent_at, added
from ldmrelease.targets.yamledit.beside import node_at
from ldmrelease.targets.yamledit.locate import FoundNode, Trail, absent, follow
from ldmrelease.targets.yamledit.proof import Edit, prove
from ldmrelease.targets.yamledit.removals import removed
from ldmrelease.targets.yamledit.spelling import spelling
from ldmrelease.targets.yamledit.splice import Splice, apply
from ldmrelease.targets.yamledit.tree import Node, decoded, parse_documents, the_document

# An anchor or a tag, before the scalar that has it.
_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n]*(?:[ \t]+|(?=[\r\n])|\Z))+")


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
    shared: Collection[str] = (),
) -> dict[str, FoundSetting] | Refusal:
    """The settings at `paths`; `file` is the name for refusals. Raises ValueError for what is not a path.

    An `optional` one that is absent is `ABSENT`, at the line of the mapping that would hold it. One of `shared` may
    have an anchor, or be an alias (`readers_of` tells who reads it besides).
    What is `beside` nobody edits: there aliases are followed, and what is absent or a mapping is left out.

    A refusal lists what is wrong with every setting that cannot be edited.
    """
    try:
        text = decoded(data)[1]
        documents = parse_documents(text)
    except RefusedError as refused:
        return _at(refused.refusal, file)
    settings: dict[str, FoundSetting] = {}
    refusals: list[Refusal] = []
    for path in paths:
        try:
            with _about(path):
                settings[path] = _found(text, documents, path, path in optional, path in shared)
        except RefusedError as refused:
            refusals.append(_at(refused.refusal, file))
    for path in beside:
        told = _told(documents, path)
        if told is not None:
            settings.setdefault(path, told)
    return joined(refusals) if refusals else settings


def edit_settings(
    data: bytes,
    edits: Mapping[str, Value],
    file: str,
    optional: Collection[str] = (),
    shared: Collection[str] = (),
) -> bytes | Refusal:
    """The file with these settings changed, and nothing else. Raises ValueError for what is not a path.

    An `optional` one that is absent is added, and `ABSENT` takes any away; one of `shared` is written at its anchor.
    """
    try:
        mark, text = decoded(data)
        text, later = _replaced(text, edits, optional, shared)
        for path in later:
            with _about(path):
                text = _added_or_removed(text, path, edits[path], path in shared)
    except RefusedError as refused:
        return _at(refused.refusal, file)
    return mark + text.encode()


def _replaced(
    text: str, edits: Mapping[str, Value], optional: Collection[str], shared: Collection[str]
) -> tuple[str, Sequence[str]]:
    """The text with those settings changed that are there and stay; and the others."""
    documents = parse_documents(text)
    splices: list[Splice] = []
    values: dict[int, Value] = {}
    later: list[str] = []
    for path, value in edits.items():
        with _about(path):
            _, trail = _trail(text, documents, path, path in shared)
            if trail.rest or isinstance(value, Absent):
                if path not in optional and not isinstance(value, Absent):
                    raise _missing(documents, trail)
                later.append(path)
                continue
            node = trail.last.node
            if values.setdefault(id(node), value) != value:
                raise RefusedError("overlap")
            splices = [*splices, *_splices(text, trail.last, value, path in shared)]
    changed = apply(text, list(dict.fromkeys(splices)))
    prove(documents, changed, Edit(values))
    return changed, later


def _added_or_removed(text: str, path: str, value: Value, shared: bool) -> str:
    documents = parse_documents(text)
    root, trail = _trail(text, documents, path, shared)
    if isinstance(value, Absent):
        if trail.rest:
            return text
        if not trail.last.alias:
            _value(trail.last.node)
        splices, edit = removed(text, parse_manifest_path(path).path, trail, value)
    elif trail.rest:
        splices, edit = added(text, root, trail, value)
    else:  # an earlier one of these edits has made it
        splices, edit = _splices(text, trail.last, value, shared), Edit({id(trail.last.node): value})
    changed = apply(text, splices)
    prove(documents or (root,), changed, edit)
    return changed


def _trail(text: str, documents: Sequence[Node], path: str, shared: bool) -> tuple[Node, Trail]:
    """The document that is meant, and where the path leads in it; an empty file is one that says nothing."""
    where = parse_manifest_path(path)
    is_empty = not documents and where.manifest is None
    root = _nothing(text) if is_empty else the_document(documents, where.manifest)
    return root, follow(root, where.path, shared=shared)


@contextmanager
def _about(path: str) -> Iterator[None]:
    """Name the setting in what is refused inside."""
    try:
        yield
    except RefusedError as refused:
        raise RefusedError(refused.refusal.code, path=path, **refused.refusal.values) from None


def _missing(documents: Sequence[Node], trail: Trail) -> RefusedError:
    return absent(trail) if documents else RefusedError("empty-file")


def _nothing(text: str) -> Node:
    line = text.count("\n") + 1
    return Node("scalar", len(text), len(text), line, line)


def _found(text: str, documents: Sequence[Node], path: str, optional: bool, shared: bool) -> FoundSetting:
    _, trail = _trail(text, documents, path, shared)
    node = trail.last.node
    if not trail.rest:
        return FoundSetting(_value(node, shared), node.line, tuple(each.line for each in node.items))
    if not optional:
        raise _missing(documents, trail)
    return FoundSetting(absent_at(text, trail), trail.last.key.line if trail.last.key else node.line)


def _told(documents: Sequence[Node], path: str) -> FoundSetting | None:
    where = parse_manifest_path(path)
    try:
        found = node_at(the_document(documents, where.manifest), where.path)
    except RefusedError:
        return None
    if found is None or found.kind == "mapping" or any(each.kind != "scalar" for each in found.items):
        return None
    items = tuple(each.scalar for each in found.items)
    return FoundSetting(items if found.kind == "sequence" else found.scalar, found.line)


def _value(node: Node, shared: bool = False) -> Value:
    if node.kind == "sequence":
        return tuple(_scalar(each) for each in node.items)
    return _scalar(node, shared)


def _scalar(node: Node, shared: bool = False) -> Scalar:
    """The scalar, if it is one that can be replaced in its line."""
    if node.kind == "alias":
        raise RefusedError("alias", line=node.line, found=f"*{node.value}")
    if node.kind != "scalar":
        raise RefusedError("not-a-scalar", line=node.line, found=node.kind)
    if node.anchor is not None and not shared:
        raise RefusedError("anchor", line=node.line, found=f"&{node.anchor}")
    if node.tag is not None:
        raise RefusedError("tagged", line=node.line, found=node.tag)
    if node.style in ("|", ">") or node.line != node.last_line:
        raise RefusedError("multi-line", line=node.line, found=node.value[:80])
    if "{{" in node.value:
        raise RefusedError("templated", line=node.line, found=node.value)
    return node.scalar


def _splices(text: str, found: FoundNode, value: Value, shared: bool) -> list[Splice]:
    before = _value(found.node, shared)
    if before == value:
        return []
    if isinstance(value, tuple):
        return _list_splices(text, found, value)
    if isinstance(before, tuple) or isinstance(value, Absent):
        raise RefusedError("not-a-scalar", line=found.node.line, found="sequence")
    return [_scalar_splice(text, found.node, value)]


def _list_splices(text: str, found: FoundNode, value: tuple[Scalar, ...]) -> list[Splice]:
    node = found.node
    if node.kind == "sequence":
        style = next((each.style for each in node.items), "")
        return sequences.splices(text, found, value, [spelling(each, style) for each in value])
    if not node.is_null:
        raise RefusedError("not-a-list", line=node.line, found=node.value)
    items = ", ".join(spelling(each, "") for each in value)
    return [_scalar_splice(text, node, Unquoted(f"[{items}]"))]


def _scalar_splice(text: str, node: Node, value: Scalar) -> Splice:
    start = node.start
    if node.anchor is not None:
        properties = _PROPERTIES.match(text, start, node.end)
        start = properties.end() if properties else start
    # A null without characters stands right behind its colon, its dash or its anchor.
    gap = " " if start == node.end and not text[start - 1 : start].isspace() else ""
    return Splice(start, node.end, gap + spelling(value, node.style))


def _at(refusal: Refusal, file: str) -> Refusal:
    return Refusal(refusal.code, {"file": file} | refusal.values)
