"""A YAML document as a tree that knows where its characters stand (YAML 1.1 as PyYAML parses it).

Built from the parser's events and not from its values: aliases stay aliases, keys that stand twice stay two.
"""

import codecs
import re
from collections.abc import Iterator, Mapping

import yaml
from msgspec import Struct

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.results import RefusedError, Scalar, Unquoted, Value

_NUMBER = re.compile(
    r"""[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?   # 24.10, 1e3, 0123, .5
      | [-+]?0[xobXOB][0-9a-fA-F]+                                  # 0x1f, 0o17
      | [-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?                   # 12:30:45, base sixty
      | [-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)""",
    re.VERBOSE,
)
_WORDS = {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"}
_TEXT_TAG = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()
NO_EDITS: Mapping[int, Value] = {}

LARGEST_FILE = 10_000_000
"""Characters of a file that is read: far more than anybody writes, and far less than would hold others up."""
DEEPEST = 100
MOST_NODES = 200_000


class Node(Struct, frozen=True):
    """One node: `kind` is `scalar`, `sequence`, `mapping` or `alias`; the span is in characters of the text.

    `style` is the scalar's quote character, empty for plain; `flow` is of collections. `end` of a block
    collection is where the parser noticed it, and is not used.
    """

    kind: str
    start: int
    end: int
    line: int
    last_line: int
    value: str = ""
    style: str = ""
    flow: bool = False
    anchor: str | None = None
    tag: str | None = None
    items: tuple["Node", ...] = ()
    pairs: tuple[tuple["Node", "Node"], ...] = ()

    @property
    def scalar(self) -> Scalar:
        """The scalar as text, or unquoted where some reader of YAML would not take it for text."""
        return Unquoted(self.value) if not self.style and not is_text(self.value) else self.value

    def shape(self, edits: Mapping[int, Value] = NO_EDITS) -> object:
        """What the document says here, without where: equal shapes mean the same to every reader.

        `edits` are values that stand in for nodes, by the nodes' `id`.
        """
        if id(self) in edits:
            return shape_of(edits[id(self)])
        if self.kind == "mapping":
            pairs = tuple((key.shape(edits), value.shape(edits)) for key, value in self.pairs)
            return (self.kind, self.anchor, self.tag, pairs)
        if self.kind == "sequence":
            return (self.kind, self.anchor, self.tag, tuple(each.shape(edits) for each in self.items))
        return (self.kind, self.anchor, self.tag, self.scalar if self.kind == "scalar" else self.value)


def shape_of(value: Value) -> object:
    """The shape of a node that holds this value."""
    if isinstance(value, tuple):
        return ("sequence", None, None, tuple(shape_of(each) for each in value))
    return ("scalar", None, None, value)


def is_text(plain: str) -> bool:
    """Whether every reader takes this plain scalar for text: PyYAML (YAML 1.1), YAML 1.2 and Go's (Helm)."""
    if plain.lower() in _WORDS or _NUMBER.fullmatch(plain.replace("_", "")):
        return False
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, plain, (True, False))  # type: ignore[no-untyped-call]
    return tag == _TEXT_TAG


