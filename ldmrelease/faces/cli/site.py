"""`ldmrelease site`: everything that is recorded, as static pages."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.periods import interval_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sites import SiteAnswer
from ldmrelease.answers.spellings import time_text
from ldmrelease.atomic_files import replace_file
from ldmrelease.domain.dayobs import dayobs_of
from ldmrelease.domain.dayobs import night as night_of
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.period import SinceOption, asked_period
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.reports.stretches import Period

app = new_app(
    "Everything that is recorded, as static pages for any web space.",
    examples=examples("ldmrelease site build public"),
)


@app.command(
    "build", epilog=examples("ldmrelease site build public", "ldmrelease site build public --since 365d")
)
def build(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="An empty or new folder, or a site to bring up to date.")
    ],
    since: SinceOption = "90d",
    output: OutputOption = Output.text,
) -> None:
    """Build static pages of releases, places, promotions, decisions, evidence, people and nights, with the reports.

    They need no server, ask for nothing elsewhere, and can be published in any folder of any web space. Nights, places,
    timeline, availability and metrics go back to --since. A second time only what differs is written, and what is no
    longer part of the site goes; a folder with anything else in it is refused. Pages show what is known at the
    ledger's last event: the same ledger gives the same bytes.
    """
    context = open_context_here(ctx)
    from ldmrelease.render.pages.site.build import build_site  # noqa: PLC0415 - templates
    from ldmrelease.render.pages.site.report_pages import has_plots  # noqa: PLC0415 - as above
    from ldmrelease.render.pages.site.site_data import SiteData  # noqa: PLC0415 - as above
    from ldmrelease.services.reports.site_record import site_record  # noqa: PLC0415 - as above

    record = site_record(context)
    asked = asked_period(since, None, record.now)
    # Before anybody looked at anything there is nothing to show.
    first = min(
        (each.seen[0].begin for each in record.deployments.places.values() if each.seen), default=asked.end
    )
    begin, _ = night_of(dayobs_of(max(asked.begin, first)))
    period = Period(begin, asked.end, closed=True)
    try:
        changes = build_site(folder, SiteData(context, record, period))
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {error.strerror}") from None
    answer = SiteAnswer(
        folder=str(folder),
        as_of=time_text(record.now) or "",
        events=record.head.size,
        period=interval_answer(period),
        files=changes.files,
        bytes=changes.size,
        written=len(changes.written),
        written_bytes=changes.written_size,
        removed=len(changes.removed),
    )
    emit(answer, output, lambda: _text(answer))
    if not has_plots():
        say("without plots: there is no matplotlib, which draws; install `ldmrelease[reports]`", err=True)


@app.command("components", epilog=examples("ldmrelease site components components.svg"))
def components(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The picture to write: .svg.")],
) -> None:
    """Draw what runs where, as figure 1 of LDM-564 does: sites, their enclaves, services with release and state.

    `sites` in ldmrelease.yaml says which places are in which enclave. What nobody has observed lately is said to be
    unobserved.
    """
    from ldmrelease.render.pages.components import components_svg  # noqa: PLC0415 - matplotlib
    from ldmrelease.services.inventory.where import where  # noqa: PLC0415 - as above
    from ldmrelease.services.milestones.enclave_sites import sites_of, told_of_places  # noqa: PLC0415 - as above

    if file.suffix != ".svg":
        raise UsageError(f"{file.name!r} does not end with .svg", "name it something.svg")
    context = open_context_here(ctx)
    try:
        picture = components_svg(
            sites_of(context.topology), told_of_places(where(context, now=context.now()))
        )
        replace_file(file, picture.encode())
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no {error.name}, which draws", "install `ldmrelease[reports]`") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    say(f"written to {printable(str(file))}")


def _text(answer: SiteAnswer) -> str:
    return (
        f"{answer.folder}: {answer.files:,} files, {answer.bytes:,} bytes, as of {answer.as_of}\n"
        f"written: {answer.written:,} files, {answer.written_bytes:,} bytes; removed: {answer.removed:,}"
    )
