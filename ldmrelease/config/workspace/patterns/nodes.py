"""Nodes of a document made anew: what a pattern makes stands where the pattern does."""

from collections.abc import Collection, Iterable, Sequence

from ldmrelease.config.workspace.variables import OF_TAGS, VERBATIM, Bindings
from ldmrelease.config.yaml.read import YamlNode

Entry = tuple[str, tuple[int, int], YamlNode]
"""A key, where it stands, and its value."""


def entries(node: YamlNode | None) -> list[Entry]:
    """The entries of a mapping; none of anything else."""
    if node is None or not isinstance(node.value, dict):
        return []
    return [(key, node.keys[key], child) for key, child in node.children.items()]


def items(node: YamlNode | None) -> list[YamlNode]:
    """The items of a list; none of anything else."""
    return list(node.children.values()) if node is not None and isinstance(node.value, list) else []


def mapping(at: YamlNode, own: Iterable[Entry]) -> YamlNode:
    """A mapping that stands where a node does."""
    node = YamlNode(at.line, at.column, {}, {}, {})
    for key, place, child in own:
        put(node, key, place, child)
    return node


def put(node: YamlNode, key: str, place: tuple[int, int], child: YamlNode) -> None:
    """Add an entry to a mapping that was made here, or replace it."""
    node.keys[key], node.children[key], node.value[key] = place, child, child.value


def sequence(at: YamlNode, own: Sequence[YamlNode]) -> YamlNode:
    """A list that stands where a node does."""
    return YamlNode(at.line, at.column, [each.value for each in own], dict(enumerate(own)), {})


def text(at: YamlNode, value: str) -> YamlNode:
    """A text that stands where a node does."""
    return YamlNode(at.line, at.column, value, {}, {})


def only(node: YamlNode, keys: Collection[str], *, without: bool = False) -> YamlNode:
    """A mapping with these entries alone, or with all others."""
    return mapping(node, (each for each in entries(node) if (each[0] in keys) is not without))


def child(node: YamlNode | None, *keys: str) -> YamlNode | None:
    """What stands there; None where nothing does."""
    for key in keys:
        node = None if node is None or not isinstance(node.value, dict) else node.children.get(key)
    return node


def known_in(key: str, bindings: Bindings) -> Bindings:
    """The variables that are replaced in what stands under a key."""
    if key in VERBATIM:
        return {}
    return (
        {name: value for name, value in bindings.items() if name not in OF_TAGS} if key == "tag" else bindings
    )
