"""Broken workspaces: one field of one file removed, emptied, mistyped, doubled or misspelled.

Fields that have the same shape (`environments.*.applications.*.level`) are broken once.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ldmrelease.config.yaml import read

Steps = tuple[str | int, ...]

_NAMED = {
    "products", "components", "environments", "applications", "checks", "roles", "policies", "receipts", "targets",
    "aliases", "keep", "containers", "images", "pods", "trees", "for",
}  # fmt: skip
"""Keys whose mapping is by names that the workspace chooses."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One file with one fault. `lines` are those of what holds the fault, first and last."""

    file: str
    path: Steps
    how: str
    text: str
    lines: tuple[int, int]
    value: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the value or the key was called, if it was a name."""
        return (*(str(each) for each in self.path if isinstance(each, str)),)[-1:] + (self.value,) * bool(
            self.value
        )

    def __str__(self) -> str:
        return f"{self.file}:{read.spell_path(self.path)}:{self.how}"


def dumped(plain: Any) -> str:
    """A document with every value on a line of its own."""
    text: str = yaml.dump(plain, Dumper=_Plain, sort_keys=False, width=10_000)
    return text


class _Plain(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def broken(file: str, plain: Any, ways: int = 2) -> Iterator[Broken]:
    """Break a document, one field at a time and each in some `ways`: the next field in the ways that come after."""
    next_way = 0
    seen: set[Steps] = set()
    for path, value in _fields(plain):
        shape = _shape(path, plain)
        if shape in seen:
            continue
        seen.add(shape)
        changes = [*_changes(plain, path, value), ("doubled", None)]
        for number in range(next_way, next_way + min(ways, len(changes))):
            how, changed = changes[number % len(changes)]
            if how == "doubled":
                yield from _doubled(file, plain, path)
            else:
                text = dumped(changed)
                yield Broken(
                    file, path, how, text, _lines(text, path[:-1]), value if isinstance(value, str) else ""
                )
        next_way += ways


def _fields(plain: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    items = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in items:
        yield (*path, key), value
        yield from _fields(value, (*path, key))


def _shape(path: Steps, plain: Any) -> Steps:
    found: list[str | int] = []
    node = plain
    for index, step in enumerate(path):
        node = node[step]
        above = path[index - 1] if index else ""
        # The keys of a trust document have names that it chooses, those of a workspace are what they are for.
        named = not isinstance(step, int) and (
            above in _NAMED or (above == "keys" and plain["kind"] == "Trust")
        )
        rule = node.get("rule", "") if isinstance(node, dict) else ""
        found.append(f"[{rule}]" if isinstance(step, int) else "*" if named else step)
    return tuple(found)


def _changes(plain: Any, path: Steps, value: Any) -> Iterator[tuple[str, Any]]:
    yield "removed", _with(plain, path, None, remove=True)
    yield "nothing", _with(plain, path, None)
    if isinstance(value, (str, list, dict)) and value:
        yield "emptied", _with(plain, path, type(value)())
    for each in ({"a": "b"}, ["a"], 7, "nonsense", True):
        if not isinstance(each, type(value)) and not (isinstance(value, bool) and isinstance(each, int)):
            yield f"mistyped-{type(each).__name__}", _with(plain, path, each)
    if isinstance(value, str):
        yield "misspelled", _with(plain, path, f"{value}x")
    if type(value) is int:
        yield "zero", _with(plain, path, 0)
    if isinstance(value, list) and value:
        yield "twice", _with(plain, path, [*value, value[0]])
    if not isinstance(path[-1], int):
        yield "renamed", _renamed(plain, path)


def _with(plain: Any, path: Steps, value: Any, *, remove: bool = False) -> Any:
    changed = copy.deepcopy(plain)
    node = changed
    for step in path[:-1]:
        node = node[step]
    if remove:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


def _renamed(plain: Any, path: Steps) -> Any:
    changed = copy.deepcopy(plain)
    node = changed
    for step in path[:-1]:
        node = node[step]
    items = [(f"{key}x" if key == path[-1] else key, value) for key, value in node.items()]
    node.clear()
    node.update(items)
    return changed


def _doubled(file: str, plain: Any, path: Steps) -> Iterator[Broken]:
    if isinstance(path[-1], int):
        return
    lines = dumped(plain).splitlines(keepends=True)
    document = read.parse("".join(lines).encode(), file)
    first = document.key(path)[0]
    column = document.key(path)[1]
    last = _last_line(lines, first, column)
    block = lines[first - 1 : last]
    again = [" " * (column - 1) + block[0][column - 1 :], *block[1:]]
    text = "".join([*lines[:last], *again, *lines[last:]])
    yield Broken(file, path, "doubled", text, (first, last + len(block)))


def _last_line(lines: list[str], first: int, column: int, *, item: bool = False) -> int:
    """The last line of what begins at a key, or as an item of a list; the items of a key's list begin below the key."""
    last = first
    while last < len(lines):
        bare = lines[last].lstrip(" ")
        indent = len(lines[last]) - len(bare) + (0 if item else bare.startswith("- "))
        if indent < (column - 1 if item else column):
            break
        last += 1
    return last


def _lines(text: str, path: Steps) -> tuple[int, int]:
    document = read.parse(text.encode(), "")
    total = text.count("\n")
    if not path:
        return 1, total
    first, column = document.key(path)
    return first, _last_line(text.splitlines(), first, column, item=isinstance(path[-1], int))


def agreed(trust: Any, level: str, policy: bytes) -> str:
    """The trust document with these bytes as what was agreed for a level."""
    changed = copy.deepcopy(trust)
    changed["policies"][level]["digest"] = f"sha256:{hashlib.sha256(policy).hexdigest()}"
    return json.dumps(changed)


def plain_of(path: Path) -> Any:
    """What a file says."""
    # An alias is the same value twice, and would be broken twice.
    return json.loads(json.dumps(read.read(path).plain))
