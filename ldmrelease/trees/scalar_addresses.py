"""How scalars of a tree are named in a workspace: a file, one document of it, and a path in that."""

import json
import re
from collections.abc import Sequence

from ldmrelease.trees.files import Tree
from ldmrelease.trees.parsed import documents_of
from ldmrelease.trees.values import (
    KeyPath,
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    text_at,
)

_ITEM = re.compile(r"[^\[\]]*[^\[\]0-9][^\[\]]*")


def path_text(path: KeyPath) -> str:
    """A path as settings are named in a workspace: `a.b[0]."c.d"`."""
    return _spelled(path, {})


class Addresses:
    """Names scalars so that a change elsewhere in their file does not rename them. Files are read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._read: dict[str, Sequence[YamlValue]] = {}

    def path(self, file: str, path: KeyPath) -> str:
        """The path of what stands in a file of one document, or would stand there; items of lists by their name."""
        if not any(isinstance(each, int) for each in path):
            return path_text(path)
        documents = self._documents(file)
        return _spelled(path, _named(documents[0], path) if len(documents) == 1 else {})

    def document_and_path(self, scalar: YamlScalar) -> tuple[str, str]:
        """`KIND/NAME` of the document that a scalar is in, empty where its file has one alone; and the path in it."""
        documents = self._documents(scalar.file)
        home = next((each for each in documents if _holds(each, scalar)), None)
        if home is None:
            return "", path_text(scalar.path)
        several = f"{text_at(home, 'kind') or ''}/{text_at(home, 'metadata', 'name') or ''}"
        return (several if len(documents) > 1 else ""), _spelled(scalar.path, _named(home, scalar.path))

    def _documents(self, file: str) -> Sequence[YamlValue]:
        if file not in self._read:
            try:
                self._read[file] = documents_of(self._tree, file)
            except UnreadableFile:
                self._read[file] = ()
        return self._read[file]


def _holds(document: YamlValue, scalar: YamlScalar) -> bool:
    found: YamlValue | None = document
    for step in scalar.path:
        found = _step(found, step)
    return isinstance(found, YamlScalar) and found.line == scalar.line


def _step(value: YamlValue | None, step: str | int) -> YamlValue | None:
    if isinstance(value, YamlSequence) and isinstance(step, int) and step < len(value.items):
        return value.items[step]
    return value.entries.get(step) if isinstance(value, YamlMapping) and isinstance(step, str) else None


def _named(document: YamlValue, path: KeyPath) -> dict[int, str]:
    """By how far along the path they are, the names of items whose list has no other one of that name."""
    names: dict[int, str] = {}
    found: YamlValue | None = document
    for depth, step in enumerate(path):
        if isinstance(found, YamlSequence) and isinstance(step, int) and step < len(found.items):
            all_names = [text_at(each, "name") for each in found.items if isinstance(each, YamlMapping)]
            name = text_at(found.items[step], "name")
            if name and all_names.count(name) == 1 and _ITEM.fullmatch(name):
                names[depth] = name
        found = _step(found, step)
    return names


def _spelled(path: KeyPath, names: dict[int, str]) -> str:
    text = ""
    for depth, each in enumerate(path):
        if isinstance(each, int):
            text += f"[{names.get(depth, each)}]"
        else:
            plain = bool(each) and not any(character in each for character in '.[]"')
            text += ("." if text else "") + (each if plain else json.dumps(each, ensure_ascii=False))
    return text