def decoded(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, if there is one, and the text without it. Raises `RefusedError` (`not-utf-8`)."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return mark, data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("not-utf-8", line=data.count(b"\n", 0, error.start) + 1) from None


def parse(text: str) -> Node:
    """The tree of the one document in `text`.

    Raises `RefusedError` with `not-yaml`, `several-documents`, `empty-file`, `file-too-large`, `too-deep` or
    `too-many-values`.
    """
    if len(text) > LARGEST_FILE:
        raise RefusedError("file-too-large", found=len(text), expected=LARGEST_FILE)
    try:
        events = list(_limited(yaml.parse(text, Loader=yaml.CSafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise RefusedError(
            "not-yaml", line=mark.line + 1 if mark else None, found=error.problem or "unreadable"
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise RefusedError("not-yaml", line=None, found=str(error).splitlines()[0]) from None
    documents = sum(isinstance(each, yaml.DocumentStartEvent) for each in events)
    if documents > 1:
        raise RefusedError("several-documents", found=documents)
    if documents == 0:
        raise RefusedError("empty-file")
    stream = iter(events[2:])
    return _node(next(stream), stream)


def _limited(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """The same events, up to where they are too many or too deep."""
    depth = nodes = 0
    for event in events:
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else None
        if depth > DEEPEST:
            raise RefusedError("too-deep", line=line, expected=DEEPEST)
        if nodes > MOST_NODES:
            raise RefusedError("too-many-values", line=line, expected=MOST_NODES)
        yield event


def _node(event: yaml.Event, stream: Iterator[yaml.Event]) -> Node:
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", *_span(event, event), value=event.anchor or "")
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or ""
        return Node(
            "scalar",
            *_span(event, event),
            value=event.value,
            style="" if style == "plain" else style,
            anchor=event.anchor,
            tag=event.tag,
        )
    nodes: list[Node] = []
    while not isinstance(inner := next(stream), yaml.CollectionEndEvent):
        nodes.append(_node(inner, stream))
    return _collection(event, inner, nodes)


def _collection(event: yaml.Event, last: yaml.Event, nodes: list[Node]) -> Node:
    assert isinstance(event, yaml.CollectionStartEvent)
    start, end, line, last_line = _span(event, last)
    is_list = isinstance(event, yaml.SequenceStartEvent)
    return Node(
        "sequence" if is_list else "mapping",
        start,
        end,
        line,
        nodes[-1].last_line if nodes and not event.flow_style else last_line,
        flow=bool(event.flow_style),
        anchor=event.anchor,
        tag=event.tag,
        items=tuple(nodes) if is_list else (),
        pairs=() if is_list else tuple(zip(nodes[::2], nodes[1::2], strict=True)),
    )


def _span(first: yaml.Event, last: yaml.Event) -> tuple[int, int, int, int]:
    start, end = first.start_mark, last.end_mark
    assert start is not None
    assert end is not None
    return start.index, end.index, start.line + 1, end.line + 1


class FoundNode(Struct, frozen=True):
    """The node at a path, and the key it stands under (None in a sequence)."""

    node: Node
    key: Node | None


def find(root: Node, path: Path) -> FoundNode:
    """The node at the path.

    Raises `Refused`: `absent`, `duplicate-key`, `alias`, `anchor` (what stands there would change
    elsewhere too), `merge-key`, `not-a-mapping`, `not-a-list`.
    """
    found = FoundNode(root, None)
    for part in path:
        _own(found.node)
        found = _entry(found.node, part) if isinstance(part, str) else _item(found.node, part)
    _own(found.node)
    return found


def _own(node: Node) -> None:
    if node.kind == "alias":
        raise RefusedError("alias", line=node.line, found=f"*{node.value}")
    if node.anchor is not None:
        raise RefusedError("anchor", line=node.line, found=f"&{node.anchor}")


def _item(node: Node, part: int | Named) -> FoundNode:
    if node.kind != "sequence":
        raise RefusedError("not-a-list", line=node.line, found=node.kind)
    if isinstance(part, int):
        if part >= len(node.items):
            raise RefusedError("absent", line=node.line, found=f"{len(node.items)} items")
        return FoundNode(node.items[part], None)
    named = [each for each in node.items if _name_of(each) == part.name]
    if len(named) > 1:
        raise RefusedError("duplicate-key", line=named[1].line, found=part.name)
    if not named:
        raise RefusedError("absent", line=node.line, found=part.name)
    return FoundNode(named[0], None)


def _name_of(node: Node) -> str | None:
    return next((value.value for key, value in node.pairs if key.value == "name"), None)


def _entry(node: Node, name: str) -> FoundNode:
    if node.kind != "mapping":
        raise RefusedError("not-a-mapping", line=node.line, found=node.kind)
    matches = [(key, value) for key, value in node.pairs if key.kind == "scalar" and key.value == name]
    if len(matches) > 1:
        raise RefusedError("duplicate-key", line=matches[1][0].line, found=name)
    if not matches:
        merged = next((key for key, _ in node.pairs if key.value == "<<" and not key.style), None)
        if merged is not None:
            raise RefusedError("merge-key", line=merged.line, found="<<")
        raise RefusedError("absent", line=node.line, found=name)
    return FoundNode(matches[0][1], matches[0][0])
