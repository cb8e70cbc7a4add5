"""Paths of values in YAML and JSON documents, as settings and images of custom resources are named: `a.b[0].c`.

In a file with several manifests a path begins with the one that it is in: `HelmRelease/prompt:spec.values.image.tag`.
"""

import re

from msgspec import Struct

_PART = re.compile(
    r"""(?P<dot>\.)?(?:\[(?:(?P<index>\d{1,6})|(?P<name>[^\[\]]+))\]
                    |"(?P<quoted>(?:[^"\\]|\\.)+)"
                    |(?P<key>[^.\[\]"]+))""",
    re.VERBOSE,
)


_KEYED = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)=(.+)")
# A kind of Kubernetes begins with a capital, and a name of an object has none.
_MANIFEST = re.compile(r"([A-Z][A-Za-z0-9]*)/([a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?):")


class Named(Struct, frozen=True):
    """A part of a path: the item of a list whose `key` is `name`, as in `containers[web]` and `images[name=web]`."""

    name: str
    key: str = "name"


Path = tuple[str | int | Named, ...]


class ManifestName(Struct, frozen=True):
    """Which manifest of a file: its `kind` and its `metadata.name`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class ManifestPath(Struct, frozen=True):
    """A path in a file; `manifest` is None where the file has one document, and that is meant."""

    manifest: ManifestName | None
    path: Path


def parse_manifest_path(text: str) -> ManifestPath:
    """Read `[KIND/NAME:]PATH`. Raises ValueError."""
    manifest, path = split_manifest(text)
    found = _MANIFEST.fullmatch(manifest)
    name = ManifestName(found[1], found[2]) if found is not None else None
    return ManifestPath(name, parse_path(path))


def split_manifest(text: str) -> tuple[str, str]:
    """`KIND/NAME:`, empty where there is none, and the path."""
    found = _MANIFEST.match(text)
    end = found.end() if found is not None and found.end() < len(text) else 0
    return text[:end], text[end:]


def parse_path(text: str) -> Path:
    """Read `a.b[0].c`; a key with dots or brackets is quoted: `a."b.c"`. Raises ValueError.

    `[word]` is the item whose `name` is `word`, as Kubernetes' own lists are keyed; `[key=word]` that whose `key` is.
    """
    parts: list[str | int | Named] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        # A dot stands before every key but the first, and before no index.
        bracket = match is not None and (match["index"] or match["name"])
        if match is None or bool(match["dot"]) != (bool(parts) and not bracket):
            raise ValueError(f'{text!r} is not a path of a setting; write it like images.pin[0] or a."b.c"')
        if match["index"] is not None:
            parts.append(int(match["index"]))
        elif match["name"] is not None:
            keyed = _KEYED.fullmatch(match["name"])
            parts.append(Named(keyed[2], keyed[1]) if keyed else Named(match["name"]))
        else:
            parts.append(match["key"] or re.sub(r"\\(.)", r"\1", match["quoted"]))
        position = match.end()
    if not parts:
        raise ValueError("the path of a setting is empty")
    return tuple(parts)


def spell_path(path: Path) -> str:
    """The text that `parse_path` reads as this path: `policies."a.b"[0].digest`."""
    spelled = ""
    for part in path:
        if isinstance(part, int):
            spelled += f"[{part}]"
        elif isinstance(part, Named):
            spelled += f"[{part.name}]" if part.key == "name" else f"[{part.key}={part.name}]"
        else:
            spelled += ("." if spelled else "") + _spelled_key(part)
    return spelled


def _spelled_key(key: str) -> str:
    if key and not set(key) & set('."[]\\'):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
