"""`ldmrelease night`: the log of a night."""

from typing import Annotated

import typer

from ldmrelease.answers.nights import night_answer
from ldmrelease.domain.dayobs import dayobs_of
from ldmrelease.domain.dayobs import night as night_of
from ldmrelease.faces.cli.arguments import OptionalTargetOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.reports import night_text
from ldmrelease.services.reports.nights import night_log
from ldmrelease.services.reports.record import deployment_record
from ldmrelease.services.reports.stretches import Period

app = new_app()


@app.command(
    epilog=examples("ldmrelease night 20230421", "ldmrelease night 20230421 --environment summit -o json")
)
def night(
    ctx: typer.Context,
    dayobs: Annotated[
        str, typer.Argument(metavar="DAYOBS", help="The day on which the night begins, like 20230421.")
    ],
    target: OptionalTargetOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what ran in a night, what changed since the night before, why it was allowed and by whom.

    A night is from noon to noon, UTC. Promotions that waited in it and times that nobody observed are listed.
    """
    try:
        period = Period(*night_of(dayobs))
    except ValueError as error:
        raise UsageError(str(error)) from None
    context = open_context_here(ctx)
    if period.begin > context.now():
        raise UsageError(f"the night {dayobs} has not begun", f"the last one is {dayobs_of(context.now())}")
    record = deployment_record(context, applications_of(context, target), period=period)
    answer = night_answer(context.keyring, night_log(record, dayobs, period))
    emit(answer, output, lambda: night_text(answer))
