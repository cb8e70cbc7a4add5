"""Documents read as far as they can say an image: the parser's events, of which only what leads to one is kept.

No tree of all nodes is made: memory is that of what is kept, however long a document is, and no nesting is followed by
recursion. Where an alias stands, what it repeats is shared.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Union

import yaml
from msgspec import Struct
from yaml.cyaml import CParser  # type: ignore[attr-defined]

DEEPEST = 10_000
"""Levels of nesting: deeper ones are refused."""
_OTHER_BREAKS = re.compile(rb"\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]")
_BREAK = re.compile(r"\r\n|\n|\r")
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")
NAMES = frozenset({"kind", "name", "generateName", "namespace"})
"""Keys whose scalars are kept beside those of images."""
LEAVES = frozenset({"image", "reference"})
"""Keys whose scalars may be images."""
_UNENDED = ("while parsing a flow", "while scanning a quoted")
_NULLS = frozenset({"~", "null", "Null", "NULL"})
_MERGE = "<<"
_NO_KEY = object()


class PrunedScalar(Struct, frozen=True):
    """A scalar that is kept: its text, and the line that it is written on. is_text: whether it is text as it stands;
    a tag may make something else of it. is_null: whether it says nothing."""

    text: str
    line: int
    is_text: bool
    is_null: bool = False


Pruned = Union[PrunedScalar, "PrunedCollection"]
PrunedCollection = dict[str | int, Any]
"""What is kept of a mapping by its keys, of a sequence by its indices."""


class PrunedDocument(Struct, frozen=True):
    """What is kept of a document; None where nothing is. size: how many collections it has."""

    root: Pruned | None
    line: int
    size: int


class UnreadableDocument(Exception):
    """A document that is no YAML, or that Kubernetes would not take; `line` is None where nobody knows it."""

    def __init__(self, code: str, line: int | None, **values: Any) -> None:
        super().__init__(code, line, values)
        self.code, self.line, self.values = code, line, values


def read_pruned(
    data: bytes, line: int, leaves: Collection[str] = LEAVES, names: Collection[str] = NAMES
) -> Iterator[PrunedDocument]:
    """The documents of a text in UTF-8 whose first line is number `line`.

    leaves: keys whose scalars are kept; names: those that are only kept beside them. Raises `UnreadableDocument`:
    `not-yaml`, `duplicate-key`, `nested-too-deeply`, `binary-tag`, `unknown-alias`.
    """
    lines = _Lines(data, line)
    try:
        parser = CParser(data)
        try:
            while parser.check_event(yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent):
                event = parser.get_event()
                if type(event) is yaml.DocumentStartEvent:
                    start = lines.of(event.start_mark)
                    reader = _Reader(parser, lines, leaves, names)
                    yield PrunedDocument(reader.read(), start, reader.size)
        finally:
            parser.dispose()
    except yaml.MarkedYAMLError as error:
        mark = _place(error)
        found = error.problem or error.context or "unreadable"
        raise UnreadableDocument("not-yaml", lines.of(mark) if mark else line, found=found) from None
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableDocument(
            "not-yaml", lines.after(error), found=str(error).partition("\n")[0]
        ) from None


def _place(error: yaml.MarkedYAMLError) -> Any:
    """Where an error is: of what has no end, where it begins."""
    if error.context_mark is not None and (error.context or "").startswith(_UNENDED):
        return error.context_mark
    return error.problem_mark or error.context_mark


class _Lines:
    """Numbers lines as editors do; to the parser, other characters end a line as well."""

    def __init__(self, data: bytes, first: int) -> None:
        self._first, self._data = first, data
        self._breaks: list[int] | None = None
        if _OTHER_BREAKS.search(data):
            self._breaks = [each.start() for each in _BREAK.finditer(data.decode(errors="replace"))]

    def of(self, mark: Any) -> int:
        if self._breaks is None:
            return self._first + int(mark.line)
        return self._first + bisect_left(self._breaks, mark.index)

    def after(self, error: Exception) -> int:
        """Where the parser's reader found bytes that are no characters of YAML."""
        position = getattr(error, "position", 0)
        before = self._data[:position] if isinstance(position, int) else b""
        return self._first + before.count(b"\n")


