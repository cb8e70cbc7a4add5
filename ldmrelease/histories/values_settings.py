"""The image settings of a values file, by their keys: `controller.config.lab.initContainers[inithome].image.tag`.

The versions of a file differ in few of its blocks (what stands below one key of the document), and a block that was
read once is not read again.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

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

_BEGIN = b"---\n"
_SHARED = re.compile(rb"(?:^|(?<=[\s\[{,:-]))[&*][^\s,\[\]{}]+", re.MULTILINE)
"""An anchor, or an alias of one."""
_OPEN = re.compile(
    rb"""(?:[:,\[{-]|^)[ ]*(?:"(?:[^"\\\n]|\\.)*\\?$|'[^'\n]*$)""",
    re.MULTILINE,
)
"""Quotes that are open at the end of a line."""
_BREAKS = (b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")
"""What ends a line beside a line feed, to the parser."""
_HEAD = re.compile(rb"[ ]*[A-Za-z_][A-Za-z0-9_.-]*:[ ]*(?:\#[^\n]*)?\n")
"""The first line of a block whose mapping or list stands below it."""
_FIRST = re.compile(rb"^([ ]*)(?=[^ \n#])", re.MULTILINE)
_MOST_KEPT = 128_000_000

_Found = list[tuple[str, str, int]]


class ValuesSetting(Struct, frozen=True):
    """What a setting says, as a template prints it, and the line where it does."""

    value: str
    line: int


class SettingsReader:
    """Reads files, and knows the blocks that it has read."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Found | None] = {}
        self._kept = 0

    def values(self, data: bytes, file: str) -> dict[str, ValuesSetting]:
        """The settings of a values file; what is empty is none. Raises `UnreadableFile`."""
        if len(data) > LARGEST_FILE:
            raise UnreadableFile(file, f"{len(data):,} bytes; at most {LARGEST_FILE:,} are read")
        blocks = _blocks(b"#" + data[1:] if data.startswith(_BEGIN) else data, 0)
        found = None if blocks is None else self._of_blocks(blocks, file)
        rows = _read(data, file) if found is None else found
        return {key: ValuesSetting(value, line) for key, value, line in rows}

    def _of_blocks(self, blocks: list[bytes], file: str) -> _Found | None:
        """What the blocks of a document say; None where they cannot be read one by one."""
        names = [_names(each) for each in blocks]
        starts = list(accumulate((each.count(b"\n") for each in blocks), initial=0))
        found: _Found = []
        for index, block in enumerate(blocks):
            needed = _needed(names, index)
            if needed is None:
                return None
            rows = self._with(block, [blocks[each] for each in needed], file, starts[index])
            if rows is None:
                return None
            lines = [(starts[each], blocks[each].count(b"\n")) for each in needed]
            found += [(key, value, _line(line, lines, starts[index])) for key, value, line in rows]
        return found

    def _with(self, block: bytes, needed: list[bytes], file: str, before: int) -> _Found | None:
        """What a block says where those stand before it whose anchors it needs; lines are counted from the first."""
        text = b"".join((*needed, block))
        if text in self._known:
            return self._known[text]
        rows: _Found | None
        if _is_open(text):
            rows = None
        elif needed:
            own = block.partition(b":")[0].decode()
            step = _step(own)
            told = _read_at(text, file, before - sum(each.count(b"\n") for each in needed))
            rows = [each for each in told if each[0] == step or each[0].startswith((f"{step}.", f"{step}["))]
        else:
            rows = self._block(block, file, before, is_plain=_names(block) is None and b"<<:" not in block)
        self._keep(text, rows)
        return rows

    def _block(self, block: bytes, file: str, before: int, *, is_plain: bool) -> _Found:
        """What a block says by itself; of a plain one, block by block of what is below its key."""
        inner = _below(block) if is_plain else None
        blocks = None if inner is None else _blocks(*inner)
        if inner is None or blocks is None:
            return _read_at(block, file, before)
        step = _step(block.partition(b":")[0].strip().decode())
        found: _Found = []
        line = block[: len(block) - len(inner[0])].count(b"\n")
        for each in blocks:
            rows = self._known.get(each)
            if rows is None:
                rows = self._block(each, file, before + line, is_plain=True)
                self._keep(each, rows)
            found += [(f"{step}.{key}", value, line + own) for key, value, own in rows]
            line += each.count(b"\n")
        return found

    def _keep(self, text: bytes, rows: _Found | None) -> None:
        if self._kept > _MOST_KEPT:
            self._known.clear()
            self._kept = 0
        self._kept += len(text) + 200
        self._known[text] = rows


