"""What a workspace's patterns ask of its trees."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from pydantic import BaseModel, ValidationError

from ldmrelease.config.workspace.pattern_schema import HEAD, PatternTree, Repeated
from ldmrelease.config.workspace.patterns import nodes
from ldmrelease.config.workspace.patterns.repeats import asked_by
from ldmrelease.config.workspace.tree_questions import TreeQuestion
from ldmrelease.config.yaml.read import YamlNode, read

M = TypeVar("M", bound=BaseModel)

_SECTIONS = ("products", "patterns")


class AskedTree(Struct, frozen=True):
    """A tree of a workspace, and the questions that patterns ask of it."""

    name: str
    repository: str
    branch: str
    questions: tuple[TreeQuestion, ...]


def asked_trees(file: Path) -> list[AskedTree]:
    """What each tree of a workspace is asked; patterns that are wrong ask nothing. Raises `BadInput`."""
    root = read(file).root
    named = {name: _as(PatternTree, node) for name, _, node in nodes.entries(nodes.child(root, "trees"))}
    trees = {name: each for name, each in named.items() if each is not None}
    alone = next(iter(trees)) if len(trees) == 1 else None
    found: dict[str, dict[str, TreeQuestion]] = {name: {} for name in trees}
    for section in _SECTIONS:
        for tree, question in _asked(nodes.child(root, section), alone):
            if tree in found:
                found[tree].setdefault(question.asked, question)
    return [
        AskedTree(
            name, each.repository, each.branch, tuple(found[name][asked] for asked in sorted(found[name]))
        )
        for name, each in trees.items()
    ]


def _asked(node: YamlNode | None, above: str | None) -> Iterator[tuple[str | None, TreeQuestion]]:
    if node is None:
        return
    tree = above
    if isinstance(node.value, dict) and HEAD & node.value.keys():
        head = _as(Repeated, nodes.only(node, HEAD))
        tree = above if head is None or head.tree is None else head.tree
        if head is not None:
            yield from ((tree, each) for each in asked_by(head).questions)
    for key, each in node.children.items():
        if key not in HEAD:
            yield from _asked(each, tree)


def _as(model: type[M], node: YamlNode) -> M | None:
    try:
        return model.model_validate(node.value)
    except ValidationError:
        return None
