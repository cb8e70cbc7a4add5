"""`ldmrelease where`: what runs where, since when, and what let it in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import Application
from ldmrelease.faces.cli.arguments import ProductOption
from ldmrelease.faces.cli.options import ExitCode, OutputOption, TimeoutOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import where_table
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace
from ldmrelease.services.inventory.where import where as find_where

if TYPE_CHECKING:
    from ldmrelease.services.inventory.comparison import LiveComponent

app = new_app()

_Meant = Callable[[str | None, str, str], bool]
"""Whether a release, a spelling and a digest are what was asked for."""


@app.command(
    epilog=examples(
        "ldmrelease where",
        "ldmrelease where w.2023.16",
        "ldmrelease where --environment summit -o json",
        "ldmrelease where --live --timeout 30",
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
    live: Annotated[
        bool, typer.Option("--live", help="Ask trees and clusters now: desired, decided, observed.")
    ] = False,
    timeout: TimeoutOption = 10.0,
    output: OutputOption = Output.text,
) -> None:
    """Say which release runs where, since when, and which promotion let it in, as it was last observed.

    Where nobody has looked lately the state is `unobserved`, never a guess. With `--live` every environment is
    asked at once: what its tree or workloads want, what was decided, and what runs. Exit 3 if somewhere nobody
    could be reached; the rest is told all the same. Nothing is recorded: `observe` does that.
    """
    context = open_context_here(ctx)
    known = {each.place.environment for each in context.topology.applications}
    if environment is not None and environment not in known:
        raise UsageError(f"there is no environment {environment!r}", did_you_mean(environment, known))
    place = what if what is not None and what in known | _places(context) else None
    what = what if place is None else None
    meant = _matcher(context, what)
    if live:
        chosen = [
            each
            for each in context.topology.applications
            if environment in (None, each.place.environment)
            and place in (None, each.place.environment, str(each.place))
        ]
        _tell_live(context, chosen, lambda row: _is_live_asked(row, product, meant), timeout, output)
    rows = [
        each
        for each in find_where(context, now=context.now())
        if (environment is None or each.place.environment == environment)
        and (place is None or place in (each.place.environment, str(each.place)))
        and _is_asked(each, what, product, meant)
    ]
    emit(rows, output, lambda: where_table(rows))


def _tell_live(
    context: Context,
    applications: list[Application],
    is_asked: Callable[["LiveComponent"], bool],
    timeout: float,
    output: Output,
) -> NoReturn:
    # Threads, registries and clusters: who asks the ledger alone goes without.
    from ldmrelease.render.drift import live_table, missed_text  # noqa: PLC0415
    from ldmrelease.services.inventory.live import live, unreachable_places  # noqa: PLC0415

    found = live(context, applications, timeout)
    rows = [each for each in found if is_asked(each)]
    emit(rows, output, lambda: live_table(rows))
    unheard = unreachable_places(found)
    for each in unheard:
        typer.echo(missed_text(each), err=True)
    raise typer.Exit(ExitCode.UNDECIDED if unheard else ExitCode.OK)


def _places(context: Context) -> set[str]:
    return {str(each.place) for each in context.topology.applications}


def _is_asked(
    row: PlaceComponent | UnobservedPlace, what: str | None, product: str | None, meant: _Meant
) -> bool:
    if isinstance(row, UnobservedPlace):
        return what is None and product is None
    return product in (None, row.product) and meant(row.release, row.spelling, row.digest)


def _is_live_asked(row: "LiveComponent", product: str | None, meant: _Meant) -> bool:
    """Whether any of its sides is about what was named."""
    if product not in (None, row.product):
        return False
    sides: list[tuple[str | None, str, str]] = [(None, "", "")]
    if row.desired is not None:
        sides.append((row.desired.release, row.desired.spelling, row.desired.digest or ""))
    if row.decided is not None:
        sides.append((row.decided.release, row.decided.spelling, row.decided.digest))
    if row.observed is not None:
        seen = row.observed
        sides += [(seen.release, seen.spelling, each) for each in seen.digests]
    return any(meant(*each) for each in sides)


def _matcher(context: Context, what: str | None) -> _Meant:
    """Whether a release, spelling and digest are what was named: a release in any spelling, an image tag, or a
    digest."""
    if what is None:
        return lambda _release, _spelling, _digest: True
    spelled = {
        each.name: parse(what.removeprefix(f"{each.name}/"), each.grammar).git
        for each in context.topology.products
    }
    names = {f"{name}/{git}" for name, git in spelled.items() if git is not None} | {what}
    prefix = what if what.startswith("sha256:") and len(what) > 7 else None
    return lambda release, spelling, digest: (
        release in names or spelling == what or (prefix is not None and digest.startswith(prefix))
    )
