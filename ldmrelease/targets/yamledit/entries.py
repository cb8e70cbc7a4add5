"""Entries of YAML mappings, added so that every line that is there stays as it is.

A value is put at a path: where a scalar or a list stands, it is replaced in its place; where nothing does, a new entry
follows the last one of the deepest mapping that is there. The text is parsed again to prove that nothing else changed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from msgspec.structs import replace

from ldmrelease.targets.results import Refusal, RefusedError, Unquoted, Value
from ldmrelease.targets.yamledit.settings import edit_settings
from ldmrelease.targets.yamledit.splice import Splice, apply
from ldmrelease.targets.yamledit.tree import FoundNode, Node, decoded, find, parse

_NULLS = {"", "~", "null", "Null", "NULL"}


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
        _prove(root, changed, found.node, path[depth], value)
    except RefusedError as refused:
        return Refusal(
            refused.refusal.code, {"file": file, "path": spell_keys(path)} | refused.refusal.values
        )
    return mark + changed.encode()


def spell_keys(keys: Sequence[str]) -> str:
    """The path of these keys, as settings are named: `policies."a.b".digest`."""
    return ".".join(_quoted(each) if set(each) & set('."[]\\') or not each else each for each in keys)


def block_text(value: Mapping[str, Any]) -> str:
    """A mapping as block text: lists in one line, texts of several lines as blocks, every value written out."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return text


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


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
            is_empty = found.node.kind == "scalar" and not found.node.style and found.node.value in _NULLS
            if refused.refusal.code == "absent" or is_empty:
                return depth, found
            raise
    return len(path), found


def _entry(text: str, found: FoundNode, key: str, value: Any) -> list[Splice]:
    node = found.node
    if node.pairs and node.flow:
        end = node.pairs[-1][1].end
        return [Splice(end, end, f", {_flow(key)}: {_flow(value)}")]
    if node.pairs:
        return [_lines(text, _end(text, node), _column(text, node.pairs[0][0].start), {key: value})]
    if found.key is None:
        raise RefusedError("layout", line=node.line, found="an empty document")
    # `{}` or a null goes; a comment at the end of the line stays.
    start = len(text[: node.start].rstrip(" "))
    indent = _column(text, found.key.start) + 2
    return [Splice(start, node.end, ""), _lines(text, node.end, indent, {key: value})]


def _lines(text: str, behind: int, indent: int, entry: Mapping[str, Any]) -> Splice:
    """The entry as lines of its own, below the line where `behind` is."""
    newline = "\r\n" if "\r\n" in text else "\n"
    after = text.find("\n", behind)
    at = len(text) if after < 0 else after + 1
    before = "" if text[:at].endswith("\n") else newline
    lines = "".join(f"{' ' * indent}{each}{newline}" for each in block_text(entry).splitlines())
    return Splice(at, at, before + lines)


def _column(text: str, start: int) -> int:
    return start - (max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1)


def _end(text: str, node: Node) -> int:
    """Where the last value of a block collection ends; comments that follow on lines of their own stay behind it."""
    while node.kind in ("mapping", "sequence") and not node.flow and (node.pairs or node.items):
        node = node.pairs[-1][1] if node.pairs else node.items[-1]
    # A block scalar ends where the next line begins, and may hold empty lines at its end.
    return len(text[: node.end].rstrip("\r\n \t")) if node.style in ("|", ">") else node.end


def _flow(value: Any) -> str:
    """JSON is YAML in flow style."""
    return json.dumps(value)


def _prove(root: Node, text: str, target: Node, key: str, value: Any) -> None:
    """Refuse (`unsafe`) unless the new text says what the old one said, and the new entry."""
    try:
        after = parse(text)
    except RefusedError as refused:
        raise RefusedError("unsafe", **refused.refusal.values) from None
    added = parse(
        block_text({key: value}) if not target.flow or not target.pairs else _flow({key: value})
    ).pairs
    made = replace(target, kind="mapping", value="", style="", pairs=(*target.pairs, *added))
    if after.shape() != _rebuilt(root, target, made).shape():
        raise RefusedError("unsafe", found="another setting would change too")


def _rebuilt(node: Node, target: Node, made: Node) -> Node:
    if node is target:
        return made
    return replace(
        node,
        items=tuple(_rebuilt(each, target, made) for each in node.items),
        pairs=tuple((key, _rebuilt(value, target, made)) for key, value in node.pairs),
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _represent_list(dumper: yaml.SafeDumper, items: list[str]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
