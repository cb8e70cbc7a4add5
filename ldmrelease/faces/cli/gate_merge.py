"""`ldmrelease gate merge`: whether the images that a change of a GitOps tree asks for may enter their places."""

from typing import Annotated

import typer

from ldmrelease.answers.gate import GateAnswer, GateVerdict, gate_code
from ldmrelease.answers.spellings import time_text
from ldmrelease.faces.cli.options import OutputOption, examples
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "merge",
        epilog=examples(
            "ldmrelease gate merge --base origin/main --head HEAD",
            "ldmrelease gate merge --base main --head feature --output json",
        ),
    )(merge)


def merge(
    ctx: typer.Context,
    base: Annotated[str, typer.Option("--base", metavar="REV", help="The branch that is merged into.")],
    head: Annotated[str, typer.Option("--head", metavar="REV", help="The change.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 if something only waits.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Decide about every image that a change asks for. Nothing is written.

    Exit 0 unless something is refused (1) or cannot be decided (3).
    """
    context = open_context_here(ctx)
    now = time_text(context.now()) or ""
    answer = GateAnswer(
        base=base,
        head=head,
        now=now,
        verdict=GateVerdict.UNDECIDED,
        bundle=None,
        images=(),
        unreadable=(),
    )
    emit(answer, output, lambda: "UNDECIDED  changes of trees are not read yet")
    raise typer.Exit(gate_code(answer.verdict, waiting_is_bad=strict))
