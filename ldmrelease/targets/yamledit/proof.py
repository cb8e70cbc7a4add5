"""What a document says after an edit, worked out beside the text, so that the text can be proved against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.results import RefusedError, Unquoted, Value
from ldmrelease.targets.yamledit.tree import NULLS, Node, parse_documents

Shape = tuple[Any, ...]
_NULL: Shape = ("scalar", None, None, None)


class Edit(Struct, frozen=True):
    """What an edit does to nodes, each by its `id`.

    values: what is said in a node's place. added: the pairs or items behind the last one. removed: items that go,
    and values whose pair does.
    """

    values: Mapping[int, Value] = field(default_factory=dict)
    added: Mapping[int, Shape] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()


_NO_EDIT = Edit()


def prove(before: Sequence[Node], text: str, edit: Edit) -> None:
    """Refuse (`unsafe`) unless the new text says what the old documents said, but for the edit."""
    try:
        after = parse_documents(text)
    except RefusedError as refused:
        raise RefusedError("unsafe", **refused.refusal.values) from None
    wanted = [_edited(each, edit) for each in before]
    if _said([shape(each) for each in after]) != _said(wanted):
        raise RefusedError("unsafe", found="another setting would change too")


def _said(documents: Sequence[Shape]) -> Sequence[Shape]:
    """An empty file says what one empty document says."""
    return documents or [_NULL]


def shape(node: Node) -> Shape:
    """What the document says here, without where: equal shapes mean the same to every reader."""
    return _edited(node, _NO_EDIT)


def _edited(node: Node, edit: Edit) -> Shape:
    named = (node.anchor, node.tag)
    if id(node) in edit.values:
        kind, _, _, value = shape_of(edit.values[id(node)])
        return (kind, *named, value)
    added = edit.added.get(id(node), ())
    if node.kind == "mapping" or (added and added[0][0] == "pair"):
        pairs = [(key, value) for key, value in node.pairs if id(value) not in edit.removed]
        own = [("pair", _edited(key, edit), _edited(value, edit)) for key, value in pairs]
        return ("mapping", *named, (*own, *added))
    if node.kind == "sequence" or added:
        items = [_edited(each, edit) for each in node.items if id(each) not in edit.removed]
        return ("sequence", *named, (*items, *added))
    if node.is_null:
        return ("scalar", *named, None)
    return (node.kind, *named, node.scalar if node.kind == "scalar" else node.value)


def shape_of(value: Value) -> Shape:
    """The shape of a node that holds this value."""
    if isinstance(value, tuple):
        return ("sequence", None, None, tuple(shape_of(each) for each in value))
    is_null = isinstance(value, Unquoted) and value.unquoted.strip() in NULLS
    return ("scalar", None, None, None if is_null else value)


def shape_below(path: Path, value: Value) -> Shape:
    """The shape of a node that holds nothing but this value at a path below it."""
    if not path:
        return shape_of(value)
    inner = added_shape(path, value)
    return ("sequence" if isinstance(path[0], Named) else "mapping", None, None, (inner,))


def added_shape(path: Path, value: Value) -> Shape:
    """The shape of the pair or the item that is added for the first part of a path."""
    part, rest = path[0], path[1:]
    if not isinstance(part, Named):
        return ("pair", shape_of(str(part)), shape_below(rest, value))
    name = ("pair", shape_of(part.key), shape_of(part.name))
    return ("mapping", None, None, (name, added_shape(rest, value)))
