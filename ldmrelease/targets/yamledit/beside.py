"""What a document says at a path, for values that are read and never written: what stands elsewhere is followed."""

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.yamledit.anchors import Anchors
from ldmrelease.targets.yamledit.tree import Node


def told_at(root: Node, path: Path) -> Node | None:
    """The scalar at a path as a reader of YAML takes it, aliases followed and keys merged; None where there is none.

    Its line is where the value stands. Of a key that is there twice the last one counts, a merge key behind it too.
    """
    node = node_at(root, path)
    return node if node is not None and node.kind == "scalar" else None


def node_at(root: Node, path: Path) -> Node | None:
    """The same, whatever stands there."""
    anchors = Anchors(root)
    node = anchors.followed(root)
    for part in path:
        if node is None:
            return None
        node = _inside(anchors, node, part)
    return node


def _inside(anchors: Anchors, node: Node, part: str | int | Named) -> Node | None:
    if isinstance(part, str):
        return _entry(anchors, node, part)
    if isinstance(part, int):
        return anchors.followed(node.items[part]) if part < len(node.items) else None
    items = (anchors.followed(each) for each in node.items)
    return next((each for each in items if each is not None and _is_named(anchors, each, part)), None)


def _is_named(anchors: Anchors, node: Node, named: Named) -> bool:
    found = _entry(anchors, node, named.key)
    return found is not None and found.value == named.name


def _entry(anchors: Anchors, node: Node, name: str) -> Node | None:
    own = anchors.named(node, name)
    if not own:
        return anchors.merged(node, name)
    key, value = own[-1]
    return anchors.merged_over(node, key, name) or anchors.followed(value)
