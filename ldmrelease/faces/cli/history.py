"""`ldmrelease history`: what ran at a place, or where a release ran, and when."""

from typing import Annotated

import typer

from ldmrelease.answers.places import history_answers
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.domain.tags import parse
from ldmrelease.faces.cli.arguments import ProductOption, known_release, product_and_tag, require_product
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import history_table
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.history import history as find_history
from ldmrelease.services.releases.products import reads

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
    """Show what was seen to run, from when to when; the time between two observations that are too far apart
    is not counted.
    """
    context = open_context_here(ctx)
    require_product(context.topology, product)
    rows = _rows(context, what, product)
    emit(history_answers(rows), output, lambda: history_table(rows))


def _rows(context: Context, what: str | None, product: str | None) -> list[HistoryEntry]:
    if what is None:
        return find_history(context)
    if any(what == each.place.environment for each in context.topology.applications):
        return find_history(context, environment=what)
    meant = applications_at(context.topology, what)
    near = nearest(what, meant.known) if isinstance(meant, UnknownTarget) else None
    if near is not None and not any(reads(each, what) for each in context.topology.products):
        raise UsageError(f"there is no place {what!r}, and no tag", f"did you mean {near}?")
    if not isinstance(meant, UnknownTarget):
        places = [each.place for each in meant]
        return [row for place in places for row in find_history(context, place=place)]
    return _of_release(context, what, product)


def _of_release(context: Context, what: str, product: str | None) -> list[HistoryEntry]:
    chosen, tag = product_and_tag(context, what, product)
    name = parse(tag, chosen.grammar).git or tag
    found = find_history(context, product_tag=f"{chosen.name}/{name}")
    if not found:
        known_release(context, f"{chosen.name}/{tag}", product)
    return found
