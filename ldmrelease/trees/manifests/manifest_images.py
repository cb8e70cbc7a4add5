"""The images that manifests ask for: of containers of every kind in whatever object, of image volumes, and of custom
resources at paths that somebody has named."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ldmrelease.domain.value_paths import Named, Path, spell_path
from ldmrelease.trees.manifests.plain_blocks import PlainBlocks
from ldmrelease.trees.manifests.pruned import (
    LEAVES,
    NAMES,
    Pruned,
    PrunedCollection,
    PrunedDocument,
    PrunedScalar,
    UnreadableDocument,
    is_sequence,
    read_pruned,
)
from ldmrelease.trees.manifests.splitting import DocumentText, as_utf8, documents

_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers", "volumes"})
_MOST_REPEATED = 100_000
"""How many collections aliases may repeat in a document."""
# What has none of these has no image: a key may be spelled with escapes or by a tag.
_MAY_HAVE_IMAGE = rb"image|[\\!]"
_TEMPLATE = b"{{"


class ManifestImage(Struct, frozen=True):
    """An image that an object asks for, as it is written there.

    path: that of the image in its document. container: its name, `volume/NAME` of an image volume; None where nobody
    has named it.
    """

    file: str
    line: int
    path: str
    kind: str
    name: str
    namespace: str | None
    container: str | None
    image: str


class UnreadableManifest(Struct, frozen=True):
    """A file, or a document of one, that could not be read; all others were. `code` and `values` say why."""

    file: str
    line: int | None
    code: str
    values: dict[str, Any] = {}


class CustomImages(Struct, frozen=True):
    """A kind of custom resource whose objects name images; `images` has the path of each by its container."""

    kind: str
    images: Mapping[str, Path]


ManifestFinding = ManifestImage | UnreadableManifest


class ManifestReader:
    """Reads files of manifests. `custom`: kinds that name images elsewhere than in the template of a pod."""

    def __init__(self, custom: Iterable[CustomImages] = ()) -> None:
        self._custom: dict[str, list[CustomImages]] = {}
        leaves: set[str] = set()
        names: set[str] = set()
        for each in custom:
            self._custom.setdefault(each.kind, []).append(each)
            for path in each.images.values():
                leaves.add(next(part for part in reversed(path) if isinstance(part, str)))
                names |= {part.key for part in path if isinstance(part, Named)}
        self._leaves, self._names = LEAVES.union(leaves), NAMES.union(names)
        self._plain = PlainBlocks(self._leaves, self._names)
        kinds = [re.escape(each.encode()) for each in self._custom]
        self._may_have = re.compile(b"|".join([_MAY_HAVE_IMAGE, *kinds]))

    def read(self, data: bytes, file: str) -> Iterator[ManifestFinding]:
        """All images of a file, in its order, and what could not be read of it."""
        try:
            text = as_utf8(data)
        except UnicodeDecodeError:
            yield UnreadableManifest(file, 1, "not-yaml", {"found": "the bytes are no text"})
            return
        for document in documents(text):
            if self._may_have.search(document.data):
                yield from self._document(document, file)

    def _document(self, text: DocumentText, file: str) -> Iterator[ManifestFinding]:
        plain = self._plain.read(text.data, text.line)
        try:
            if plain is not None:
                yield from self._images(plain, file)
                return
            for document in read_pruned(text.data, text.line, self._leaves, self._names):
                yield from self._images(document, file)
        except UnreadableDocument as error:
            yield _unreadable(error, text, file)

    def _images(self, document: PrunedDocument, file: str) -> list[ManifestFinding]:
        found: list[ManifestFinding] = []
        budget = document.size + _MOST_REPEATED
        for manifest, path in _objects(document.root):
            about = _About(file, document.line, manifest)
            values, seen = self._values(manifest, path, budget)
            budget -= seen
            if budget < 0:
                raise UnreadableDocument("too-many-aliases", document.line, most=_MOST_REPEATED)
            for each in values:
                found += _image(about, *each)
        found.sort(key=lambda each: each.line or 0)
        return found

    def _values(self, manifest: PrunedCollection, path: "_At", most: int) -> tuple[list["_Value"], int]:
        """Each container's name and what stands for its image; and how many collections were seen, at `most` so many
        and one more."""
        values: list[_Value] = []
        for custom in self._custom.get(_text(manifest, "kind") or "", ()):
            for name, each in custom.images.items():
                found = _found(manifest, each, path)
                if found is not None:
                    values.append((name, found[0], found[1]))
        waiting: list[tuple[PrunedCollection, _At]] = [(manifest, path)]
        seen = 0
        while waiting and seen <= most:
            value, at = waiting.pop()
            seen += 1
            for key, child in value.items():
                if isinstance(child, dict):
                    waiting.append((child, (at, key)))
                    if key in _LISTS:
                        values += _listed(key, child, (at, key))
        return values, seen


_At = tuple[Any, ...]
"""The way to a value: that to what holds it, and its key; empty at the top."""
_Value = tuple[str | None, Pruned | None, _At]
"""The name of a container, what stands for its image, and the way there."""


def _unreadable(error: UnreadableDocument, text: DocumentText, file: str) -> UnreadableManifest:
    """What is no YAML behind an expression of a template is so for that: then its line is told."""
    line = error.line
    if error.code != "not-yaml" or _TEMPLATE not in text.data:
        return UnreadableManifest(file, line, error.code, error.values)
    before = text.data.split(b"\n")[: None if line is None else line - text.line + 1]
    own = [text.line + index for index, each in enumerate(before) if _TEMPLATE in each]
    return UnreadableManifest(file, own[-1] if own else line, "template" if own else error.code, error.values)


class _About:
    """An object, as images tell it."""

    def __init__(self, file: str, line: int, manifest: PrunedCollection) -> None:
        metadata = manifest.get("metadata")
        known = metadata if isinstance(metadata, dict) else {}
        self.file, self.line = file, line
        self.kind = _text(manifest, "kind") or ""
        self.name = _text(known, "name") or _text(known, "generateName") or ""
        self.namespace = _text(known, "namespace")


def _objects(root: Pruned | None) -> Iterator[tuple[PrunedCollection, _At]]:
    """The objects of a document: itself, or the items of a list."""
    waiting: list[tuple[Pruned | None, _At]] = [(root, ())]
    while waiting:
        value, at = waiting.pop()
        if not isinstance(value, dict):
            continue
        items = value.get("items")
        if (_text(value, "kind") or "").endswith("List") and isinstance(items, dict) and is_sequence(items):
            waiting += [(each, ((at, "items"), index)) for index, each in reversed(items.items())]
        elif is_sequence(value) and not at:
            waiting += [(each, (at, index)) for index, each in reversed(value.items())]
        else:
            yield value, at


def _listed(
    key: str | int, items: PrunedCollection, at: _At
) -> Iterator[tuple[str | None, Pruned | None, _At]]:
    if not is_sequence(items):
        return
    for index, item in items.items():
        if not isinstance(item, dict) or "image" not in item:
            continue
        name, image = _text(item, "name"), item["image"]
        if key != "volumes":
            yield name or "", image, ((at, index), "image")
        elif isinstance(image, dict) and "reference" in image:
            yield f"volume/{name or ''}", image["reference"], (((at, index), "image"), "reference")


def _found(manifest: PrunedCollection, path: Path, start: _At) -> tuple[Pruned, _At] | None:
    value: Any = manifest
    at = start
    for part in path:
        if not isinstance(value, dict):
            return None
        key: Any = part
        if isinstance(part, Named):
            own = (index for index, each in value.items() if _text(each, part.key) == part.name)
            key = next(own, None)
        if key not in value:
            return None
        value, at = value[key], (at, key)
    return value, at


def _image(about: _About, container: str | None, value: Pruned | None, at: _At) -> Iterator[ManifestFinding]:
    if value is None or (isinstance(value, PrunedScalar) and value.is_text and value.is_null):
        return
    path = _spelled(at)
    if not isinstance(value, PrunedScalar):
        lines = [each.line for each in value.values() if isinstance(each, PrunedScalar)]
        yield UnreadableManifest(about.file, min(lines, default=about.line), "image-not-text", {"path": path})
    elif not value.is_text:
        yield UnreadableManifest(about.file, value.line, "image-not-text", {"path": path})
    else:
        yield ManifestImage(
            about.file,
            value.line,
            path,
            about.kind,
            about.name,
            about.namespace,
            container or None,
            value.text,
        )


@lru_cache(4096)
def _spelled(at: _At) -> str:
    steps: list[str | int] = []
    while at:
        at, key = at
        steps.append(key)
    return spell_path(tuple(reversed(steps)))


def _text(value: object, key: str) -> str | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found.text if isinstance(found, PrunedScalar) else None
