"""`ldmrelease where`: what runs where, since when, and what approved it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.places import WhereAnswer, where_answers
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.domain.streams import HOLDS
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    require_product,
)
from ldmrelease.faces.cli.options import OutputOption, TimeoutOption, UsageError, examples, new_app
from ldmrelease.faces.cli.past_options import AsOf, AtOption, DayobsOption, KnownAtOption, as_of, refuse_with
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.faces.cli.where_filters import (
    ComponentFilter,
    EnclaveFilter,
    ImageFilter,
    ReleaseFilter,
    TypedFilters,
    in_enclave,
    read_filters,
    require_image,
)
from ldmrelease.faces.cli.where_having import HavingOption, tell_having
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.places import NO_PLACES, nowhere_text, where_table
from ldmrelease.services.context import ReadContext
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.inventory.selection import (
    PlaceSelection,
    is_image_meant,
    select,
    selected_applications,
    selected_live,
    selected_rows,
)
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow
from ldmrelease.services.inventory.where import where as find_where

Row = TypeVar("Row")

app = new_app()


_NONE = Topology((), ())


class Asked(Struct, frozen=True):
    """What was typed, and the places that may be meant."""

    what: str | None
    product: str | None
    target: str | None
    filters: TypedFilters
    topology: Topology = _NONE
    enclave: str | None = None


@app.command(
    epilog=examples(
        "ldmrelease where",
        "ldmrelease where w.2023.16",
        "ldmrelease where --environment summit -o json",
        "ldmrelease where --enclave commissioning-cluster",
        "ldmrelease where --live --timeout 30",
        "ldmrelease where --desired --environment summit",
        "ldmrelease where --desired --environment summit --at 2023-04-21T22:00:00Z",
        "ldmrelease where --environment summit --at 2023-04-21T22:00:00Z",
        "ldmrelease where --environment summit --dayobs 20230421",
        "ldmrelease where --release w.2023.16 --at 2023-04-21T22:00:00Z --known-at 2023-04-21T23:00:00Z",
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
    release: ReleaseFilter = None,
    image: ImageFilter = None,
    component: ComponentFilter = None,
    enclave: EnclaveFilter = None,
    at: AtOption = None,
    known_at: KnownAtOption = None,
    dayobs: DayobsOption = None,
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

    With `--at` it is what ran at a time, by the signed observations around it: `unobserved` where they are too far
    apart, `gone by` where the next one saw the image no more; what others say to have seen there (`audit import`) is
    told apart, and exit 3 if some of that cannot be read. With `--known-at` nothing counts that the ledger took in
    later, so that the answer is the one that would have been given then. With `--dayobs` it is all of a night: each
    image from when to when, and each stretch of which nobody can say what ran.

    With `--having` it is what a condition holds of: a CEL expression over what is known of the place and of the release
    (docs/known-issues.md has the fields). What cannot be told is listed apart, with the reason; exit 3 where there is
    any. Labels and annotations are read from registries, within the time limit, once for each image.

    With `--desired` the GitOps tree alone is read: the images of every application that is switched on, those that no
    place manages included. WHAT is then an environment, an application, a product, a release or an image. In a tree
    of no known layout only the settings of the workspace's places are read. A chart that is not in the tree may bring
    images that are not known here; `decided elsewhere` is an image with such a part. Exit 3 if some of the tree could
    not be read or rendered. With `--at`, too, it is what imported histories of trees asked for then.
    """
    asked = Asked(what, product, target, TypedFilters(release, image, component), enclave=enclave)
    past = {"--at": at, "--known-at": known_at, "--dayobs": dayobs}
    if wanted:
        refuse_with(
            "--desired",
            asked.filters.given() | {"--enclave": enclave, "--dayobs": dayobs, "--having": having},
        )
        if at is not None or known_at is not None:
            _tell_desired_at(ctx, past, asked, {"--tree": tree, "--live": live, "--product": product}, output)
            return
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
    if live:
        refuse_with("--live", past | {"--having": having})
    if dayobs is not None:
        refuse_with("--dayobs", {"--at": at, "--having": having})
    now = open_context_here(ctx)
    require_product(now.topology, product)
    then = as_of(at, known_at, now.now())
    context = then.limited(now)
    is_past = then.moment is not None or dayobs is not None
    asked = replace(asked, topology=_topology_then(context, then) if is_past else context.topology)
    selection = _selection(context, asked)
    if live:
        _tell_live(context, selection, asked, timeout, output)
    applications = selected_applications(asked.topology, selection)
    if dayobs is not None:
        # What was in between is read as well: who asks about one time goes without.
        from ldmrelease.faces.cli.dayobs import AskedNight  # noqa: PLC0415

        night = AskedNight(context, dayobs, then, applications)
        told = _rows(lambda meant: night.rows(_is_meant(context, meant)), context, selection, asked)
        _require_image(now, asked, selection, told)
        night.tell(told, output, _target(asked, selection))
        return
    found = list(_found(context, then, applications))
    rows = _rows(lambda meant: selected_rows(context.topology, found, meant), context, selection, asked)
    _require_image(now, asked, selection, rows)
    if having is not None:
        tell_having(context, rows, having, output, timeout)
    unread: list[str] = []
    answers, others = _with_recalls(context, rows, then.moment or context.now())
    if then.moment is not None and selection.is_of_places:
        places = [each.place for each in applications]
        seen, words, unread = _seen_by_others(context, places, found, then.moment)
        others += words
        answers += seen
    emit(
        answers,
        output,
        lambda: (
            where_table(rows) + others
            if rows
            else nowhere_text(found, _target(asked, selection)) + others
            if context.topology.applications
            else NO_PLACES
        ),
    )
    for line in unread:
        say(line, err=True)
    if unread:
        raise typer.Exit(ExitCode.UNDECIDED)


