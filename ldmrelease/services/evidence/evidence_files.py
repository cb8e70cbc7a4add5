"""Evidence files, read within limits: who hands one over may have got it from anywhere."""

import re
from typing import BinaryIO

from msgspec import Struct

LARGEST_FILE = 10_000_000
"""Bytes of a file that is read: far more than anybody signs."""
DEEPEST = 100
MOST_NODES = 200_000
"""How deep lists and objects may stand in each other, and how many values a file may have."""

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STRUCTURE = re.compile(rb"[][{},]")


class TooMuch(Struct, frozen=True):
    """A limit that a file does not keep: `code` is `file-too-large`, `too-deep` or `too-many-values`."""

    code: str
    limit: int


def read_limited(file: BinaryIO) -> bytes | TooMuch:
    """The bytes of a file with JSON in it. What is too large is not read to its end."""
    data = file.read(LARGEST_FILE + 1)
    return too_much(data) or data


def too_much(data: bytes) -> TooMuch | None:
    """The limit that JSON does not keep, told without reading it: its values would take many times its room."""
    if len(data) > LARGEST_FILE:
        return TooMuch("file-too-large", LARGEST_FILE)
    depth, nodes = 0, 1
    for each in _STRUCTURE.finditer(_TEXT.sub(b"", data)):
        sign = each[0]
        # A value after each comma, and a first one in whatever is opened.
        nodes += sign in b"[{,"
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > DEEPEST:
            return TooMuch("too-deep", DEEPEST)
        if nodes > MOST_NODES:
            return TooMuch("too-many-values", MOST_NODES)
    return None
