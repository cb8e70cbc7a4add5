"""Entries of YAML mappings, added so that every line that is there stays as it is.

A value is put at a path: where a scalar or a list stands, it is replaced in its place; where nothing does, a new entry
follows the last one of the deepest mapping that is there. The text is parsed again to prove that nothing else changed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ldmrelease.domain.value_paths import spell_path
from ldmrelease.targets.results import Refusal, RefusedError, Unquoted, Value
from ldmrelease.targets.yamledit import layout
from ldmrelease.targets.yamledit.edit_settings import edit_settings
from ldmrelease.targets.yamledit.locate import FoundNode, find
from ldmrelease.targets.yamledit.proof import Edit, Shape, prove, shape
from ldmrelease.targets.yamledit.splice import Splice, apply
from ldmrelease.targets.yamledit.tree import Node, decoded, parse, parse_documents


def put(data: bytes, path: Sequence[str], value: Any, file: str) -> bytes | Refusal:
    """The file with `value` (text, a number, a list of texts, or mappings of them) at `path`, the keys from the root.

    `file` is the name for refusals. What is not one line, an anchor or an alias is refused; so is a mapping in place of
    one that is there.
    """
    try:
        mark, text = decoded(data)
        root = parse(text)
        depth, found = _deepest(root, path)
        if depth == len(path):
            return edit_settings(data, {spell_keys(path): _value(value)}, file)
        for key in reversed(path[depth + 1 :]):
            value = {key: value}
        changed = apply(text, _entry(text, found, path[depth], value))
        added = {id(found.node): _pairs_of(found.node, path[depth], value)}
        prove((root,), changed, Edit(added=added))
    except RefusedError as refused:
        return Refusal(
            refused.refusal.code, {"file": file, "path": spell_keys(path)} | refused.refusal.values
        )
    return mark + changed.encode()


def spell_keys(keys: Sequence[str]) -> str:
    """The path of these keys, as settings are named: `policies."a.b".digest`."""
    return spell_path(tuple(keys))


def block_text(value: Mapping[str, Any]) -> str:
    """A mapping as block text: lists in one line, texts of several lines as blocks, every value written out."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return text


def _value(value: Any) -> Value:
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    return Unquoted(str(value)) if isinstance(value, int) else str(value)


def _deepest(root: Node, path: Sequence[str]) -> tuple[int, FoundNode]:
    """How many keys of the path are there, and the node that the last of them holds."""
    found = find(root, ())
    for depth in range(len(path)):
        try:
            found = find(root, tuple(path[: depth + 1]))
        except RefusedError as refused:
            if refused.refusal.code == "absent":
                return depth, found
            raise
    return len(path), found


def _entry(text: str, found: FoundNode, key: str, value: Any) -> list[Splice]:
    node = found.node
    if node.pairs and node.flow:
        end = node.pairs[-1][1].end
        return [Splice(end, end, f", {_flow(key)}: {_flow(value)}")]
    if node.pairs:
        return [
            _lines(text, layout.end_of(text, node), layout.column(text, node.pairs[0][0].start), {key: value})
        ]
    if found.key is None:
        raise RefusedError("layout", line=node.line, found="an empty document")
    # `{}` or a null goes; a comment at the end of the line stays.
    start = len(text[: node.start].rstrip(" "))
    indent = layout.column(text, found.key.start) + 2
    return [Splice(start, node.end, ""), _lines(text, node.end, indent, {key: value})]


def _lines(text: str, behind: int, indent: int, entry: Mapping[str, Any]) -> Splice:
    """The entry as lines of its own, below the line where `behind` is."""
    newline = layout.newline_of(text)
    at = layout.line_after(text, behind)
    before = "" if text[:at].endswith("\n") else newline
    lines = "".join(f"{' ' * indent}{each}{newline}" for each in block_text(entry).splitlines())
    return Splice(at, at, before + lines)


def _flow(value: Any) -> str:
    """JSON is YAML in flow style."""
    return json.dumps(value)


def _pairs_of(target: Node, key: str, value: Any) -> tuple[Shape, ...]:
    """What is added to the node, as the parser takes it."""
    has_lines = not target.flow or not target.pairs
    (made,) = parse_documents(block_text({key: value}) if has_lines else f"{{{_flow(key)}: {_flow(value)}}}")
    return tuple(("pair", shape(inner), shape(each)) for inner, each in made.pairs)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _represent_list(dumper: yaml.SafeDumper, items: list[str]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