def _with_recalls(
    context: ReadContext, rows: Sequence[PlaceRow], moment: datetime
) -> tuple[list[WhereAnswer], str]:
    """The rows with the recalls that they fall under, and those as text."""
    if not context.ledger.version(HOLDS):
        return where_answers(rows), ""
    # Holds and pins: where nobody has ever held anything, one goes without.
    from ldmrelease.answers.held_images import held_lines, with_held  # noqa: PLC0415
    from ldmrelease.services.acts.recalled_rows import recalled_rows  # noqa: PLC0415

    answers = with_held(where_answers(rows), recalled_rows(context, rows, moment))
    return answers, held_lines(answers)


def _seen_by_others(
    context: ReadContext, places: Sequence[Place], rows: Sequence[PlaceRow], moment: datetime
) -> tuple[list[WhereAnswer], str, list[str]]:
    """What others saw where we did not look, as answers and as text; and what cannot be read of it."""
    # Imported history: who asks what is now goes without.
    from ldmrelease.answers.sightings import sighting_answers  # noqa: PLC0415
    from ldmrelease.render.sightings import sightings_text  # noqa: PLC0415
    from ldmrelease.services.audit.told_by_others import SeenByOthers, last_seen  # noqa: PLC0415

    found = list(last_seen(context, places, rows, moment))
    seen = [each for each in found if isinstance(each, SeenByOthers)]
    unread = [f"{each.place}: {each.reason}" for each in found if not isinstance(each, SeenByOthers)]
    return sighting_answers(seen), sightings_text(seen), unread


def _target(asked: Asked, selection: PlaceSelection) -> str | None:
    """The target that was named, by its option or as what is asked for."""
    return asked.target or (asked.what if selection.releases is None else None)


def _tell_desired_at(
    ctx: typer.Context,
    past: Mapping[str, str | None],
    asked: Asked,
    others: Mapping[str, object],
    output: Output,
) -> None:
    # By imported history: who asks what is now goes without.
    from ldmrelease.faces.cli.where_desired_at import tell_desired_at  # noqa: PLC0415

    for option, value in past.items():
        if value is not None:
            refuse_with(option, others)
    tell_desired_at(ctx, (past["--at"], past["--known-at"]), (asked.what, asked.target), output)


def _topology_then(context: ReadContext, then: AsOf) -> Topology:
    """Who asks about the past may mean a place that has gone from the workspace since, or that only others saw."""
    from ldmrelease.services.inventory.gone_places import topology_of_all_times  # noqa: PLC0415 - as below

    return topology_of_all_times(context, with_others=then.moment is not None)


def _is_meant(context: ReadContext, selection: PlaceSelection) -> Callable[[PlaceComponent], bool] | None:
    return None if selection.is_of_places else partial(is_image_meant, context.topology, selection)


def _found(context: ReadContext, then: AsOf, applications: list[Application]) -> Iterable[PlaceRow]:
    if then.moment is None:
        return find_where(context, now=context.now(), applications=applications)
    from ldmrelease.services.inventory.where_at import where_at  # noqa: PLC0415 - who asks what is now goes without

    return where_at(context, then.moment, applications)


def _selection(context: ReadContext, asked: Asked) -> PlaceSelection:
    places = frozenset(each.place for each in applications_of(context, asked.target, asked.topology))
    own = in_enclave(asked.topology, asked.enclave)
    places = places if own is None else places & own
    what = None if asked.what is None else as_target(asked.topology, asked.what)
    filters = read_filters(context, asked.filters, asked.product)
    return select(asked.topology, what, product=asked.product, places=places, filters=filters)


def _rows(
    find: Callable[[PlaceSelection], list[Row]], context: ReadContext, selection: PlaceSelection, asked: Asked
) -> list[Row]:
    """What is found; what is found nowhere has to be something that could be. Raises `UsageError`."""
    rows = find(selection)
    if rows or asked.what is None or selection.releases is None:
        return rows
    known = applications_at(asked.topology, asked.what)
    near = nearest(asked.what, known.known) if isinstance(known, UnknownTarget) else None
    if near is not None and not selection.is_tag:
        raise UsageError(
            f"{asked.what!r} is no place, level, tag or digest, and no image is spelled so anywhere",
            f"did you mean {near}?",
        )
    release = known_release(context, asked.what, asked.product)
    again = select(
        asked.topology,
        release,
        product=asked.product,
        places=selection.places,
        filters=selection.filters,
    )
    return find(again)


def _require_image(
    now: ReadContext, asked: Asked, selection: PlaceSelection, found: Sequence[object]
) -> None:
    """An image that was found nowhere has to be one that is known. Raises `UsageError`."""
    if not found and selection.filters.image is not None and asked.filters.image is not None:
        require_image(now, asked.filters.image, selection.filters.image, find_where(now, now=now.now()))


def _tell_live(
    context: ReadContext, selection: PlaceSelection, asked: Asked, timeout: float, output: Output
) -> NoReturn:
    # Threads, registries and clusters: who asks the ledger alone goes without.
    from ldmrelease.answers.live import live_answers  # noqa: PLC0415
    from ldmrelease.render.drift import live_table, missed_lines  # noqa: PLC0415
    from ldmrelease.services.inventory.live import live, unreachable_places  # noqa: PLC0415

    found = live(context, selected_applications(context.topology, selection), timeout).rows
    rows = _rows(lambda meant: selected_live(context.topology, found, meant), context, selection, asked)
    emit(live_answers(rows), output, lambda: live_table(rows) if context.topology.applications else NO_PLACES)
    missed = unreachable_places(found)
    for line in missed_lines(missed):
        say(line, err=True)
    raise typer.Exit(found_code(None, missed))
