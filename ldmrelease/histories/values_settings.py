"""The image settings of a values file, by their keys: `controller.config.lab.initContainers[inithome].image.tag`.

The versions of a file differ in few of its blocks (what stands below one key of the document), and a block that was
read once is not read again.
"""

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.trees.values import (
    LARGEST_FILE,
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    read_mapping,
    text_at,
)

APP_VERSION = "appVersion"
LONGEST_VALUE = 4096
_KEY = re.compile(
    r"tag|digest|image|image_url|imageUrl|image_class|image_list|revision|targetRevision"
    r"|(?:.*[iI]mage|recommended)(?:Tag|_tag)"
)
_LISTS = frozenset({"pin", "alias_tags", "aliasTags"})
_SPECIAL = frozenset('."[]')
_ITEM = re.compile(r"[^\[\]]+")
_LARGEST_TEXT = 100_000
_DEEPEST = 50

_BLOCK = re.compile(rb"^(?=[A-Za-z_][A-Za-z0-9_.-]*:(?:[ \r\n]|$))", re.MULTILINE)
_NO_KEY = re.compile(rb"^(?![A-Za-z_][A-Za-z0-9_.-]*:(?:[ \r\n]|$))[^\s#]", re.MULTILINE)
"""A line at the margin that does not begin a block: then the file is read as a whole."""
_SHARED = re.compile(
    rb"""(?:^|[\s\[{,:-])[&*][A-Za-z0-9_]    # an anchor, or an alias of one
       | <<:|\t|^%
       | (?:[:,\[{-]|^)[ ]*(?:"(?:[^"\\\n]|\\.)*\\?\n|'[^'\n]*\n)  # quotes that are open at the end of a line
    """,
    re.VERBOSE | re.MULTILINE,
)
_BEGIN = b"---\n"
_MOST_KEPT = 128_000_000

_Found = list[tuple[str, str, int]]


class ValuesSetting(Struct, frozen=True):
    """What a setting says, as a template prints it, and the line where it does."""

    value: str
    line: int


class SettingsReader:
    """Reads files, and knows the blocks that it has read."""

    def __init__(self) -> None:
        self._blocks: dict[bytes, _Found] = {}
        self._kept = 0

    def values(self, data: bytes, file: str) -> dict[str, ValuesSetting]:
        """The settings of a values file; what is empty is none. Raises `UnreadableFile`."""
        if len(data) > LARGEST_FILE:
            raise UnreadableFile(file, f"{len(data):,} bytes; at most {LARGEST_FILE:,} are read")
        blocks = _blocks(data)
        if blocks is None:
            return {key: ValuesSetting(value, line) for key, value, line in _read(data, file)}
        found: dict[str, ValuesSetting] = {}
        before = 0
        for block in blocks:
            for key, value, line in self._block(block, file, before):
                found[key] = ValuesSetting(value, before + line)
            before += block.count(b"\n")
        return found

    def _block(self, block: bytes, file: str, before: int) -> _Found:
        known = self._blocks.get(block)
        if known is None:
            try:
                known = _read(block, file)
            except UnreadableFile as error:
                line = None if error.line is None else before + error.line
                raise UnreadableFile(file, error.reason, line) from None
            if self._kept > _MOST_KEPT:
                self._blocks.clear()
                self._kept = 0
            self._kept += len(block) + 200
            self._blocks[block] = known
        return known


def app_version(data: bytes, file: str) -> ValuesSetting | None:
    """The `appVersion` of a Chart.yaml, which is the tag of images that have none. Raises `UnreadableFile`."""
    found = read_mapping(data, file).entries.get(APP_VERSION)
    value = found.printed() if isinstance(found, YamlScalar) else None
    return ValuesSetting(value, found.line) if isinstance(found, YamlScalar) and value else None


def _blocks(data: bytes) -> list[bytes] | None:
    """The blocks of a document, if each can be read by itself."""
    if data.startswith(_BEGIN):
        data = b"#" + data[1:]
    if _NO_KEY.search(data) or _SHARED.search(data if data.endswith(b"\n") else data + b"\n"):
        return None
    blocks = [each for each in _BLOCK.split(data) if each]
    keys = [each.partition(b":")[0] for each in blocks if not each[:1].isspace() and each[:1] != b"#"]
    return blocks if len(set(keys)) == len(keys) else None


def _read(data: bytes, file: str) -> _Found:
    found: _Found = []
    for key, scalar in _settings(read_mapping(data, file), "", "", 0):
        value = scalar.printed()
        if not value or scalar.is_false:
            continue
        if len(value) > LONGEST_VALUE:
            raise UnreadableFile(file, f"{key[:100]}: longer than {LONGEST_VALUE} characters", scalar.line)
        found.append((key, value, scalar.line))
    return found


def _settings(value: YamlValue, path: str, name: str, depth: int) -> Iterator[tuple[str, YamlScalar]]:
    """Keys and scalars below a value; `name` is the last step of its path that is not an index."""
    if isinstance(value, YamlMapping):
        for key, each in value.entries.items():
            own = json.dumps(key, ensure_ascii=False) if not key or not _SPECIAL.isdisjoint(key) else key
            yield from _settings(each, f"{path}.{own}" if path else own, key, depth + 1)
    elif isinstance(value, YamlSequence):
        for step, each in zip(_steps(value), value.items, strict=True):
            is_listed = name in _LISTS and isinstance(each, YamlScalar)
            yield from _settings(each, f"{path}[{step}]", name if is_listed else "", depth + 1)
    elif _KEY.fullmatch(name) or (name in _LISTS and path.endswith("]")):
        yield path, value
    elif value.text[:1] in "{[" and depth < _DEEPEST and len(value.text) <= _LARGEST_TEXT:
        yield from _of_json(value, path, depth)


def _steps(value: YamlSequence) -> list[str]:
    """The items by name where each has one of its own, by number where not."""
    names = [text_at(each, "name") if isinstance(each, YamlMapping) else None for each in value.items]
    return [
        name if name and names.count(name) == 1 and _ITEM.fullmatch(name) else str(index)
        for index, name in enumerate(names)
    ]


def _of_json(scalar: YamlScalar, path: str, depth: int) -> Iterator[tuple[str, YamlScalar]]:
    """Those of a text that is JSON, such as the menu of the notebook service had."""
    if not scalar.quoted:
        return
    try:
        inner = read_mapping(scalar.text.encode(errors="replace"), scalar.file)
        json.loads(scalar.text)
    except (UnreadableFile, ValueError, RecursionError):
        return
    for key, each in _settings(inner, "", "", depth + 1):
        yield f"{path}#json.{key}", YamlScalar(each.text, each.quoted, each.file, scalar.line + each.line, ())
