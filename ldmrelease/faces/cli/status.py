"""`ldmrelease status`: where each release stands in each environment."""

from typing import Annotated

import typer

from ldmrelease.answers.status import status_answers
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    require_product,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.reports import status_table
from ldmrelease.services.reports.record import deployment_record
from ldmrelease.services.reports.release_status import StatusQuestion, release_status

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease status",
        "ldmrelease status --environment summit",
        "ldmrelease status --release w.2023.16 -o json",
        "ldmrelease status --all --output wide",
    )
)
def status(
    ctx: typer.Context,
    release: Annotated[
        list[str] | None,
        typer.Option("--release", "-r", metavar="RELEASE", help="Only this release; repeatable."),
    ] = None,
    product: ProductOption = None,
    target: OptionalTargetOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is gone, and what was asked for and came to nothing.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Show where each release stands in each environment: what runs, what was decided, since when, what is next.

    Shown are releases that run, that are under way, or that were pinned in the last two weeks and may enter there. What
    runs is what was observed last; where that is too long ago it is `unobserved`.
    """
    if release and everything:
        raise UsageError("--release shows all of a release already", "leave out --all")
    context = open_context_here(ctx)
    require_product(context.topology, product)
    named = [known_release(context, each, product) for each in release or ()]
    record = deployment_record(context, applications_of(context, target))
    found = release_status(record, StatusQuestion(named, everything=everything))
    rows = status_answers(
        context.keyring,
        (each for each in found if product is None or each.release.startswith(f"{product}/")),
    )
    emit(rows, output, lambda: status_table(rows))
