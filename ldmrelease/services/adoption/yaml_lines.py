"""Lines of YAML as people write them: in braces what fits on a line, else an entry a line. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Union

from msgspec import Struct

from ldmrelease.targets.yamledit.spelling import spelling

WIDTH = 120
"""Characters of a line."""
_FEW_LINES = 2
_SHORT = 60
"""Characters of items that stand beside one another."""
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_NO_TEXT = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


class Anchored(Struct, frozen=True):
    """A value that others name: the first of them has the anchor."""

    anchor: str
    value: "YamlText"


class Alias(Struct, frozen=True):
    """What stands at an anchor."""

    anchor: str


YamlText = Union[str, Mapping[str, "YamlText"], Sequence["YamlText"], Anchored, Alias]  # noqa: UP007 - it is recursive


def quoted(text: str) -> str:
    """A text as YAML reads it in a flow mapping, quoted where it would be something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    return spelling(text, '"')


def entry_lines(key: str, value: YamlText, indent: int, start: str = "") -> Iterator[str]:
    """The lines of a key and its value. start: what stands in front of the key in place of blanks, `- `."""
    head = f"{' ' * (indent - len(start))}{start}{quoted(key)}:"
    yield from _behind(head, value, indent)


def item_lines(value: YamlText, indent: int) -> Iterator[str]:
    """The lines of an item of a list whose dash stands at `indent`."""
    whole = f"{' ' * indent}- {flow(value)}"
    if len(whole) <= WIDTH or not isinstance(value, Mapping):
        yield whole
        return
    words = [f"{quoted(key)}: {flow(each)}" for key, each in value.items()]
    lines = list(_wrapped(f"{' ' * indent}- {{", words, indent + 4, "}"))
    if len(lines) <= _FEW_LINES and all(len(each) <= WIDTH for each in lines):
        yield from lines
        return
    for number, (key, each) in enumerate(value.items()):
        yield from entry_lines(key, each, indent + 2, "" if number else "- ")


def flow(value: YamlText) -> str:
    """A value on one line."""
    if isinstance(value, Anchored):
        return f"&{value.anchor} {flow(value.value)}"
    if isinstance(value, Alias):
        return f"*{value.anchor}"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)}: {flow(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]"


def _behind(head: str, value: YamlText, indent: int) -> Iterator[str]:
    whole = f"{head} {flow(value)}"
    if isinstance(value, Anchored):
        head, value = f"{head} &{value.anchor}", value.value
    if len(whole) <= WIDTH or isinstance(value, str | Alias):
        yield whole
    elif isinstance(value, Mapping):
        yield from _mapping(head, value, indent)
    elif isinstance(value, Anchored):
        raise AssertionError("an anchor has no anchor")
    elif all(isinstance(each, str) or len(flow(each)) <= _SHORT for each in value):
        yield from _wrapped(f"{head} [", [flow(each) for each in value], indent + 2, "]")
    else:
        yield head
        for each in value:
            yield from item_lines(each, indent + 2)


def _mapping(head: str, value: Mapping[str, YamlText], indent: int) -> Iterator[str]:
    """A mapping in braces on two lines, if it is that short; else an entry a line."""
    words = [f"{quoted(key)}: {flow(each)}" for key, each in value.items()]
    lines = list(_wrapped(f"{head} {{", words, indent + 2, "}"))
    if len(lines) <= _FEW_LINES and all(len(each) <= WIDTH for each in lines):
        yield from lines
        return
    yield head
    for key, each in value.items():
        yield from entry_lines(key, each, indent + 2)


def _wrapped(line: str, words: Sequence[str], indent: int, end: str) -> Iterator[str]:
    """Words between brackets on as many lines as it takes."""
    for number, word in enumerate(words):
        added = word + ("," if number + 1 < len(words) else end)
        if len(line) + len(added) + 1 > WIDTH and not line.isspace():
            yield line.rstrip()
            line = " " * indent
        line += added + (" " if added.endswith(",") else "")
    yield line.rstrip()
