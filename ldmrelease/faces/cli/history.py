"""`ldmrelease history`: what ran at a place, or where a release ran, and when."""

from typing import Annotated

import typer

from ldmrelease.answers.places import history_answers
from ldmrelease.domain.tags import parse
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    place_or_tag,
    product_and_tag,
    require_product,
)
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import history_table
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.history import history as find_history

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease history summit/ocps",
        "ldmrelease history w.2023.16",
        "ldmrelease history w.2023.16 --target production",
    )
)
def history(
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET | RELEASE",
            help="A level, an environment, environment/application, or a tag; else everything.",
        ),
    ] = None,
    product: ProductOption = None,
    target: OptionalTargetOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what was seen to run, from when to when; the time between two observations that are too far apart
    is not counted.
    """
    context = open_context_here(ctx)
    require_product(context.topology, product)
    places = {str(each.place) for each in applications_of(context, target)}
    rows = [each for each in _rows(context, what, product) if target is None or each.place in places]
    emit(history_answers(rows), output, lambda: history_table(rows))


def _rows(context: Context, what: str | None, product: str | None) -> list[HistoryEntry]:
    if what is None:
        return find_history(context)
    what = as_target(context.topology, what)
    if any(what == each.place.environment for each in context.topology.applications):
        return find_history(context, environment=what)
    meant = place_or_tag(context, what)
    if meant is not None:
        return [row for each in meant for row in find_history(context, place=each.place)]
    return _of_release(context, what, product)


def _of_release(context: Context, what: str, product: str | None) -> list[HistoryEntry]:
    chosen, tag = product_and_tag(context, what, product)
    name = parse(tag, chosen.grammar).git or tag
    found = find_history(context, product_tag=f"{chosen.name}/{name}")
    if not found:
        known_release(context, f"{chosen.name}/{tag}", product)
    return found
