"""Kustomizations read without Kustomize: what they bring together, and the images that they put in the place of
others (kubectl.docs.kubernetes.io, "kustomization.yaml"). Patches are applied where they name a container."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.trees.containers import containers
from ldmrelease.trees.files import Tree
from ldmrelease.trees.image_references import split_reference
from ldmrelease.trees.parsed import documents_of
from ldmrelease.trees.values import (
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    child,
    text_at,
)

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ELSEWHERE = re.compile(r"://|::|@|^github\.com[/:]|\?ref=|\?timeout=", re.IGNORECASE)
DEEPEST = 20
"""How far kustomizations may bring in others; deeper they go in a circle."""
MOST = 20_000
"""Objects of one kustomization."""
# These run plug-ins, or name what is fetched, in files of their own.
_PROGRAMS = (
    "generators",
    "transformers",
    "validators",
    "helmCharts",
    "helmChartInflationGenerator",
    "helmGlobals",
)


_FIELDS = frozenset(
    {
        "apiVersion",
        "bases",
        "buildMetadata",
        "commonAnnotations",
        "commonLabels",
        "components",
        "configMapGenerator",
        "configurations",
        "crds",
        "generatorOptions",
        "generators",
        "helmChartInflationGenerator",
        "helmCharts",
        "helmGlobals",
        "imageTags",
        "images",
        "kind",
        "labels",
        "metadata",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "openapi",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "replicas",
        "resources",
        "secretGenerator",
        "sortOptions",
        "transformers",
        "validators",
        "vars",
    }
)
"""Those of a kustomization."""
_NAMING = frozenset({"path", "files", "envs", "env", "name", "newName", "newTag", "digest", "source"})
"""Those of the entries below them that name files and images."""
_WITH_ENTRIES = (
    "configMapGenerator",
    "images",
    "openapi",
    "patches",
    "patchesJson6902",
    "replacements",
    "secretGenerator",
)


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
        self._objects: dict[str, list[YamlValue]] = {}
        self._containers: dict[str, list[DeclaredContainer]] = {}
        self._folders = {str(above) for each in tree.files() for above in PurePosixPath(each).parents}

    def folders(self) -> list[str]:
        """All folders with one."""
        return sorted(
            posixpath.dirname(each) for each in self._tree.files() if posixpath.basename(each) in NAMES
        )

    def documents(self, file: str) -> list[YamlValue]:
        """The documents of a file. Raises `UnreadableFile`."""
        if file not in self._read:
            self._read[file] = documents_of(self._tree, file)
        return self._read[file]

    def kustomization(self, folder: str) -> YamlValue | None:
        """What the folder's says; None where it has none. Raises `UnreadableFile`."""
        for name in NAMES:
            file = posixpath.join(folder, name) if folder else name
            if file in self._tree.files():
                found = self.documents(file)
                here = found[0] if found else None
                _require_exact_keys(here, file)
                return here
        return None

    def referenced(self, folder: str) -> list[str]:
        """The files and folders of the tree that the folder's kustomization brings in, each once."""
        joined = (_joined(folder, each) for each in self._entries(folder) if not _ELSEWHERE.search(each))
        return list(dict.fromkeys(joined))

    def elsewhere(self, folder: str, seen: set[str]) -> list[str]:
        """What it or those that it brings in would take from outside of the tree, or run; `seen` are those looked at.

        Only what is known to name files of the tree passes.
        """
        if folder in seen:
            return []
        seen.add(folder)
        here = self.kustomization(folder)
        found = [key for key in _PROGRAMS if child(here, key) is not None] if here is not None else []
        for each in [*self._entries(folder), *_files(here)]:
            joined = _joined(folder, each)
            if _ELSEWHERE.search(each) or not self._is_there(joined):
                found.append(each)
            elif joined not in self._tree.files():
                found += self.elsewhere(joined, seen)
        return found

    def objects(self, folder: str, depth: int = 0) -> list[YamlValue]:
        """The objects that it brings together, as their own files have them. Raises `UnreadableFile`."""
        if folder not in self._objects:
            found: list[YamlValue] = []
            for each in self._checked(folder, depth):
                is_file = each in self._tree.files()
                found += self.documents(each) if is_file else self.objects(each, depth + 1)
                self._require_few(folder, len(found))
            self._objects[folder] = found
        return self._objects[folder]

    def containers(self, folder: str, depth: int = 0) -> list[DeclaredContainer]:
        """The containers of what it brings together, with the images in force. Raises `UnreadableFile`."""
        if folder not in self._containers:
            found: list[DeclaredContainer] = []
            for each in self._checked(folder, depth):
                is_file = each in self._tree.files()
                found += declared(self.documents(each)) if is_file else self.containers(each, depth + 1)
                self._require_few(folder, len(found))
            here = self.kustomization(folder)
            for patch in self._patches(folder, here):
                found = [_patched(each, patch) for each in found]
            self._containers[folder] = [_transformed(each, _items(here, "images")) for each in found]
        return self._containers[folder]

    def _checked(self, folder: str, depth: int) -> list[str]:
        if depth > DEEPEST:
            raise UnreadableFile(folder, "it brings itself in")
        return self.referenced(folder)

    @staticmethod
    def _require_few(folder: str, count: int) -> None:
        if count > MOST:
            raise UnreadableFile(folder, f"it brings together more than {MOST:,} objects")

    def _is_there(self, path: str) -> bool:
        return path in self._tree.files() or path in self._folders

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


def _require_exact_keys(here: YamlValue | None, file: str) -> None:
    """Raise `UnreadableFile` for keys that Kustomize takes for others: it reads them whatever their case, Go's folding
    of letters included, and the exact ones alone are looked at here."""
    if not isinstance(here, YamlMapping):
        return
    odd = [each for each in here.entries if each not in _FIELDS]
    for name in _WITH_ENTRIES:
        found = child(here, name)
        entries = [found] if isinstance(found, YamlMapping) else list(_items(here, name))
        odd += [
            each for one in entries if isinstance(one, YamlMapping) for each in one.entries if _is_other(each)
        ]
    if odd:
        raise UnreadableFile(file, f"{odd[0]!r} is no field of a kustomization", here.line)


def _is_other(key: str) -> bool:
    """Whether a key is one that names files or images, in letters of another case."""
    return key not in _NAMING and key.casefold() in {each.casefold() for each in _NAMING}


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


def _files(here: YamlValue | None) -> list[str]:
    """The files that a kustomization names beside what it brings in."""
    found = [
        _text(each)
        for key in ("patchesStrategicMerge", "configurations", "crds")
        for each in _items(here, key)
    ]
    for key in ("patches", "patchesJson6902", "replacements"):
        found += [text_at(each, "path") or "" for each in _items(here, key)]
    found.append(text_at(here, "openapi", "path") or "")
    for key in ("configMapGenerator", "secretGenerator"):
        for each in _items(here, key):
            named = [_text(one) for field in ("files", "envs") for one in _items(each, field)]
            found += [one.partition("=")[2] or one for one in (*named, text_at(each, "env") or "")]
    # A patch may stand there itself, in place of a file's name.
    return [each for each in found if each and "\n" not in each]


def _text(value: YamlValue) -> str:
    return value.text if isinstance(value, YamlScalar) else ""


def _joined(folder: str, name: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, name))
    return "" if path == "." else path
