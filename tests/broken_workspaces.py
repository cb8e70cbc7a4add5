"""Broken workspaces: one field of one file removed, emptied, mistyped, doubled or misspelled.

Fields that have the same shape (`environments.*.applications.*.level`) are broken once.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
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


@dataclass(frozen=True)
class Broken:
    """One file with one fault. `write` writes it when somebody looks: most are passed over by `make unit`."""

    file: str
    path: Steps
    how: str
    write: Callable[[], tuple[str, tuple[int, int]]]
    value: str = ""

    @property
    def text(self) -> str:
        return self._written[0]

    @property
    def lines(self) -> tuple[int, int]:
        """Those of what holds the fault, first and last."""
        return self._written[1]

    @cached_property
    def _written(self) -> tuple[str, tuple[int, int]]:
        return self.write()

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
        changes = [*_changes(path, value), ("doubled", _nothing)]
        for number in range(next_way, next_way + min(ways, len(changes))):
            how, change = changes[number % len(changes)]
            if how != "doubled":
                write = partial(_changed, plain, change, path)
                yield Broken(file, path, how, write, value if isinstance(value, str) else "")
            elif not isinstance(path[-1], int):
                yield Broken(file, path, how, partial(_doubled, file, plain, path))
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


Change = Callable[[Any], None]
"""What is done to the document itself, a copy."""


def _changes(path: Steps, value: Any) -> Iterator[tuple[str, Change]]:
    yield "removed", partial(_remove, path)
    yield "nothing", partial(_put, path, None)
    if isinstance(value, (str, list, dict)) and value:
        yield "emptied", partial(_put, path, type(value)())
    for each in ({"a": "b"}, ["a"], 7, "nonsense", True):
        if not isinstance(each, type(value)) and not (isinstance(value, bool) and isinstance(each, int)):
            yield f"mistyped-{type(each).__name__}", partial(_put, path, each)
    if isinstance(value, str):
        yield "misspelled", partial(_put, path, f"{value}x")
    if type(value) is int:
        yield "zero", partial(_put, path, 0)
    if isinstance(value, list) and value:
        yield "twice", partial(_put, path, [*value, value[0]])
    if not isinstance(path[-1], int):
        yield "renamed", partial(_rename, path)


def _nothing(_plain: Any) -> None:
    """Leaves it as it is: what is doubled is doubled in its text."""


def _changed(plain: Any, change: Change, path: Steps) -> tuple[str, tuple[int, int]]:
    changed = copy.deepcopy(plain)
    change(changed)
    text = dumped(changed)
    return text, _lines(text, path[:-1])


def _holder(plain: Any, path: Steps) -> Any:
    """What the last step of a path is in."""
    for step in path[:-1]:
        plain = plain[step]
    return plain


def _put(path: Steps, value: Any, plain: Any) -> None:
    _holder(plain, path)[path[-1]] = value


def _remove(path: Steps, plain: Any) -> None:
    del _holder(plain, path)[path[-1]]


def _rename(path: Steps, plain: Any) -> None:
    node = _holder(plain, path)
    items = [(f"{key}x" if key == path[-1] else key, value) for key, value in node.items()]
    node.clear()
    node.update(items)


def _doubled(file: str, plain: Any, path: Steps) -> tuple[str, tuple[int, int]]:
    lines = dumped(plain).splitlines(keepends=True)
    document = read.parse("".join(lines).encode(), file)
    first = document.key(path)[0]
    column = document.key(path)[1]
    last = _last_line(lines, first, column)
    block = lines[first - 1 : last]
    again = [" " * (column - 1) + block[0][column - 1 :], *block[1:]]
    return "".join([*lines[:last], *again, *lines[last:]]), (first, last + len(block))


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
