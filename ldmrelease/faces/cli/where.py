"""`ldmrelease where`: what runs where, since when, and what approved it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from msgspec import Struct

from ldmrelease.answers.exit_codes import found_code
from ldmrelease.answers.places import where_answers
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    require_product,
)
from ldmrelease.faces.cli.options import OutputOption, TimeoutOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.faces.cli.where_having import HavingOption, tell_having
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.places import NO_PLACES, where_table
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.selection import (
    PlaceSelection,
    select,
    selected_applications,
    selected_live,
    selected_rows,
)
from ldmrelease.services.inventory.where import where as find_where

Row = TypeVar("Row")

app = new_app()


class Asked(Struct, frozen=True):
    """What was typed."""

    what: str | None
    product: str | None


@app.command(
    epilog=examples(
        "ldmrelease where",
        "ldmrelease where w.2023.16",
        "ldmrelease where --environment summit -o json",
        "ldmrelease where --live --timeout 30",
        "ldmrelease where --desired --environment summit",
        """ldmrelease where --having 'version(products["afw"]) < version("26.0.1")'""",
    )
)
def where(  # noqa: PLR0913, PLR0917 - an option each
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT", help="A release, an image tag, a digest, a place or a level; else everything."
        ),
    ] = None,
    product: ProductOption = None,
    target: OptionalTargetOption = None,
    having: HavingOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask trees and clusters now: desired, decided, observed.")
    ] = False,
    timeout: TimeoutOption = 10.0,
    wanted: Annotated[
        bool,
        typer.Option(
            "--desired", help="Every image that the GitOps tree asks for, and the lines that decide it."
        ),
    ] = False,
    tree: Annotated[
        Path | None,
        typer.Option(
            "--tree", metavar="FOLDER", help="With --desired: a checkout, in place of the workspace's tree."
        ),
    ] = None,
    render: Annotated[
        bool,
        typer.Option(
            "--render/--no-render",
            help="With --desired: render with helm and kustomize, where they are installed.",
        ),
    ] = True,
    output: OutputOption = Output.text,
) -> None:
    """Show which release runs where, since when, and which promotion approved it, as it was last observed.

    Where nobody has looked lately the state is `unobserved`, never a guess. With `--live` every environment is
    asked at once: what its tree or workloads want, what was decided, and what runs. Exit 3 if some system
    could not be reached; the rest is shown all the same. Nothing is recorded: `observe` does that.

    With `--having` it is what a condition holds of: a CEL expression over what is known of the place and of the release
    (docs/known-issues.md has the fields). What cannot be told is listed apart, with the reason; exit 3 where there is
    any. Labels and annotations are read from registries, within the time limit, once for each image.

    With `--desired` the GitOps tree alone is read: the images of every application that is switched on, those that no
    place manages included. WHAT is then an environment, an application, a product, a release or an image. In a tree
    of no known layout only the settings of the workspace's places are read. A chart that is not in the tree may bring
    images that are not known here; `decided elsewhere` is an image with such a part. Exit 3 if some of the tree could
    not be read or rendered.
    """
    if having is not None and (wanted or live):
        raise UsageError(
            "--having asks of what was observed",
            f"leave out --{'desired' if wanted else 'live'}",
        )
    if wanted:
        # YAML, git and the programs that render: who asks the ledger goes without.
        from ldmrelease.faces.cli.where_desired import (  # noqa: PLC0415
            DesiredQuestion,
            tell_desired,
        )

        if live:
            raise UsageError(
                "--desired reads the tree alone, and --live asks clusters, too", "say one of them"
            )
        tell_desired(ctx, tree, DesiredQuestion(what, product, target), output, render=render)
        return
    if tree is not None:
        raise UsageError("--tree says where --desired looks", "add --desired")
    context = open_context_here(ctx)
    require_product(context.topology, product)
    places = frozenset(each.place for each in applications_of(context, target))
    what = None if what is None else as_target(context.topology, what)
    selection = select(context.topology, what, product=product, places=places)
    asked = Asked(what, product)
    if live:
        _tell_live(context, selection, asked, timeout, output)
    found = list(find_where(context, now=context.now()))
    rows = _rows(lambda meant: selected_rows(found, meant), context, selection, asked)
    if having is not None:
        tell_having(context, rows, having, output, timeout)
    emit(
        where_answers(rows), output, lambda: where_table(rows) if context.topology.applications else NO_PLACES
    )


def _rows(
    find: Callable[[PlaceSelection], list[Row]], context: Context, selection: PlaceSelection, asked: Asked
) -> list[Row]:
    """What is found; what is found nowhere has to be something that could be. Raises `UsageError`."""
    rows = find(selection)
    if rows or asked.what is None or selection.is_of_places:
        return rows
    known = applications_at(context.topology, asked.what)
    near = nearest(asked.what, known.known) if isinstance(known, UnknownTarget) else None
    if near is not None and not selection.is_tag:
        raise UsageError(
            f"{asked.what!r} is no place, level, tag or digest, and no image is spelled so anywhere",
            f"did you mean {near}?",
        )
    release = known_release(context, asked.what, asked.product)
    return find(select(context.topology, release, product=asked.product, places=selection.places))


def _tell_live(
    context: Context, selection: PlaceSelection, asked: Asked, timeout: float, output: Output
) -> NoReturn:
    # Threads, registries and clusters: who asks the ledger alone goes without.
    from ldmrelease.answers.live import live_answers  # noqa: PLC0415
    from ldmrelease.render.drift import live_table, missed_lines  # noqa: PLC0415
    from ldmrelease.services.inventory.live import live, unreachable_places  # noqa: PLC0415

    found = live(context, selected_applications(context.topology, selection), timeout).rows
    rows = _rows(lambda meant: selected_live(found, meant), context, selection, asked)
    emit(live_answers(rows), output, lambda: live_table(rows) if context.topology.applications else NO_PLACES)
    missed = unreachable_places(found)
    for line in missed_lines(missed):
        say(line, err=True)
    raise typer.Exit(found_code(None, missed))
