"""Aliases and merged keys of a YAML document, as its readers follow them."""

from collections.abc import Iterator
from functools import cached_property

from msgspec.structs import replace

from ldmrelease.targets.yamledit.tree import Node

_MERGE = "<<"


class Anchors:
    """The anchors of the document that `root` is."""

    def __init__(self, root: Node) -> None:
        self._root = root

    def followed(self, node: Node) -> Node | None:
        """The node itself, or what its alias stands for; None where no anchor has that name."""
        if node.kind != "alias":
            return node
        # An anchor may be given anew: the last one before the alias is meant.
        return next(
            (each for each in self._anchored if each.anchor == node.value and each.start < node.start), None
        )

    def merged(self, node: Node, name: str) -> Node | None:
        """What the mappings that are merged into this one say for a key; None where none of them has it."""
        layers = self._layers(node, set())
        next(layers)
        for each in layers:
            own = [value for key, value in each.pairs if key.kind == "scalar" and key.value == name]
            if own:
                return self.followed(own[-1])
        return None

    def merged_over(self, node: Node, own: Node, name: str) -> Node | None:
        """What a merge key behind the mapping's `own` key says for it: Go's parser (Helm, kubectl) takes that, and
        others what stands there. None where nothing is said behind it."""
        behind = tuple((key, value) for key, value in node.pairs if is_merge(key) and key.start > own.start)
        return self.merged(replace(node, pairs=behind), name) if behind else None

    def named(self, node: Node, name: str) -> list[tuple[Node, Node]]:
        """The mapping's own entries of that name, those whose key is an alias among them."""
        followed = ((self.followed(key), key, value) for key, value in node.pairs)
        return [
            (key, value)
            for target, key, value in followed
            if target is not None and target.kind == "scalar" and target.value == name
        ]

    def entries(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The keys of a mapping as readers take them, those of merged mappings included; values are followed."""
        seen: set[str] = set()
        for each in self._layers(node, set()):
            # Of a key that is there twice the last one counts.
            own = {
                key.value: value for key, value in each.pairs if key.kind == "scalar" and not is_merge(key)
            }
            for name, value in own.items():
                found = self.followed(value)
                if name not in seen and found is not None:
                    yield name, found
            seen |= own.keys()

    @cached_property
    def _anchored(self) -> list[Node]:
        found = [each for each in nodes_of(self._root) if each.anchor is not None]
        return sorted(found, key=lambda each: each.start, reverse=True)

    def _layers(self, node: Node, searched: set[int]) -> Iterator[Node]:
        """The mapping and all that are merged into it: an earlier one wins."""
        if id(node) in searched:
            return
        searched.add(id(node))
        yield node
        for key, value in node.pairs:
            found = self.followed(value) if is_merge(key) else None
            if found is not None:
                several = found.items if found.kind == "sequence" else (found,)
                for inner in several:
                    if (each := self.followed(inner)) is not None:
                        yield from self._layers(each, searched)


def is_merge(key: Node) -> bool:
    """Whether this key merges another mapping into its own (YAML 1.1, "Merge Key")."""
    return key.kind == "scalar" and key.value == _MERGE and not key.style


def nodes_of(node: Node) -> Iterator[Node]:
    """A node and all that are below it, as they stand in the text."""
    yield node
    for each in node.items:
        yield from nodes_of(each)
    for key, value in node.pairs:
        yield from nodes_of(key)
        yield from nodes_of(value)
