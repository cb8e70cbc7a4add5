"""What every gate has in common: how it prints its answer."""

from typing import Annotated

import typer

from ldmrelease.render.gate.formats import GateOutput

GateOutputOption = Annotated[
    GateOutput,
    typer.Option("--output", "-o", help="How to print the answer; `github` prints workflow annotations."),
]