class _Reader:
    """Reads one document from the events that follow its start."""

    def __init__(
        self, parser: CParser, lines: _Lines, leaves: Collection[str], names: Collection[str]
    ) -> None:
        self._next = parser.get_event
        self._lines = lines
        self._leaves, self._kept = leaves, frozenset(leaves).union(names, (_MERGE,))
        self._anchors: dict[str, Pruned] = {}
        self.size = 0

    def read(self) -> Pruned | None:  # noqa: PLR0912, PLR0915 - one loop over all events: calls would cost more
        kept, leaves, lines, following = self._kept, self._leaves, self._lines, self._next
        root: PrunedCollection = {}
        stack: list[tuple[Any, ...]] = []
        # Of the collection that is read now: what is kept of it, whether it is a mapping, its keys so far, the key
        # whose value comes (the index, in a sequence), whether it leads to an image, and its anchor.
        here: PrunedCollection = root
        is_mapping, keys, key, leads, anchor = False, set[str](), 0, False, None
        scalar_event, end_events = yaml.ScalarEvent, (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        pending: Any = key
        image_lines: list[int] = []
        # By a mapping's keys: those that stand before its merge key, and the line of that.
        merges: dict[int, tuple[frozenset[str], int]] = {}
        while True:
            event: Any = following()
            kind = type(event)
            if kind is scalar_event:
                text = event.value
                if event.tag is not None and event.tag.endswith("binary"):
                    raise UnreadableDocument("binary-tag", lines.of(event.start_mark))
                if pending is _NO_KEY:
                    if event.anchor is not None:
                        self._anchors[event.anchor] = self._scalar(event)
                    if text in keys:
                        raise UnreadableDocument("duplicate-key", lines.of(event.start_mark), key=text)
                    if text == _MERGE:
                        merges[id(keys)] = (frozenset(keys), lines.of(event.start_mark))
                    keys.add(text)
                    pending = text
                    continue
                name = pending if is_mapping else stack[-1][3] if stack else None
                if event.anchor is not None:
                    self._anchors[event.anchor] = self._scalar(event)
                if name in kept:
                    here[pending] = scalar = self._scalar(event)
                    leads = leads or (name in leaves and not scalar.is_null)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(stack) > DEEPEST:
                    raise UnreadableDocument("nested-too-deeply", lines.of(event.start_mark), most=DEEPEST)
                if pending == "image":
                    image_lines.append(lines.of(event.start_mark))
                stack.append((here, is_mapping, keys, pending, leads, anchor))
                self.size += 1
                here, keys, leads, anchor = {}, set(), False, event.anchor
                is_mapping = kind is yaml.MappingStartEvent
                pending = _NO_KEY if is_mapping else 0
                continue
            elif kind in end_events:
                if _MERGE in here:
                    leads = self._merge(here, keys, *merges.pop(id(keys))) or leads
                ended, ended_leads = here, leads
                if anchor is not None:
                    self._anchors[anchor] = ended
                here, is_mapping, keys, pending, leads, anchor = stack.pop()
                if pending is _NO_KEY:
                    # It is a key itself, which no object of Kubernetes has.
                    pending = ""
                    continue
                if ended_leads or pending in ("metadata", _MERGE):
                    here[pending] = ended
                    leads = leads or ended_leads
                    if pending == "image":
                        image_lines.pop()
                elif pending == "image":
                    # Nothing of it is an image, where one may be wanted: an expression that nobody has filled in.
                    here[pending] = PrunedScalar("", image_lines.pop(), is_text=False)
                    leads = True
            elif kind is yaml.AliasEvent:
                found = self._anchors.get(event.anchor)
                if found is None:
                    raise UnreadableDocument(
                        "unknown-alias", lines.of(event.start_mark), alias=str(event.anchor)
                    )
                if pending is _NO_KEY:
                    # As a merge key it is one to some parsers, and a key like others to Kubernetes'.
                    pending = found.text if isinstance(found, PrunedScalar) else ""
                    if pending in keys or pending == _MERGE:
                        raise UnreadableDocument("duplicate-key", lines.of(event.start_mark), key=pending)
                    keys.add(pending)
                    continue
                name = pending if is_mapping else stack[-1][3] if stack else None
                if isinstance(found, dict) or name in kept:
                    here[pending] = found
                    leads = leads or isinstance(found, dict) or name in leaves
            else:
                return root.get(0)
            pending = _NO_KEY if is_mapping else pending + 1

    def _scalar(self, event: Any) -> PrunedScalar:
        text, is_text = event.value, event.tag in _TEXT_TAGS
        plain = not event.style and event.tag is None
        return PrunedScalar(text, self._lines.of(event.start_mark), is_text, is_null(text, plain=plain))

    @staticmethod
    def _merge(here: PrunedCollection, keys: set[str], before: frozenset[str], line: int) -> bool:
        """Put what a merge key brings under the keys that are not there (YAML 1.1, "Merge Key").

        A key that stands `before` it is refused: to Kubernetes' parser the merge goes over that, to others it does not.
        """
        merged = here.pop(_MERGE)
        several = isinstance(merged, dict) and merged and all(isinstance(each, int) for each in merged)
        for each in merged.values() if several else (merged,):
            if isinstance(each, dict):
                for key, value in each.items():
                    if key in before:
                        raise UnreadableDocument("duplicate-key", line, key=str(key))
                    if key not in keys:
                        here.setdefault(key, value)
        return any(key == "image" or isinstance(value, dict) for key, value in here.items())


def is_null(text: str, *, plain: bool) -> bool:
    """Whether a scalar says nothing: null, which is so only without quotes, or an empty text."""
    return not text or (plain and text in _NULLS)


def is_sequence(value: object) -> bool:
    """Whether something is kept of a sequence."""
    return isinstance(value, Mapping) and bool(value) and all(isinstance(each, int) for each in value)
