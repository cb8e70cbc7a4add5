"""`ldmrelease history`: what ran at a place, or where a release ran, and when."""

from typing import Annotated

import typer

from ldmrelease.answers.places import history_answers
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Place, Product
from ldmrelease.faces.cli.arguments import ProductOption, product_and_tag
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import history_table
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.history import history as find_history

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease history summit/ocps", "ldmrelease history summit", "ldmrelease history w.2023.16"
    )
)
def history(
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[PLACE | RELEASE]", help="environment/application, an environment, or a tag."
        ),
    ] = None,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Say what was seen to run, from when to when; what lies between two observations too far apart is not
    counted.
    """
    context = open_context_here(ctx)
    rows = _rows(context, what, product)
    emit(history_answers(rows), output, lambda: history_table(rows))


def _rows(context: Context, what: str | None, product: str | None) -> list[HistoryEntry]:
    if what is None:
        return find_history(context)
    if any(what == str(each.place) for each in context.topology.applications):
        return find_history(context, place=Place.parse(what))
    if any(what == each.place.environment for each in context.topology.applications):
        return find_history(context, environment=what)
    chosen, tag = _release(context, what, product)
    return find_history(context, product_tag=f"{chosen.name}/{parse(tag, chosen.grammar).git or tag}")


def _release(context: Context, what: str, product: str | None) -> tuple[Product, str]:
    try:
        return product_and_tag(context, what, product)
    except UsageError as error:
        raise UsageError(
            str(error), f"no environment and no environment/application is called {what!r} either"
        ) from None
