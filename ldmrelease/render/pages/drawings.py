"""What all plots have in common: the same bytes for the same data, and colours that follow the reader's light or dark.

Colours are drawn as stand-ins, which the picture's own style sheet then gives their value: `--ink` and the like.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {
    "paper": ("#fffffe", "#ffffff", "#12171d"),
    "ink": ("#000001", "#1b2430", "#e6eaf0"),
    "quiet": ("#000002", "#55606e", "#a8b3c1"),
    "line": ("#000003", "#cfd6de", "#36414e"),
    "bad": ("#000004", "#9b1c1c", "#ffb0ab"),
    "series0": ("#000005", "#cfe3fa", "#1d4368"),
    "series1": ("#000006", "#d9f0e0", "#1c4a2e"),
    "series2": ("#000007", "#fbe6c8", "#54390f"),
    "series3": ("#000008", "#ecdcf5", "#45275a"),
    "good": ("#000009", "#0f6132", "#8fe0ae"),
    "waiting": ("#00000a", "#77490a", "#f3cc86"),
}
"""By name: the stand-in, and the colour on light and on dark paper."""

SERIES = 4
"""How many colours take turns."""

_STAND_INS = {stand_in: name for name, (stand_in, _, _) in _COLOURS.items()}
_HEX = re.compile("|".join(_STAND_INS))
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ldmrelease",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


_REAL: ContextVar[bool] = ContextVar("whether colours are drawn as they are on light paper", default=False)


def colour(name: str) -> str:
    """The stand-in of a colour, for matplotlib; inside of `real_colours` the colour on light paper."""
    stand_in, light, _ = _COLOURS[name]
    return light if _REAL.get() else stand_in


@contextmanager
def real_colours() -> "Iterator[None]":
    """Inside, pictures are drawn for light paper: for what has no style sheet, such as PNG."""
    token = _REAL.set(True)
    try:
        yield
    finally:
        _REAL.reset(token)


def series(number: int) -> str:
    """One of the colours that take turns."""
    return colour(f"series{number % SERIES}")


@contextmanager
def drawing(width: float, height: float) -> "Iterator[tuple[Figure, Any]]":
    """A figure and its axes, in inches, drawn in our colours."""
    from matplotlib import rc_context  # noqa: PLC0415 - for plots alone, and heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    own: dict[Any, Any] = dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), colour("ink")
    )
    own |= dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), colour("quiet"))
    own |= dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), colour("paper"))
    with rc_context({**_STYLE, **own, "grid.color": colour("line")}), warnings.catch_warnings():
        # A font without some glyph: the reader's own draws the text.
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots()


def as_svg(figure: "Figure", title: str, description: str) -> str:
    """The picture, with what it shows in words."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 - for plots alone

    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "ldmrelease"})
    text = _HEX.sub(lambda found: f"var(--{_STAND_INS[found[0]]})", out.getvalue())
    told = f"<title>{escape(title)}</title><desc>{escape(description)}</desc><style>{_sheet()}</style>"
    head, _, rest = text.partition("<svg")
    attributes, _, body = rest.partition(">")
    return f'{head}<svg role="img"{attributes}>\n{told}{body}'


def _sheet() -> str:
    light = "".join(f"--{name}:{value};" for name, (_, value, _) in _COLOURS.items())
    dark = "".join(f"--{name}:{value};" for name, (_, _, value) in _COLOURS.items())
    return f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
