"""Pictures of reports, written to a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.faces.cli.options import UsageError

PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Also draw it, as SVG, into this file.")
]


def write_plot(file: Path, draw: Callable[[], str]) -> None:
    """Write a picture. Raises `UsageError` where it cannot be drawn or written."""
    if file.suffix != ".svg":
        raise UsageError(f"{file} is not the name of an SVG file", "name it something.svg")
    try:
        picture = draw()
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no {error.name}, which draws", "install `ldmrelease[reports]`") from None
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
