"""Tables of text: as wide as they are, or fitted to a terminal by wrapping cells and leaving columns out."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from ldmrelease.answers.sentences.escapes import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_GAP = "   "
_NARROWEST = 10
"""A column is not made narrower than this, or than its header."""
_PIECES = re.compile(r"[^ /@:,]*[ /@:,]*")
_DIGEST = re.compile(r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")
_LIMIT: ContextVar[int | None] = ContextVar("columns of the terminal", default=None)


class Colour(IntEnum):
    """The colours of text, by their ANSI numbers."""

    red = 31
    green = 32
    yellow = 33
    grey = 90


class Cell(NamedTuple):
    """The text of a table's cell, with a colour for terminals."""

    text: str
    colour: Colour | None = None


Row = Sequence[Cell]


@contextmanager
def fitted(columns: int | None) -> "Iterator[None]":
    """Inside, tables are made to fit this many columns; None leaves them as wide as they are."""
    token = _LIMIT.set(columns)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def table(headers: Sequence[str], rows: Iterable[Sequence[str | Cell]]) -> str:
    """Aligned columns under their headers, three spaces apart; the last is as wide as it is.

    On a terminal that is too narrow, empty columns are left out, digests are cut, cells are wrapped and, where that
    is not enough, columns are left out from the right, which is said.
    """
    cells: list[Row] = [[Cell(each) for each in headers]]
    cells += [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
    cells = [[Cell(printable(cell.text), cell.colour) for cell in row] for row in cells]
    limit = _LIMIT.get()
    if limit is None or _width(_widths(cells)) <= limit:
        return "\n".join(_line(row, _widths(cells)) for row in cells)
    return _narrow(cells, limit)


def painted(text: str, colour: Colour | None) -> str:
    """The text in a colour, where standard output is a terminal and nobody said NO_COLOR."""
    if colour is None or not text or not in_colour():
        return text
    return f"\x1b[{int(colour)}m{text}\x1b[0m"


def _narrow(cells: list[Row], limit: int) -> str:
    filled = [index for index in range(len(cells[0])) if any(row[index].text for row in cells[1:])]
    cells = [
        [row[index]._replace(text=_DIGEST.sub(r"\1", row[index].text)) for index in filled] for row in cells
    ]
    left_out: list[str] = []
    least = [max(len(cell.text), _NARROWEST) for cell in cells[0]]
    while len(cells[0]) > 1 and _width(_least(cells, least)) > limit:
        left_out.insert(0, cells[0][-1].text)
        cells, least = [row[:-1] for row in cells], least[:-1]
    widths = _squeezed(_widths(cells), _least(cells, least), limit)
    lines = [_line(each, widths) for row in cells for each in _wrapped(row, widths)]
    if left_out:
        lines.append(f"(not shown: {', '.join(left_out)}; `--output wide` has all)")
    return "\n".join(lines)


def _least(cells: list[Row], least: Sequence[int]) -> list[int]:
    return [min(one, other) for one, other in zip(_widths(cells), least, strict=True)]


def _squeezed(widths: list[int], least: Sequence[int], limit: int) -> list[int]:
    """Take from the widest column, again and again, until all fit or none can give more."""
    while _width(widths) > limit:
        index = max(range(len(widths)), key=lambda each: (widths[each] - least[each] > 0, widths[each]))
        if widths[index] <= least[index]:
            return widths
        widths[index] -= 1
    return widths


def _wrapped(row: Row, widths: Sequence[int]) -> list[Row]:
    """The lines of a row: each cell broken where its words, paths and names may be."""
    parts = [_broken(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, parts))
    return [
        [
            Cell(lines[at] if at < len(lines) else "", cell.colour)
            for cell, lines in zip(row, parts, strict=True)
        ]
        for at in range(height)
    ]


def _broken(text: str, width: int) -> list[str]:
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip(" ")) > width:
            lines.append("")
        lines[-1] += piece
        while len(lines[-1].rstrip(" ")) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [each.rstrip(" ") for each in lines]


def _widths(cells: list[Row]) -> list[int]:
    return [max(len(row[column].text) for row in cells) for column in range(len(cells[0]))]


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(row: Row, widths: Sequence[int]) -> str:
    padded = [
        painted(cell.text, cell.colour) + " " * (width - len(cell.text))
        for cell, width in zip(row, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
