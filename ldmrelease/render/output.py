"""Answers on standard output: JSON, YAML or text, one value in three spellings."""

import enum
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ldmrelease.answers.sentences.escapes import printable, printable_text

_OWN_COLOURS = re.compile(r"(\x1b\[(?:31|32|33|90|0)m)")


class Output(enum.StrEnum):
    """The ways in which an answer is printed."""

    text = "text"
    json = "json"
    yaml = "yaml"


class Colour(enum.IntEnum):
    """The colours of text, by their ANSI numbers."""

    red = 31
    green = 32
    yellow = 33
    grey = 90


class Cell(NamedTuple):
    """The text of a table's cell, with a colour for terminals."""

    text: str
    colour: Colour | None = None


def emit(value: object, output: Output, text: Callable[[], str]) -> None:
    """Print a value of the domain, or a list of them; `text` says it for people, without a newline at its end."""
    if output is Output.json:
        print(as_json(value), flush=True)
    elif output is Output.yaml:
        print(as_yaml(value), end="", flush=True)
    elif said := text():
        say(said)


def say(text: str, *, err: bool = False) -> None:
    """Print lines for people, on standard error where `err`: the one way of text to a terminal (truth.md)."""
    print(visible(text), file=sys.stderr if err else sys.stdout, flush=True)


def pass_on(text: str) -> None:
    """Print a file as it is, for another program; on a terminal escaped as everything is."""
    print(visible(text) if sys.stdout.isatty() else text, end="", flush=True)


def visible(text: str) -> str:
    """The lines with everything escaped that would steer a terminal or turn text around, but our own colours."""
    if not _in_colour():
        return "\n".join(map(printable, text.split("\n")))
    parts = _OWN_COLOURS.split(text)
    plain = ["\n".join(map(printable, each.split("\n"))) for each in parts[::2]]
    return "".join(each for pair in zip(plain, [*parts[1::2], ""], strict=True) for each in pair)


def as_json(value: object) -> str:
    """Indented JSON; a list is one array."""
    import json  # noqa: PLC0415 - `--help` goes without

    return json.dumps(_plain(value), indent=2)


def as_yaml(value: object) -> str:
    """YAML, with the keys in the value's own order; as JSON it is ASCII, so that no line break gets lost."""
    import yaml  # noqa: PLC0415 - `tag parse` and `--help` go without

    # Unpaired surrogates, which JSON escapes, are nothing that YAML can hold.
    plain = _each_text(_plain(value), printable_text)
    return yaml.safe_dump(plain, sort_keys=False, width=110)


def table(headers: Sequence[str], rows: Iterable[Sequence[str | Cell]]) -> str:
    """Aligned columns under their headers, three spaces apart; the last is as wide as it is."""
    cells = [[Cell(each) for each in headers]]
    cells += [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
    cells = [[Cell(printable(cell.text), cell.colour) for cell in row] for row in cells]
    widths = [max(len(row[column].text) for row in cells) for column in range(len(headers))]
    return "\n".join(_line(row, widths) for row in cells)


def painted(text: str, colour: Colour | None) -> str:
    """The text in a colour, where standard output is a terminal and nobody said NO_COLOR."""
    if colour is None or not text or not _in_colour():
        return text
    return f"\x1b[{int(colour)}m{text}\x1b[0m"


def _line(row: Sequence[Cell], widths: Sequence[int]) -> str:
    padded = [
        painted(cell.text, cell.colour) + " " * (width - len(cell.text))
        for cell, width in zip(row, widths, strict=True)
    ]
    return "   ".join(padded).rstrip()


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _plain(value: object) -> Any:
    from ldmrelease.domain import canonical  # noqa: PLC0415 - `tag parse` and `--help` go without

    return canonical.to_plain(value)


def _each_text(plain: Any, change: Callable[[str], str]) -> Any:
    if isinstance(plain, str):
        return change(plain)
    if isinstance(plain, dict):
        return {_each_text(key, change): _each_text(value, change) for key, value in plain.items()}
    return [_each_text(each, change) for each in plain] if isinstance(plain, list) else plain
