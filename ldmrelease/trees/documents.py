"""The nodes of YAML documents, with their marks. An anchor may be given again, as the specification allows (YAML 1.2,
7.1: an alias is of the anchor that stands before it) and Go's parsers take; PyYAML's composer refuses it."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

_TOO_OFTEN = "second occurrence"
# What may nest: the parser below is of C, and ends the process where it goes too deep.
_MAY_BE_DEEP = re.compile(r"(?:[-?:][ \t]+){50}|^[ \t]{100}", re.MULTILINE)
_MERGE, _TEXT = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str"
_TAGS: dict[type[yaml.Node], str] = {
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}


class _Loader(yaml.CSafeLoader):
    """Resolves no plain scalar but the merge key: what the others are is not asked of their tags, and takes long."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a node that has none."""
        if kind is yaml.ScalarNode:
            return _MERGE if value == "<<" and implicit[0] else _TEXT
        return _TAGS[kind]

    def descend_resolver(self, *_: Any) -> None:
        """Nothing is resolved by its path."""

    def ascend_resolver(self) -> None:
        """Nothing is resolved by its path."""


def compose_all(text: str | bytes, deepest: int) -> list[yaml.Node]:
    """The root node of each document; of plain scalars, only a merge key has a tag of its own. Raises yaml.YAMLError,
    also where one is nested deeper than `deepest`."""
    shown = text if isinstance(text, str) else text.decode(errors="replace")
    if shown.count("[") + shown.count("{") > deepest or _MAY_BE_DEEP.search(shown):
        _require_shallow(text, deepest)
    try:
        return [each for each in yaml.compose_all(text, Loader=_Loader) if each is not None]
    except yaml.composer.ComposerError as error:
        if _TOO_OFTEN not in (error.problem or ""):
            raise
    return list(_composed(text))


def _require_shallow(text: str | bytes, deepest: int) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            depth += 1
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            depth -= 1
        if depth > deepest:
            raise yaml.composer.ComposerError(None, None, "nested too deeply", _mark(event))


def _composed(text: str | bytes) -> Iterator[yaml.Node]:
    events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _Composer(events).node(next(events))


class _Composer:
    """Makes the nodes of one document."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, yaml.Node] = {}
        self._resolver = yaml.resolver.Resolver()

    def node(self, event: Any) -> yaml.Node:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", mark)
            return self._anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            return self._anchored(event, self._scalar(event))
        made: yaml.Node
        if isinstance(event, yaml.SequenceStartEvent):
            made = yaml.SequenceNode(event.tag or "tag:yaml.org,2002:seq", [], mark)
        else:
            made = yaml.MappingNode("tag:yaml.org,2002:map", [], mark)
        self._anchored(event, made)
        for each in self._events:
            if isinstance(each, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                break
            if isinstance(made, yaml.SequenceNode):
                made.value.append(self.node(each))
            else:
                key = self.node(each)
                made.value.append((key, self.node(next(self._events))))
        return made

    def _scalar(self, event: Any) -> yaml.ScalarNode:
        resolved = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        tag = event.tag if event.tag not in (None, "!") else resolved
        return yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark, style=event.style)

    def _anchored(self, event: Any, node: yaml.Node) -> yaml.Node:
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = node
        return node


def _mark(event: Any) -> Any:
    return event.start_mark
