"""`ldmrelease history`: what ran at a place, or where a release ran, and when."""

from typing import Annotated

import typer

from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Place, Product
from ldmrelease.faces.cli.arguments import ProductOption, product_and_tag
from ldmrelease.faces.cli.options import Mistake, OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_bench
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import history_table
from ldmrelease.services.context import Workbench
from ldmrelease.services.inventory.history import Residence
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
    bench = open_bench(ctx)
    rows = _rows(bench, what, product)
    emit(rows, output, lambda: history_table(rows))


def _rows(bench: Workbench, what: str | None, product: str | None) -> list[Residence]:
    if what is None:
        return find_history(bench)
    if any(what == str(each.place) for each in bench.world.applications):
        return find_history(bench, place=Place.parse(what))
    if any(what == each.place.environment for each in bench.world.applications):
        return find_history(bench, environment=what)
    chosen, tag = _release(bench, what, product)
    return find_history(bench, product_tag=f"{chosen.name}/{parse(tag, chosen.grammar).git or tag}")


def _release(bench: Workbench, what: str, product: str | None) -> tuple[Product, str]:
    try:
        return product_and_tag(bench, what, product)
    except Mistake as error:
        raise Mistake(
            str(error), f"no environment and no environment/application is called {what!r} either"
        ) from None
