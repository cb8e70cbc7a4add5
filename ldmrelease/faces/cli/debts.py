"""`ldmrelease debts`: what was let in for less than everybody is asked."""

from typing import Annotated

import typer

from ldmrelease.answers.debts import debts_answer
from ldmrelease.faces.cli.arguments import OptionalTargetOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.debts import debts_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.governance.debt_list import BITES, OPEN, debt_list

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease debts", "ldmrelease debts --target summit --overdue", "ldmrelease debts --all -o json"
    )
)
def debts(
    ctx: typer.Context,
    target: OptionalTargetOption = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Those alone that keep everything but a rollback out.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Those too that are paid, expired or withdrawn.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """List emergencies, compressions and waivers: who asked for each, since when, why, and when it is due.

    An emergency or a compression is paid by a review of somebody else; a waiver ends by itself. Exit 1 where a review
    is overdue, or was a rejection.
    """
    context = open_context_here(ctx)
    found = debt_list(context, applications_of(context, target), context.now())
    wanted = BITES if overdue else OPEN
    answer = debts_answer(each for each in found if each.state in wanted or (everything and not overdue))
    emit(answer, output, lambda: debts_text(answer))
    raise typer.Exit(answer.exit_code)
