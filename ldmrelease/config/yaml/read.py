"""A strict reader of YAML that knows where each value stands.

libyaml reads the events; what they mean is decided here, by YAML 1.2's core rules less the surprises of its
numbers. Plain `true`, `false`, `null` and decimal integers are what they look like. Everything else is text:
`no`, `on`, `010`, `0x1F`, `1.50`, `12:30:45` and dates. Keys are always text, and a plain `<<` merges mappings
(https://yaml.org/type/merge.html): what is written beside it wins. Duplicate keys, tags, several documents and
aliases that would grow without bound are refused.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml
from msgspec import Struct
from yaml import CSafeLoader, Mark
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from ldmrelease.config.yaml.problems import BadInput, Problem, shown, spelled
from ldmrelease.config.yaml.suggestions import did_you_mean, one_of
from ldmrelease.domain.document_faults import Path_, spell_path

LARGEST_FILE = 1_000_000
LARGEST_DEPTH = 50
LARGEST_WEIGHT = 100_000
"""Values in a document, counted again for every alias."""

_TEXT = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-�\U00010000-\U0010ffff]")
_MERGE = "<<"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_CONSTANTS = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}


class YamlNode(Struct):
    """A value with its place. `keys` are the places of a mapping's keys; `weight` counts what it holds."""

    line: int
    column: int
    value: Any
    children: "dict[Any, YamlNode]"
    keys: dict[str, tuple[int, int]]
    weight: int = 1


class YamlDocument(Struct, frozen=True):
    """A file as read: `plain` is made of dicts, lists, text, integers, booleans and None."""

    file: str
    data: bytes
    plain: Any
    root: YamlNode

    def where(self, path: Path_) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path or of the nearest value that is there."""
        node = self.root
        for step in path:
            if step not in node.children:
                break
            node = node.children[step]
        return node.line, node.column

    def key(self, path: Path_) -> tuple[int, int]:
        """Line and column of the key that ends a path, or of the nearest value that is there."""
        node = self.root
        for step in path[:-1]:
            if step not in node.children:
                return node.line, node.column
            node = node.children[step]
        last = path[-1] if path else None
        return node.keys.get(last, self.where(path)) if isinstance(last, str) else self.where(path)

    def problem(
        self,
        path: Path_,
        message: str,
        remedy: str | None = None,
        at_key: bool = False,
        *,
        expected: str | None = None,
        secret: bool = False,
    ) -> Problem:
        """A problem of the value, or of the key, at a path; a `secret` value is not told."""
        line, column = self.key(path) if at_key else self.where(path)
        found = None if secret else self._found(path, at_key)
        return Problem(self.file, message, line, column, spell_path(path), remedy, found, expected)

    def unknown(
        self, path: Path_, message: str, word: str, known: Iterable[str], at_key: bool = False
    ) -> Problem:
        """A problem of a `word` that is none of those that are `known`."""
        choices = tuple(known)
        remedy, expected = did_you_mean(word, choices), one_of(choices)
        return self.problem(path, message, remedy, at_key, expected=expected)

    def _found(self, path: Path_, at_key: bool) -> str | None:
        """The value, or the key, in a few words; None where there is none."""
        node = self.root
        for step in path:
            if step not in node.children:
                return None
            node = node.children[step]
        return spelled(path[-1] if at_key and path else node.value)


def read(path: Path) -> YamlDocument:
    """Read a file. Raises `BadInput` where it cannot be read or breaks a rule."""
    try:
        data = beginning(path, LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput([Problem(shown(path), f"cannot be read: {error.strerror or error}")]) from error
    return parse(data, shown(path))


def beginning(path: Path, size: int) -> bytes:
    """Up to so many bytes of a file: what has more, or no end at all, is not read on. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(size)


def parse(data: bytes, file: str) -> YamlDocument:
    """Read the bytes of a file that is shown as `file`. Raises `BadInput` and nothing else."""
    text = _decode(data, file)
    reader = _Reader(file)
    try:
        root = reader.document(iter(yaml.parse(text, Loader=CSafeLoader)))
    except yaml.MarkedYAMLError as error:
        raise BadInput([*reader.problems, _syntax(error, text, file)]) from error
    except yaml.YAMLError as error:
        raise BadInput([*reader.problems, Problem(file, f"is not YAML: {error}")]) from error
    if reader.problems:
        raise BadInput(reader.problems)
    return YamlDocument(file, data, root.value, root)


