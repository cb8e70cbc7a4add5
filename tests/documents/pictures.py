"""`make pictures`: pictures of a terminal, as SVG, with what the demonstration really prints."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from ldmrelease.demo.story import TAG
from tests.documents.demonstration import REFUSED, Demonstration
from tests.documents.play import ROOT

IMAGES = ROOT / "docs" / "images"
_COLOURS = (
    (re.compile(r"^\$ .*"), "#ffffff"),
    (re.compile(r"^REFUSED\b|\bMISSING\b|\bFAILED\b"), "#ff7b72"),
    (re.compile(r"^WAITING\b|^  (?:wait|reported)\b|unknown \(no receipt\)"), "#e3b341"),
    (re.compile(r"^(?:ALLOWED|PROMOTED)\b|\bsucceeded\b|\bP-\d+ at \S+"), "#7ee787"),
    (re.compile(r"(?<=next: ).*"), "#79c0ff"),
)
_SIZE, _ADVANCE, _LEADING, _EDGE, _BAR = 13, 7.83, 19, 16, 30
"""The font's size, the width of a character, the height of a line, the margin and the title bar, in pixels."""


def render(lines: Sequence[str]) -> str:
    """A terminal with these lines, as an SVG document that needs nothing from anywhere else."""
    width = round(max(map(len, lines)) * _ADVANCE + 2 * _EDGE)
    height = _BAR + len(lines) * _LEADING + _EDGE
    texts = [
        f'<text x="{_EDGE}" y="{_BAR + _SIZE + number * _LEADING}">{_coloured(line)}</text>'
        for number, line in enumerate(lines)
    ]
    dots = [f'<circle cx="{_EDGE + 4 + 18 * each}" cy="15" r="5" fill="#6e7681"/>' for each in range(3)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>{escape(lines[0])}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
            *dots,
            f'<g xml:space="preserve" fill="#c9d1d9" font-size="{_SIZE}" '
            "font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">",
            *texts,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _coloured(line: str) -> str:
    """The line with its words in their colours. Spaces are hard ones: not every viewer keeps others."""
    pieces, here = [], 0
    found = sorted((each.span(), colour) for words, colour in _COLOURS for each in words.finditer(line))
    for (start, end), colour in found:
        if start >= here:
            pieces += [_kept(line[here:start]), f'<tspan fill="{colour}">{_kept(line[start:end])}</tspan>']
            here = end
    return "".join([*pieces, _kept(line[here:])])


def _kept(text: str) -> str:
    return escape(text, quote=False).replace(" ", "\N{NO-BREAK SPACE}")


def text_of(picture: str) -> list[str]:
    """The lines of a picture."""
    name = "{http://www.w3.org/2000/svg}text"
    lines = ("".join(each.itertext()) for each in ElementTree.fromstring(picture).iter(name))
    return [each.replace("\N{NO-BREAK SPACE}", " ") for each in lines]


def scenes(demonstration: Demonstration) -> dict[str, list[str]]:
    """The lines of each picture: the refusal and then the promotion; where the release runs after that."""
    refused = demonstration.answer(REFUSED)
    promoted = demonstration.give(REFUSED)
    return {
        "promote.svg": [*refused, "", "# a day later, when everything that was missing is there", *promoted],
        "where.svg": demonstration.give(f"where {TAG}"),
    }


def main() -> None:
    """Make all pictures anew."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in scenes(Demonstration(Path(folder))).items():
            (IMAGES / name).write_text(render(lines))


if __name__ == "__main__":
    main()
