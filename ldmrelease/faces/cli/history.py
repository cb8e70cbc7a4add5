"""`ldmrelease history`: what ran at a place, or where a release ran, and when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from ldmrelease.answers.places import history_answers
from ldmrelease.domain.tags import parse
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Topology
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    known_release,
    place_or_tag,
    product_and_tag,
    require_product,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.past_options import (
    DayobsOption,
    FromOption,
    KnownAtOption,
    ToOption,
    as_of,
    past_moment,
    refuse_with,
)
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import Output, emit
from ldmrelease.render.places import history_table
from ldmrelease.services.context import ReadContext
from ldmrelease.services.inventory.gone_places import topology_of_all_times
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.history import history as find_history

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease history summit/ocps",
        "ldmrelease history w.2023.16",
        "ldmrelease history w.2023.16 --target production",
        "ldmrelease history summit/ocps --from 2023-04-01T00:00:00Z --to 2023-05-01T00:00:00Z",
        "ldmrelease history summit --dayobs 20230421",
    )
)
def history(  # noqa: PLR0913, PLR0917 - an option each
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
    since: FromOption = None,
    until: ToOption = None,
    known_at: KnownAtOption = None,
    dayobs: DayobsOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what was seen to run, from when to when; the time between two observations that are too far apart
    is not counted.

    With `--from` and `--to` it is what was there at any time between them, each for all of its time. With `--dayobs` it
    is what ran in a night, with each stretch of which nobody can say what ran. With `--known-at` nothing counts that
    the ledger took in later: the answer is the one that would have been given then. `where --at` tells of one time.
    """
    if dayobs is not None:
        refuse_with("--dayobs", {"--from": since, "--to": until})
    now = open_context_here(ctx)
    require_product(now.topology, product)
    then = as_of(None, known_at, now.now())
    begin, end = (past_moment(*each, now.now()) for each in (("--from", since), ("--to", until)))
    if begin is not None and end is not None and end < begin:
        raise UsageError(f"--to {spell(end)} is before --from {spell(begin)}", "name the earlier time first")
    context = then.limited(now)
    topology = topology_of_all_times(context)
    if dayobs is not None:
        # What was in between is read as well: who asks for the history goes without.
        from ldmrelease.faces.cli.dayobs import AskedNight  # noqa: PLC0415

        applications = applications_of(context, target, topology)
        release = None
        if what is not None:
            meant = place_or_tag(context, what, topology)
            applications = tuple(each for each in applications if meant is None or each in meant)
            release = known_release(context, what, product) if meant is None else None
        is_meant = None if release is None else (lambda image: image.release == release)
        night = AskedNight(context, dayobs, then, applications)
        night.tell(night.rows(is_meant), output)
        return
    places = {str(each.place) for each in applications_of(context, target, topology)}
    rows = [
        each for each in _rows(context, topology, what, product) if target is None or each.place in places
    ]
    rows = list(_between(rows, begin, end))
    emit(history_answers(rows), output, lambda: history_table(rows))


def _between(
    rows: Iterable[HistoryEntry], begin: datetime | None, end: datetime | None
) -> Iterable[HistoryEntry]:
    """Those that were there at a time between these, both included; None is no end."""
    for each in rows:
        over = begin is not None and each.gone is not None and each.gone <= spell(begin)
        if not over and (end is None or each.first <= spell(end)):
            yield each


def _rows(
    context: ReadContext, topology: Topology, what: str | None, product: str | None
) -> list[HistoryEntry]:
    if what is None:
        return find_history(context)
    what = as_target(topology, what)
    if any(what == each.place.environment for each in topology.applications):
        return find_history(context, environment=what)
    meant = place_or_tag(context, what, topology)
    if meant is not None:
        return [row for each in meant for row in find_history(context, place=each.place)]
    return _of_release(context, what, product)


def _of_release(context: ReadContext, what: str, product: str | None) -> list[HistoryEntry]:
    chosen, tag = product_and_tag(context, what, product)
    name = parse(tag, chosen.grammar).git or tag
    found = find_history(context, product_tag=f"{chosen.name}/{name}")
    if not found:
        known_release(context, f"{chosen.name}/{tag}", product)
    return found