def _decode(data: bytes, file: str) -> str:
    if len(data) > LARGEST_FILE:
        raise BadInput([Problem(file, f"more than {LARGEST_FILE} bytes, which are the most that is read")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode("utf-8", "replace"))
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        raise BadInput([Problem(file, message, line, column, remedy="save the file as UTF-8")]) from error
    if match := _TEXT.search(text):
        line, column = _position(text[: match.start()])
        raise BadInput([Problem(file, f"the character U+{ord(match[0]):04X} is not allowed", line, column)])
    return text


def _position(before: str) -> tuple[int, int]:
    lines = re.split("\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    message = error.problem or "is not YAML"
    if error.context and error.context_mark and error.context_mark is not mark:
        message = f"{message}, {error.context} that begins on line {error.context_mark.line + 1}"
    return Problem(file, message, line, column, remedy=_syntax_remedy(text, mark))


def _syntax_remedy(text: str, mark: Mark | None) -> str | None:
    if mark is None:
        return None
    if text[mark.index : mark.index + 1] == "\t":
        return "indent with spaces, not with tabs"
    if mark.index >= len(text.rstrip()):
        return "the file ends too early; is it cut?"
    return None


class _Reader:
    """Builds nodes from events. Faults that leave the rest readable are collected in `problems`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._anchors: dict[str, YamlNode | None] = {}
        self._path: list[str | int] = []

    def document(self, events: Iterator[Event]) -> YamlNode:
        root: YamlNode | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._stop(event, "a second document begins", "keep one document in a file")
                root = self._node(next(events), events, 0)
        if root is None:
            raise BadInput([Problem(self.file, "is empty", 1, 1)])
        return root

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> YamlNode:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if depth > LARGEST_DEPTH:
            self._path.clear()
            self._stop(event, f"nested more than {LARGEST_DEPTH} deep")
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._place(event)
        self._refuse_tag(event)
        if isinstance(event, ScalarEvent):
            node.value = _scalar(event)
        elif isinstance(event, MappingStartEvent):
            self._fill_mapping(node, events, depth)
        else:
            self._fill_list(node, events, depth)
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent) -> YamlNode:
        name = str(event.anchor)
        found = self._anchors.get(name)
        if found is None:
            inside = name in self._anchors
            self._stop(event, f"*{name} {'stands inside of what it names' if inside else 'names nothing'}")
        place = self._place(event)
        return YamlNode(place.line, place.column, found.value, found.children, found.keys, found.weight)

    def _fill_mapping(self, node: YamlNode, events: Iterator[Event], depth: int) -> None:
        node.value = {}
        merged: list[YamlNode] = []
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._key(event)
            place = _position_of(event)
            self._path.append(key)
            child = self._node(next(events), events, depth + 1)
            self._weigh(node, child)
            self._path.pop()
            if key == _MERGE and isinstance(event, ScalarEvent) and event.style in (None, ""):
                merged += self._merged(event, child)
                continue
            if key in node.children:
                first = node.keys[key][0]
                message = f"the key {key!r} stands twice, first on line {first}"
                self._note(event, message, "keep one of them", (*self._path, key))
                continue
            node.keys[key] = place
            node.children[key] = child
            node.value[key] = child.value
        for each in merged:
            _merge(node, each)

    def _merged(self, event: Event, child: YamlNode) -> list[YamlNode]:
        """The mappings that a merge key names, the first one winning."""
        given = list(child.children.values()) if isinstance(child.value, list) else [child]
        found = [each for each in given if isinstance(each.value, dict)]
        if len(found) < len(given) or not given:
            self._note(event, "a merge key (<<) takes a mapping, or a list of them", "write <<: *NAME")
        return found

    def _fill_list(self, node: YamlNode, events: Iterator[Event], depth: int) -> None:
        node.value = []
        while not isinstance(event := next(events), SequenceEndEvent):
            self._path.append(len(node.value))
            child = self._node(event, events, depth + 1)
            self._weigh(node, child)
            self._path.pop()
            node.children[len(node.value)] = child
            node.value.append(child.value)

    def _key(self, event: Event) -> str:
        if not isinstance(event, ScalarEvent):
            self._stop(event, "a key is a list, a mapping or an alias", "keys are plain text")
        self._refuse_tag(event)
        return str(event.value)

    def _weigh(self, node: YamlNode, child: YamlNode) -> None:
        node.weight += child.weight
        if node.weight > LARGEST_WEIGHT:
            message = f"more than {LARGEST_WEIGHT} values, aliases counted each time"
            field = spell_path(self._path)
            raise BadInput([*self.problems, Problem(self.file, message, child.line, child.column, field)])

    def _refuse_tag(self, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!") and isinstance(event, ScalarEvent | CollectionStartEvent):
            self._note(event, f"the tag {tag} is not understood", "leave it out; put text in quotes")

    def _place(self, event: Event) -> YamlNode:
        line, column = _position_of(event)
        return YamlNode(line, column, None, {}, {})

    def _problem(self, event: Event, message: str, remedy: str | None, path: Path_ | None = None) -> Problem:
        (line, column), field = _position_of(event), spell_path(self._path if path is None else path)
        return Problem(self.file, message, line, column, field, remedy)

    def _note(self, event: Event, message: str, remedy: str | None = None, path: Path_ | None = None) -> None:
        self.problems.append(self._problem(event, message, remedy, path))

    def _stop(self, event: Event, message: str, remedy: str | None = None) -> NoReturn:
        raise BadInput([*self.problems, self._problem(event, message, remedy)])


def _position_of(event: Event) -> tuple[int, int]:
    """The line and the column of an event, from 1."""
    mark: Mark = event.start_mark  # type: ignore[assignment]  # libyaml always tells it
    return mark.line + 1, mark.column + 1


def _merge(node: YamlNode, other: YamlNode) -> None:
    """Add what the other mapping has and this one does not say itself, with the places where it was written."""
    for key, child in other.children.items():
        if key not in node.children:
            node.keys[key], node.children[key], node.value[key] = other.keys[key], child, child.value


def _scalar(event: ScalarEvent) -> str | int | bool | None:
    text = str(event.value)
    if event.style not in (None, "") or event.tag is not None:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
