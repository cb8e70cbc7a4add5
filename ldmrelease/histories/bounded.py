"""What others wrote, read within limits: lines, and JSON documents of one value, of a list, or of one each line."""

from collections.abc import Iterator
from typing import IO, Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from ldmrelease.domain.setting_changes import UnreadableChange

LARGEST_JSON = 100_000_000
"""Bytes of a file of JSON that is read."""
MOST_VALUES = 5_000_000
"""Values in it, as their marks are counted: 100 MB of empty lists would take gigabytes."""
LONGEST_TEXT = 4096
"""Characters of a value in it."""

R = TypeVar("R")


class Placed(Struct, Generic[R], frozen=True):
    """What a history says of an application in an environment."""

    environment: str
    application: str
    row: R


class JsonItem(Struct, frozen=True):
    """A value of a file, and the line where it stands, if it has one of its own."""

    value: Any
    line: int | None


def bounded_lines(stream: IO[str], longest: int) -> Iterator[str]:
    """The lines of a text; of one that is longer no more than one character too many, without what follows it."""
    while line := stream.readline(longest + 1):
        yield line
        while line and not line.endswith("\n"):
            line = stream.readline(longest + 1)


def read_json(stream: IO[bytes], source: str) -> Iterator[JsonItem | UnreadableChange]:
    """The values of a file: those of a list, of an object with `items`, or of lines that have one each."""
    data = stream.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        yield UnreadableChange(source, None, f"more than {LARGEST_JSON:,} bytes")
        return
    if sum(map(data.count, (b"[", b"{", b","))) > MOST_VALUES:
        yield UnreadableChange(source, None, f"more than {MOST_VALUES:,} values")
        return
    try:
        whole = msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        if b"\n" not in data.strip():
            yield UnreadableChange(source, 1, f"not JSON: {error}")
            return
        yield from _of_lines(data, source)
        return
    items = whole.get("items") if isinstance(whole, dict) else whole
    for value in items if isinstance(items, list) else [whole]:
        yield JsonItem(value, None)


def _of_lines(data: bytes, source: str) -> Iterator[JsonItem | UnreadableChange]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield JsonItem(msgspec.json.decode(line), number)
        except (ValueError, RecursionError) as error:
            yield UnreadableChange(source, number, f"not JSON: {error}")


def text_of(value: Any, *path: str | int) -> str | None:
    """The text at a path of keys and indices; None where there is none, or too much of it."""
    found = at(value, *path)
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_TEXT else None


def at(value: Any, *path: str | int) -> Any:
    """What stands at a path of keys and indices; None where nothing does."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value