def app_version(data: bytes, file: str) -> ValuesSetting | None:
    """The `appVersion` of a Chart.yaml, which is the tag of images that have none. Raises `UnreadableFile`."""
    found = read_mapping(data, file).entries.get(APP_VERSION)
    value = found.printed() if isinstance(found, YamlScalar) else None
    return ValuesSetting(value, found.line) if isinstance(found, YamlScalar) and value else None


def _blocks(text: bytes, indent: int) -> list[bytes] | None:
    """The blocks of a mapping whose keys stand at a column, each key with all that is below it; None where a line at
    that column, or left of it, is neither a key nor a comment, or where two are of one key."""
    column = b"^[ ]{%d}" % indent
    starts = [
        each.start()
        for each in _pattern(column + rb"(?=[A-Za-z_][A-Za-z0-9_.-]*:(?:[ \r\n]|$))").finditer(text)
    ]
    if (
        not starts
        or _FIRST.search(text, 0, starts[0])
        or len(_pattern(b"^[ ]{0,%d}(?=[^ \\s#])" % indent).findall(text)) != len(starts)
    ):
        return None
    blocks = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    keys = {each.partition(b":")[0] for each in blocks}
    if len(keys) != len(blocks):
        return None
    return [text[: starts[0]], *blocks] if starts[0] else blocks


@lru_cache(200)
def _pattern(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text, re.MULTILINE)


def _below(block: bytes) -> tuple[bytes, int] | None:
    """The lines below the key of a block that says nothing beside it, and the column of the first one."""
    head = _HEAD.match(block)
    if head is None:
        return None
    first = _FIRST.search(block, head.end())
    if first is None or len(first[1]) <= len(block) - len(block.lstrip(b" ")):
        return None
    return block[head.end() :], len(first[1])


def _names(block: bytes) -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    """The anchors of a block, and the aliases in it; None where it has neither."""
    if b"&" not in block and b"*" not in block:
        return None
    found = _SHARED.findall(block)
    anchors, aliases = (frozenset(each[1:] for each in found if each[:1] == kind) for kind in (b"&", b"*"))
    return (anchors, aliases) if found else None


def _needed(names: list[tuple[frozenset[bytes], frozenset[bytes]] | None], index: int) -> list[int] | None:
    """The blocks whose anchors a block needs, those included that they need; None where that is not sure."""
    found: set[int] = set()
    open_blocks = [index]
    while open_blocks:
        at = open_blocks.pop()
        own = names[at]
        if own is None:
            continue
        for name in own[1]:
            earlier = [each for each in range(at) if (other := names[each]) is not None and name in other[0]]
            if name in own[0] and earlier:
                return None
            if earlier and earlier[-1] not in found:
                found.add(earlier[-1])
                open_blocks.append(earlier[-1])
    return sorted(found)


def has_other_breaks(data: bytes) -> bool:
    """Whether the parser may count other lines than git does."""
    return any(each in data for each in _BREAKS)


def _is_open(block: bytes) -> bool:
    """Whether it may not end where it seems to."""
    if has_other_breaks(block):
        return True
    return (b'"' in block or b"'" in block) and _OPEN.search(block) is not None


def _line(line: int, needed: list[tuple[int, int]], start: int) -> int:
    """The line of a file that is one of the blocks that were read together: first those that were needed."""
    for begin, count in needed:
        if line <= count:
            return begin + line
        line -= count
    return start + line


def _step(key: str) -> str:
    return json.dumps(key, ensure_ascii=False) if not key or not _SPECIAL.isdisjoint(key) else key


def _read_at(text: bytes, file: str, before: int) -> _Found:
    """What a part of a file says that begins behind a line; mistakes are told where they are in the file."""
    try:
        return _read(text, file)
    except UnreadableFile as error:
        line = None if error.line is None else max(1, before + error.line)
        raise UnreadableFile(file, error.reason, line) from None


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
            own = _step(key)
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
