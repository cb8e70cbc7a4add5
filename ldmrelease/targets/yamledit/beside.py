"""What a document says at a path, for values that are read and never written: what stands elsewhere is followed."""

from collections.abc import Iterator
from functools import cached_property

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.yamledit.tree import Node

_MERGE = "<<"


def told_at(root: Node, path: Path) -> Node | None:
    """The scalar at a path as a reader of YAML takes it, aliases followed and keys merged; None where there is none.

    Its line is where the value stands. Of a key that is there twice the last one counts.
    """
    return _Document(root).at(path)


class _Document:
    def __init__(self, root: Node) -> None:
        self._root = root

    def at(self, path: Path) -> Node | None:
        node = self._followed(self._root)
        for part in path:
            if node is None:
                return None
            node = self._inside(node, part)
        return node if node is not None and node.kind == "scalar" else None

    @cached_property
    def _anchored(self) -> list[Node]:
        found = [each for each in _nodes(self._root) if each.anchor is not None]
        return sorted(found, key=lambda each: each.start, reverse=True)

    def _followed(self, node: Node) -> Node | None:
        if node.kind != "alias":
            return node
        # An anchor may be given anew: the last one before the alias is meant.
        return next(
            (each for each in self._anchored if each.anchor == node.value and each.start < node.start), None
        )

    def _inside(self, node: Node, part: str | int | Named) -> Node | None:
        if isinstance(part, str):
            return self._entry(node, part, set())
        if isinstance(part, int):
            return self._followed(node.items[part]) if part < len(node.items) else None
        items = (self._followed(each) for each in node.items)
        return next((each for each in items if each is not None and self._is_named(each, part.name)), None)

    def _is_named(self, node: Node, name: str) -> bool:
        found = self._entry(node, "name", set())
        return found is not None and found.value == name

    def _entry(self, node: Node, name: str, searched: set[int]) -> Node | None:
        """The value of a mapping's key: its own, or else of the first mapping merged into it that has one."""
        own = [value for key, value in node.pairs if key.kind == "scalar" and key.value == name]
        if own:
            return self._followed(own[-1])
        if id(node) in searched:
            return None
        searched.add(id(node))
        for each in self._merged(node):
            found = self._entry(each, name, searched)
            if found is not None:
                return found
        return None

    def _merged(self, node: Node) -> Iterator[Node]:
        for key, value in node.pairs:
            found = self._followed(value) if key.value == _MERGE and not key.style else None
            if found is not None:
                several = found.items if found.kind == "sequence" else (found,)
                yield from (each for inner in several if (each := self._followed(inner)) is not None)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in node.items:
        yield from _nodes(each)
    for key, value in node.pairs:
        yield from _nodes(key)
        yield from _nodes(value)
