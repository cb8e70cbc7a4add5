"""`ldmrelease where`: what runs where, since when, and what let it in."""

from collections.abc import Callable
from typing import Annotated

import typer

from ldmrelease.cli.asked import ProductOption
from ldmrelease.cli.options import Mistake, OutputOption, examples, new_app
from ldmrelease.cli.session import open_bench
from ldmrelease.config.faults import did_you_mean
from ldmrelease.domain.tags import parse
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import where_table
from ldmrelease.services.where import Running, Unseen
from ldmrelease.services.where import where as find_where
from ldmrelease.services.workbench import Workbench

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease where", "ldmrelease where w.2023.16", "ldmrelease where --environment summit -o json"
    )
)
def where(
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]", help="A release, an image tag, a digest or a place; else everything."
        ),
    ] = None,
    product: ProductOption = None,
    environment: Annotated[str | None, typer.Option("--environment", "-e", help="Only this one.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """Say which release runs where, since when, and which promotion let it in, as it was last observed.

    Where nobody has looked lately the state is `unobserved`, never a guess.
    """
    bench = open_bench(ctx)
    known = {each.place.environment for each in bench.world.applications}
    if environment is not None and environment not in known:
        raise Mistake(f"there is no environment {environment!r}", did_you_mean(environment, known))
    place = what if what is not None and what in known | _places(bench) else None
    what = what if place is None else None
    meant = _matcher(bench, what)
    rows = [
        each
        for each in find_where(bench, now=bench.now())
        if (environment is None or each.place.environment == environment)
        and (place is None or place in (each.place.environment, str(each.place)))
        and _is_asked(each, what, product, meant)
    ]
    emit(rows, output, lambda: where_table(rows))


def _places(bench: Workbench) -> set[str]:
    return {str(each.place) for each in bench.world.applications}


def _is_asked(
    row: Running | Unseen, what: str | None, product: str | None, meant: Callable[[Running], bool]
) -> bool:
    if isinstance(row, Unseen):
        return what is None and product is None
    return (product is None or row.product == product) and meant(row)


def _matcher(bench: Workbench, what: str | None) -> Callable[[Running], bool]:
    """Whether a row is about what was named: a release in any spelling, an image tag, or a digest."""
    if what is None:
        return lambda _: True
    spelled = {
        each.name: parse(what.removeprefix(f"{each.name}/"), each.grammar).git
        for each in bench.world.products
    }
    names = {f"{name}/{git}" for name, git in spelled.items() if git is not None} | {what}
    digest = what if what.startswith("sha256:") and len(what) > 7 else None
    return lambda row: (
        row.release in names or row.spelling == what or (digest is not None and row.digest.startswith(digest))
    )
