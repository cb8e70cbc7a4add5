"""Values files as data that knows where each scalar stands, merged as Helm merges them. Pure but for the parser."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Union

import yaml
from msgspec import Struct

from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.results import Unquoted
from ldmrelease.trees.documents import compose_all

LARGEST_FILE = 10_000_000
"""Bytes of a file that is read."""
DEEPEST = 100
MOST_NODES = 200_000
TOO_MUCH = "nested too deeply, or too many values"
_MERGE = "tag:yaml.org,2002:merge"
_BINARY = "tag:yaml.org,2002:binary"

KeyPath = tuple[str | int, ...]


class UnreadableFile(Exception):
    """A file of the tree that cannot be read; the others can be. `line` is None where it is the whole file."""

    def __init__(self, file: str, reason: str, line: int | None = None) -> None:
        super().__init__(file, reason, line)
        self.file, self.reason, self.line = file, reason, line


class YamlScalar(Struct, frozen=True):
    """A scalar and where it is written: `path` leads to it in `file`; of an alias, that is where its anchor is.

    text: as written, without quotes. quoted: whether it is text whatever it looks like.
    """

    text: str
    quoted: bool
    file: str
    line: int
    path: KeyPath

    def printed(self) -> str | None:
        """What a template prints; None for null."""
        return self.text if self.quoted else printed(Unquoted(self.text))

    @property
    def is_number(self) -> bool:
        """Whether templates see a number, and may format it."""
        text = self.printed()
        return not self.quoted and text is not None and text[:1].isdigit() and _is_number(text)

    @property
    def is_false(self) -> bool:
        """Whether it switches off what it stands for."""
        return not self.quoted and self.printed() == "false"


class YamlMapping(Struct, frozen=True):
    """A mapping by the text of its keys, and where it begins."""

    entries: dict[str, "YamlValue"]
    file: str
    line: int


class YamlSequence(Struct, frozen=True):
    """A list, which another one replaces as a whole."""

    items: tuple["YamlValue", ...]
    file: str
    line: int


YamlValue = Union[YamlScalar, YamlMapping, YamlSequence]  # noqa: UP007 - it is recursive
EMPTY = YamlMapping({}, "", 0)


def read_documents(text: bytes, file: str) -> list[YamlValue]:
    """The documents of a YAML file. Raises `UnreadableFile`."""
    if len(text) > LARGEST_FILE:
        raise UnreadableFile(file, f"{len(text):,} bytes; at most {LARGEST_FILE:,} are read")
    try:
        nodes = compose_all(text, DEEPEST)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise UnreadableFile(file, error.problem or "unreadable", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableFile(file, str(error).splitlines()[0]) from None
    # Without an alias no node is met twice.
    reader = _Reader(file, has_aliases=b"*" in text)
    return [reader.value(node, ()) for node in nodes]


def read_mapping(text: bytes, file: str) -> YamlMapping:
    """The one mapping of a values file; empty where the file is. Raises `UnreadableFile`."""
    return sole_mapping(read_documents(text, file), file)


def sole_mapping(documents: Sequence[YamlValue], file: str) -> YamlMapping:
    """The one mapping of the documents of a values file; empty where there is none. Raises `UnreadableFile`."""
    if len(documents) > 1:
        raise UnreadableFile(file, f"{len(documents)} documents; a values file has one")
    found = documents[0] if documents else EMPTY
    if isinstance(found, YamlScalar) and found.printed() is None:
        return EMPTY
    if not isinstance(found, YamlMapping):
        raise UnreadableFile(file, "not a mapping", found.line)
    return found


def merged(base: YamlValue, over: YamlValue) -> YamlValue:
    """What holds after `over` has been laid on `base`: mappings are merged, all else is replaced (Helm, "Values
    Files"). A null stays, as what takes the setting away."""
    if not (isinstance(base, YamlMapping) and isinstance(over, YamlMapping)):
        return over
    if not base.entries:
        return over
    entries = dict(base.entries)
    for key, value in over.entries.items():
        entries[key] = merged(entries[key], value) if key in entries else value
    return YamlMapping(entries, over.file or base.file, over.line or base.line)


def layered(layers: Iterable[YamlMapping]) -> YamlMapping:
    """Several values files, the last one on top."""
    result: YamlValue = EMPTY
    for each in layers:
        result = merged(result, each)
    assert isinstance(result, YamlMapping)
    return result


def child(value: YamlValue | None, *names: str) -> YamlValue | None:
    """What stands there; None where nothing does."""
    for name in names:
        if not isinstance(value, YamlMapping):
            return None
        value = value.entries.get(name)
    return value


def mapping_at(value: YamlValue | None, *names: str) -> YamlMapping:
    """The mapping there; an empty one where none is."""
    found = child(value, *names)
    return found if isinstance(found, YamlMapping) else EMPTY


def text_at(value: YamlValue | None, *names: str) -> str | None:
    """What a template prints of the scalar there; None for null and for what is no scalar."""
    found = child(value, *names)
    return found.printed() if isinstance(found, YamlScalar) else None


def mapping_of(entries: Mapping[str, YamlValue]) -> YamlMapping:
    """A mapping that stands in no file, such as the parameters that Argo CD passes."""
    return YamlMapping(dict(entries), "", 0)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _decoded(text: str) -> str:
    """What a scalar with the tag `!!binary` says, to Kubernetes' parser; as it stands where that is nothing."""
    try:
        return base64.b64decode(text).decode(errors="replace")
    except ValueError:
        return text


class _Reader:
    """Turns the parser's nodes into values. A node that aliases share is read once, where its anchor is."""

    def __init__(self, file: str, *, has_aliases: bool) -> None:
        self._file, self._has_aliases = file, has_aliases
        self._known: dict[int, YamlValue] = {}
        self._sizes: dict[int, int] = {}
        self._count = 0

    def value(self, node: yaml.Node, path: KeyPath) -> YamlValue:
        if not self._has_aliases:
            return self._met_once(node, path)
        known = self._known.get(id(node))
        if known is None:
            line = node.start_mark.line + 1
            before, self._count = self._count, 1
            if len(path) > DEEPEST:
                raise UnreadableFile(self._file, TOO_MUCH, line)
            known = self._known[id(node)] = self._made(node, path, line)
            self._sizes[id(node)] = self._count
            self._count = before
        # What an alias repeats is counted each time: whoever goes through the values meets it as often.
        self._count += self._sizes[id(node)]
        if self._count > MOST_NODES:
            raise UnreadableFile(self._file, TOO_MUCH, node.start_mark.line + 1)
        return known

    def _met_once(self, node: yaml.Node, path: KeyPath) -> YamlValue:
        line = node.start_mark.line + 1
        if len(path) > DEEPEST:
            raise UnreadableFile(self._file, TOO_MUCH, line)
        before, self._count = self._count, 1
        made = self._made(node, path, line)
        self._count += before
        if self._count > MOST_NODES:
            raise UnreadableFile(self._file, TOO_MUCH, line)
        return made

    def _made(self, node: yaml.Node, path: KeyPath, line: int) -> YamlValue:
        if isinstance(node, yaml.ScalarNode):
            if node.tag == _BINARY:
                return YamlScalar(_decoded(node.value), True, self._file, line, path)
            return YamlScalar(node.value, bool(node.style), self._file, line, path)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.value(each, (*path, index)) for index, each in enumerate(node.value))
            return YamlSequence(items, self._file, line)
        entries: dict[str, YamlValue] = {}
        below: dict[str, YamlValue] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                self._merge(below, self.value(value, (*path, "<<")))
                # Go's parser takes what is merged over what stands before it; others never do.
                if twice := sorted(below.keys() & entries.keys()):
                    reason = f"{twice[0]} is there twice: before a merge key (<<), and in what that brings"
                    raise UnreadableFile(self._file, reason, key.start_mark.line + 1)
            elif isinstance(key, yaml.ScalarNode):
                entries[key.value] = self.value(value, (*path, key.value))
        return YamlMapping(below | entries, self._file, line)

    @staticmethod
    def _merge(below: dict[str, YamlValue], value: YamlValue) -> None:
        # An earlier one of several wins (YAML 1.1, "Merge Key").
        for each in value.items if isinstance(value, YamlSequence) else (value,):
            if isinstance(each, YamlMapping):
                for key, entry in each.entries.items():
                    below.setdefault(key, entry)
