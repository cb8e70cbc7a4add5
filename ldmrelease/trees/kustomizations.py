"""Kustomizations read without Kustomize: what they bring together, and the images that they put in the place of
others (kubectl.docs.kubernetes.io, "kustomization.yaml"). Patches are applied where they name a container."""

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.trees.containers import containers
from ldmrelease.trees.files import Tree
from ldmrelease.trees.references import split_reference
from ldmrelease.trees.values import (
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    child,
    read_documents,
    text_at,
)

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ELSEWHERE = re.compile(r"^[a-z+]+://|^git@|^github\.com[/:]|\?ref=|\?timeout=")
DEEPEST = 20
"""How far kustomizations may bring in others; deeper they go in a circle."""


class DeclaredContainer(Struct, frozen=True):
    """A container of a manifest, with the image that is in force and the scalars that decide it."""

    kind: str
    name: str
    container: str
    image: str
    parts: tuple[YamlScalar, ...]


class Kustomizations:
    """Those of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._read: dict[str, list[YamlValue]] = {}

    def folders(self) -> list[str]:
        """All folders with one."""
        return sorted(
            posixpath.dirname(each) for each in self._tree.files() if posixpath.basename(each) in NAMES
        )

    def documents(self, file: str) -> list[YamlValue]:
        """The documents of a file. Raises `UnreadableFile`."""
        if file not in self._read:
            self._read[file] = read_documents(self._tree.read(file), file)
        return self._read[file]

    def kustomization(self, folder: str) -> YamlValue | None:
        """What the folder's says; None where it has none. Raises `UnreadableFile`."""
        for name in NAMES:
            file = posixpath.join(folder, name) if folder else name
            if file in self._tree.files():
                found = self.documents(file)
                return found[0] if found else None
        return None

    def referenced(self, folder: str) -> Iterator[str]:
        """The files and folders of the tree that the folder's kustomization brings in."""
        for each in self._entries(folder):
            if not _ELSEWHERE.search(each):
                yield _joined(folder, each)

    def elsewhere(self, folder: str, depth: int = 0) -> list[str]:
        """What it brings in, at any depth, that is not in the tree."""
        found = [each for each in self._entries(folder) if _ELSEWHERE.search(each)]
        for each in self.referenced(folder):
            if each not in self._tree.files() and depth < DEEPEST:
                found += self.elsewhere(each, depth + 1)
        return found

    def objects(self, folder: str, depth: int = 0) -> Iterator[YamlValue]:
        """The objects that it brings together, as their own files have them. Raises `UnreadableFile`."""
        if depth > DEEPEST:
            raise UnreadableFile(folder, "it brings itself in")
        for each in self.referenced(folder):
            if each in self._tree.files():
                yield from self.documents(each)
            else:
                yield from self.objects(each, depth + 1)

    def containers(self, folder: str, depth: int = 0) -> list[DeclaredContainer]:
        """The containers of what it brings together, with the images in force. Raises `UnreadableFile`."""
        if depth > DEEPEST:
            raise UnreadableFile(folder, "it brings itself in")
        found: list[DeclaredContainer] = []
        for each in self.referenced(folder):
            if each in self._tree.files():
                found += declared(self.documents(each))
            else:
                found += self.containers(each, depth + 1)
        here = self.kustomization(folder)
        for patch in self._patches(folder, here):
            found = [_patched(each, patch) for each in found]
        return [_transformed(each, _items(here, "images")) for each in found]

    def _entries(self, folder: str) -> Iterator[str]:
        here = self.kustomization(folder)
        for key in ("resources", "bases", "components"):
            for each in _items(here, key):
                if isinstance(each, YamlScalar):
                    yield each.text

    def _patches(self, folder: str, here: YamlValue | None) -> list[DeclaredContainer]:
        files = [each.text for each in _items(here, "patchesStrategicMerge") if isinstance(each, YamlScalar)]
        files += [path for each in _items(here, "patches") if (path := text_at(each, "path"))]
        there = (joined for each in files if (joined := _joined(folder, each)) in self._tree.files())
        return [each for file in there for each in declared(self.documents(file))]


def declared(documents: list[YamlValue]) -> list[DeclaredContainer]:
    """The containers of manifests."""
    found = []
    for document in documents:
        kind, name = text_at(document, "kind") or "", text_at(document, "metadata", "name") or ""
        for container, image in containers(document):
            text = image.printed()
            if text is not None:
                found.append(DeclaredContainer(kind, name, container, text, (image,)))
    return found


def _patched(container: DeclaredContainer, patch: DeclaredContainer) -> DeclaredContainer:
    same = all(getattr(container, field) == getattr(patch, field) for field in ("kind", "name", "container"))
    return replace(container, image=patch.image, parts=patch.parts) if same else container


def _transformed(container: DeclaredContainer, images: tuple[YamlValue, ...]) -> DeclaredContainer:
    """With the image that `images:` puts in its place."""
    split = split_reference(container.image)
    entry = next((each for each in images if split is not None and text_at(each, "name") == split[0]), None)
    if entry is None or split is None:
        return container
    name, tag, digest = (child(entry, key) for key in ("newName", "newTag", "digest"))
    rest = split[1]
    if isinstance(digest, YamlScalar):
        rest = f"@{digest.text}"
    elif isinstance(tag, YamlScalar):
        rest = f":{tag.text}"
    own = () if isinstance(name, YamlScalar) and rest != split[1] else container.parts
    new = tuple(each for each in (name, digest or tag) if isinstance(each, YamlScalar))
    text = (name.text if isinstance(name, YamlScalar) else split[0]) + rest
    return replace(container, image=text, parts=(*own, *new))


def _items(value: YamlValue | None, key: str) -> tuple[YamlValue, ...]:
    found = child(value, key) if isinstance(value, YamlMapping) else None
    return found.items if isinstance(found, YamlSequence) else ()


def _joined(folder: str, name: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, name))
    return "" if path == "." else path
