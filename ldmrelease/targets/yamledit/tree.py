"""A YAML document as a tree that knows where its characters stand (YAML 1.1 as PyYAML parses it).

Built from the parser's events and not from its values: aliases stay aliases, keys that stand twice stay two.
"""

import codecs
import re
from collections.abc import Iterator, Sequence

import yaml
from msgspec import Struct

from ldmrelease.domain.value_paths import ManifestName
from ldmrelease.targets.results import RefusedError, Scalar, Unquoted

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
NULLS = {"", "~", "null", "Null", "NULL"}

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

    @property
    def is_null(self) -> bool:
        """Whether nothing is said here, in whichever way."""
        return self.kind == "scalar" and not self.style and self.tag is None and self.value in NULLS


_NOTHING = Node("alias", 0, 0, 0, 0)


def is_text(plain: str) -> bool:
    """Whether every reader takes this plain scalar for text: PyYAML (YAML 1.1), YAML 1.2 and Go's (Helm)."""
    if plain.lower() in _WORDS or _NUMBER.fullmatch(plain.replace("_", "")):
        return False
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, plain, (True, False))  # type: ignore[no-untyped-call]
    return tag == _TEXT_TAG


def decoded(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, if there is one, and the text without it.

    Raises `RefusedError` with `not-utf-8`, or with `not-yaml` for a second mark: not all readers skip that.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    if data.startswith(codecs.BOM_UTF8 * 2):
        raise RefusedError("not-yaml", line=1, found="two byte order marks")
    try:
        return mark, data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("not-utf-8", line=data.count(b"\n", 0, error.start) + 1) from None


def parse(text: str) -> Node:
    """The tree of the one document in `text`.

    Raises `RefusedError` with `several-documents`, `empty-file` and those of `parse_documents`.
    """
    return the_document(parse_documents(text), None)


def the_document(documents: Sequence[Node], manifest: ManifestName | None) -> Node:
    """The document that is meant; None means the only one.

    Raises `RefusedError` with `several-documents`, `empty-file`, `no-manifest-of-name` or `two-manifests-of-name`.
    """
    if manifest is None:
        if len(documents) > 1:
            raise RefusedError("several-documents", found=len(documents))
        if not documents:
            raise RefusedError("empty-file")
        return documents[0]
    names = [(_text_at(each, "kind"), _text_at(each, "metadata", "name")) for each in documents]
    matching = [
        each for each, name in zip(documents, names, strict=True) if name == (manifest.kind, manifest.name)
    ]
    if not matching:
        known = [f"{kind}/{name}" for kind, name in names if kind and name]
        raise RefusedError("no-manifest-of-name", found=str(manifest), known=known)
    if len(matching) > 1:
        raise RefusedError("two-manifests-of-name", line=matching[1].line, found=str(manifest))
    return matching[0]


def _text_at(node: Node, *keys: str) -> str | None:
    for each in keys:
        node = next((value for key, value in node.pairs if key.value == each), _NOTHING)
    return node.value if node.kind == "scalar" else None


def parse_documents(text: str) -> tuple[Node, ...]:
    """The trees of all documents in `text`.

    Raises `RefusedError` with `not-yaml`, `file-too-large`, `too-deep` or `too-many-values`.
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
    stream = iter(events)
    return tuple(_node(next(stream), stream) for each in stream if isinstance(each, yaml.DocumentStartEvent))


def _limited(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """The same events, up to where they are too many or too deep, or name an anchor that is not there."""
    depth = nodes = 0
    anchors: set[str] = set()
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            anchors = set()
        elif isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
            line = event.start_mark.line + 1 if event.start_mark else None
            raise RefusedError("not-yaml", line=line, found=f"undefined alias *{event.anchor}")
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            anchors.add(event.anchor)
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
