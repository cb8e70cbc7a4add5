"""Where a path leads in a document, for whoever writes there: to a node, or as far as there is one."""

from msgspec import Struct

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.yamledit.anchors import Anchors, is_merge
from ldmrelease.targets.yamledit.tree import Node


class FoundNode(Struct, frozen=True):
    """The node at a path, the key it stands under (None in a sequence), and the alias that led there."""

    node: Node
    key: Node | None = None
    alias: Node | None = None

    @property
    def here(self) -> Node:
        """What stands there in the text: the alias where there is one."""
        return self.alias or self.node


class Trail(Struct, frozen=True):
    """The nodes along a path, the root first; what a step stands in is the node of the one before.

    rest: the parts for which there is nothing.
    """

    steps: tuple[FoundNode, ...]
    rest: Path = ()

    @property
    def last(self) -> FoundNode:
        """The node at the path, or the deepest one that is there."""
        return self.steps[-1]


def find(root: Node, path: Path) -> FoundNode:
    """The node at the path.

    Raises `Refused`: `absent` and those of `follow`.
    """
    trail = follow(root, path)
    if trail.rest:
        raise absent(trail)
    return trail.last


def follow(root: Node, path: Path, *, shared: bool = False) -> Trail:
    """As far as the path leads. Where `shared`, anchors and aliases are followed: what is there is read elsewhere too.

    Raises `Refused`: `duplicate-key`, `not-a-mapping`, `not-a-list`, `merge-key` for what a merged mapping says; unless
    `shared`, also `alias`, `anchor`, and `merge-key` for what one could say.
    """
    anchors = Anchors(root)
    steps = [_own(FoundNode(root), anchors, shared)]
    for index, part in enumerate(path):
        node = steps[-1].node
        found = None if node.is_null else _inside(anchors, node, part)
        if found is None:
            if isinstance(part, str):
                _require_unmerged(anchors, node, part, shared)
            return Trail(tuple(steps), path[index:])
        steps.append(_own(found, anchors, shared))
    return Trail(tuple(steps))


def absent(trail: Trail) -> RefusedError:
    """What is said of a setting that has to be there, and is not."""
    node, part = trail.last.node, trail.rest[0]
    found = f"{len(node.items)} items" if isinstance(part, int) else part
    return RefusedError("absent", line=node.line, found=found.name if isinstance(found, Named) else found)


def _own(found: FoundNode, anchors: Anchors, shared: bool) -> FoundNode:
    node = found.node
    if shared:
        target = anchors.followed(node)
        if target is None:
            raise RefusedError("alias", line=node.line, found=f"*{node.value}")
        return FoundNode(target, found.key, node if node.kind == "alias" else None)
    if node.kind == "alias":
        raise RefusedError("alias", line=node.line, found=f"*{node.value}")
    if node.anchor is not None:
        raise RefusedError("anchor", line=node.line, found=f"&{node.anchor}")
    return found


def _inside(anchors: Anchors, node: Node, part: str | int | Named) -> FoundNode | None:
    if isinstance(part, str):
        return _entry(anchors, node, part)
    if node.kind != "sequence":
        raise RefusedError("not-a-list", line=node.line, found=node.kind)
    if isinstance(part, int):
        return FoundNode(node.items[part]) if part < len(node.items) else None
    named = [each for each in node.items if _name_of(anchors, each, part.key) == part.name]
    if len(named) > 1:
        raise RefusedError("duplicate-key", line=named[1].line, found=part.name)
    return FoundNode(named[0]) if named else None


def _name_of(anchors: Anchors, node: Node, key: str) -> str | None:
    target = anchors.followed(node)
    pairs = target.pairs if target is not None else ()
    found = next((anchors.followed(value) for name, value in pairs if name.value == key), None)
    return found.value if found is not None and found.kind == "scalar" else None


def _entry(anchors: Anchors, node: Node, name: str) -> FoundNode | None:
    if node.kind != "mapping":
        raise RefusedError("not-a-mapping", line=node.line, found=node.kind)
    matches = anchors.named(node, name)
    if len(matches) > 1:
        raise RefusedError("duplicate-key", line=matches[1][0].line, found=name)
    if not matches:
        return None
    ((key, value),) = matches
    if key.kind == "alias":
        raise RefusedError("alias", line=key.line, found=f"*{key.value}")
    if anchors.merged_over(node, key, name) is not None:
        raise RefusedError("merge-key", line=key.line, found="<<")
    return FoundNode(value, key)


def _require_unmerged(anchors: Anchors, node: Node, name: str, shared: bool) -> None:
    # A key of its own would hide what is merged, for good: what is put back later is a value, and no merge.
    merge = next((key for key, _ in node.pairs if is_merge(key)), None)
    if merge is not None and not (shared and anchors.merged(node, name) is None):
        raise RefusedError("merge-key", line=merge.line, found="<<")


def behind_colon(text: str, found: FoundNode) -> int:
    """Where what stands under a key begins, white space included. Raises `Refused` (`layout`)."""
    if found.key is None:
        raise RefusedError("layout", line=found.node.line, found="a null in a list")
    at = found.key.end
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    if text[at : at + 1] != ":":
        raise RefusedError("layout", line=found.node.line, found="a key without a colon")
    return at + 1
