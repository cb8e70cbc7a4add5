"""Tables of text: as wide as they are, or fitted to a terminal by wrapping cells and leaving columns out."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ldmrelease.answers.sentences.escapes import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_GAP = "   "
_NARROWEST = 20
"""A column is not made narrower than its longest word that cannot be broken, of which this much counts."""
_PIECES = re.compile(
    r"\d{4}-\d\d-\d\dT|[\d:]+Z\b[ ,]*|(?:sha256|gitCommit):[0-9a-f]+[ ,]*|[^ /@:,=-]*[ /@:,=-]*"
)
"""A time may be broken between its day and its hour, a digest nowhere; else a line ends after a mark. No line begins
with one."""
_LOOKED_AT = 50
"""About so many rows of a long table say how wide its columns are best."""
_DIGEST = re.compile(r"\b((?:sha256|gitCommit):[0-9a-f]{12})(?:[0-9a-f]{28}|[0-9a-f]{52})\b")
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


def table(headers: Sequence[str], rows: Iterable[Sequence[str | Cell]], spare: Sequence[str] = ()) -> str:
    """Aligned columns under their headers, three spaces apart; the last is as wide as it is.

    On a terminal that is too narrow, empty columns are left out, digests are cut, cells are wrapped and, where that
    is not enough, columns are left out, which is said: those that are to `spare`, in that order, then from the right.
    """
    cells: list[Row] = [[Cell(each) for each in headers]]
    cells += [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
    cells = [[Cell(printable(cell.text), cell.colour) for cell in row] for row in cells]
    limit = _LIMIT.get()
    if limit is None or _width(_widths(cells)) <= limit:
        return "\n".join(_line(row, _widths(cells)) for row in cells)
    return _narrow(cells, limit, spare)


def painted(text: str, colour: Colour | None) -> str:
    """The text in a colour, where standard output is a terminal and nobody said NO_COLOR."""
    if colour is None or not text or not in_colour():
        return text
    return f"\x1b[{int(colour)}m{text}\x1b[0m"


def _narrow(cells: list[Row], limit: int, spare: Sequence[str]) -> str:
    filled = [index for index in range(len(cells[0])) if any(row[index].text for row in cells[1:])]
    cells = [
        [row[index]._replace(text=_DIGEST.sub(r"\1", row[index].text)) for index in filled] for row in cells
    ]
    headers = [cell.text for cell in cells[0]]
    going = [each for each in spare if each in headers]
    going += [each for each in reversed(headers[1:]) if each not in going]
    least = [_least(row[index].text for row in cells) for index in range(len(headers))]
    shown = list(range(len(headers)))
    for each in going:
        if _width([least[index] for index in shown]) <= limit:
            break
        shown.remove(headers.index(each))
    cells = [[row[index] for index in shown] for row in cells]
    widths = _squeezed(cells, [least[index] for index in shown], limit)
    lines = [_line(each, widths) for row in cells for each in _wrapped(row, widths)]
    left_out = [each for index, each in enumerate(headers) if index not in shown]
    if left_out:
        lines.append(f"(not shown: {', '.join(left_out)}; `--output wide` has all)")
    return "\n".join(lines)


def _least(texts: Iterable[str]) -> int:
    """How narrow a column may be."""
    header, *others = texts
    pieces = [piece.rstrip(" ") for text in others for piece in _PIECES.findall(text)]
    return max(len(header), *(min(len(each), _NARROWEST) for each in ["", *pieces]))


def _squeezed(cells: list[Row], least: Sequence[int], limit: int) -> list[int]:
    """The widths that fit: taken, column by column, from where the fewest lines come of it."""
    widths, some = _widths(cells), cells[:: max(1, len(cells) // _LOOKED_AT)]
    heights = [[1] * len(row) for row in some]
    while _width(widths) > limit:
        tried = []
        for index, width in enumerate(widths):
            if width > least[index]:
                column = [_height(row[index].text, width - 1) for row in some]
                lines = sum(
                    max(high, *others[:index], *others[index + 1 :], 1)
                    for high, others in zip(column, heights, strict=True)
                )
                tried.append((lines, -width, index, column))
        if not tried:
            return widths
        *_, index, column = min(tried)
        widths[index] -= 1
        for high, row in zip(column, heights, strict=True):
            row[index] = high
    return widths


@cache
def _height(text: str, width: int) -> int:
    return len(_broken(text, width))


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
