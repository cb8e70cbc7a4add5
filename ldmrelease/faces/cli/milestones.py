"""`ldmrelease milestones`: what releases have to deliver, and when. Needs no workspace."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.milestones import (
    MilestonesAnswer,
    changes_answer,
    dated_answer,
    features_answer,
    imported_answer,
    milestone_answer,
    milestones_answer,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.atomic_files import replace_file
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.milestones.catalogue import Catalogue, due_items, find, overdue_items, unfinished_milestones
from ldmrelease.milestones.catalogue_changes import compare_catalogues
from ldmrelease.milestones.chapter import write_document
from ldmrelease.render.milestones import (
    changes_text,
    dated_text,
    features_text,
    gantt_text,
    imported_text,
    milestone_text,
    milestones_text,
)
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.catalogues.catalogues import (
    FOLDER,
    catalogues_of,
    file_name,
    import_document,
    read_catalogue,
    write_catalogue,
)

app = new_app(
    "Show test milestones and the features that they deliver (LDM-564, chapter 3).",
    examples=examples("ldmrelease milestones list", "ldmrelease milestones overdue --at 2023-04-22"),
)


AtOption = Annotated[
    str | None, typer.Option("--at", metavar="DATE", help="As of the end of this day.  [default: today]")
]
CatalogueOption = Annotated[
    str | None,
    typer.Option(
        "--catalogue",
        metavar="FILE|DATE",
        help="A catalogue or document, or the revision of one that is known.  [default: the latest]",
    ),
]


@app.command(
    "list",
    epilog=examples(
        "ldmrelease milestones list",
        "ldmrelease milestones list --at 2020-12-31 --output json",
    ),
)
def list_milestones(
    ctx: typer.Context,
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List all milestones in the document's order."""
    day, found = _asked_day(ctx, at), _catalogue(ctx, catalogue)
    answer = milestones_answer(found.milestones)
    emit(answer, output, lambda: "\n".join([milestones_text(answer, day), *_warnings(found)]))


@app.command("show", epilog=examples("ldmrelease milestones show LDM-503-15a"))
def show(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The milestone's code, such as LDM-503-15a.")],
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show a milestone with its features."""
    day, found = _asked_day(ctx, at), _catalogue(ctx, catalogue)
    milestone = found.milestone(code)
    if milestone is None:
        known = [each.code for each in found.milestones]
        raise UsageError(f"there is no milestone {code!r}", did_you_mean(code, known))
    answer = milestone_answer(milestone)
    emit(answer, output, lambda: milestone_text(answer, day))


@app.command(
    "due",
    epilog=examples("ldmrelease milestones due --within 90d", "ldmrelease milestones due --at 2023-04-22"),
)
def due(
    ctx: typer.Context,
    within: Annotated[str, typer.Option("--within", help="How far ahead to look, such as 90d.")] = "365d",
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what is due in the time to come, and was not completed by the day."""
    day = _asked_day(ctx, at)
    try:
        until = day + timedelta(seconds=times.seconds(within))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--within {within!r} is not a duration: {error}", "write it like 90d") from None
    answer = dated_answer(due_items(_catalogue(ctx, catalogue), day, until), day)
    emit(answer, output, lambda: dated_text(answer, f"nothing is due from {day} to {until}"))


@app.command("overdue", epilog=examples("ldmrelease milestones overdue --at 2023-04-22"))
def overdue(
    ctx: typer.Context,
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what was due before the day, and was not completed by it. Exit 1 where there is anything."""
    day = _asked_day(ctx, at)
    answer = dated_answer(overdue_items(_catalogue(ctx, catalogue), day), day)
    emit(answer, output, lambda: dated_text(answer, f"nothing is overdue on {day}"))
    raise typer.Exit(ExitCode.REFUSED if answer else ExitCode.OK)


@app.command(
    "features",
    epilog=examples("ldmrelease milestones features", "ldmrelease milestones features DM-NCSA-16"),
)
def features(
    ctx: typer.Context,
    code: Annotated[str | None, typer.Argument(help="Only this one, wherever it stands.")] = None,
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List features with their milestones; a code that the document repeats is listed as often."""
    day, found = _asked_day(ctx, at), _catalogue(ctx, catalogue)
    answer = features_answer(found, code)
    if code is not None and not answer:
        known = [each.code for _, each in found.features()]
        raise UsageError(f"there is no feature {code!r}", did_you_mean(code, known))
    emit(answer, output, lambda: features_text(answer, day))


@app.command(
    "find", epilog=examples("ldmrelease milestones find qserv", "ldmrelease milestones find 'alert'")
)
def find_text(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="A part of a code, a title or a feature's text.")],
    at: AtOption = None,
    catalogue: CatalogueOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Find milestones by what stands in them. Exit 1 where nothing is found."""
    day = _asked_day(ctx, at)
    found = find(_catalogue(ctx, catalogue), text)
    answer = milestones_answer(each for each, _ in found)
    emit(answer, output, lambda: "\n\n".join(milestone_text(each, day) for each in answer) or "nothing found")
    raise typer.Exit(ExitCode.OK if answer else ExitCode.REFUSED)


@app.command(
    "import",
    epilog=examples(
        "ldmrelease milestones import LDM-564.md",
        "ldmrelease milestones import LDM-564.md --out catalogue.json",
        "ldmrelease milestones import LDM-564.md --dry-run",
    ),
)
def import_milestones(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The document, as Markdown.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where the catalogue goes.  [default: milestones/ in the workspace]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Say what would be read, and write nothing.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Read a revision of the document into a catalogue, beside those that are there.

    What cannot be read is listed with its line, and the rest is read: exit 1 then.
    """
    read = import_document(file)
    target = None if dry_run else out or _own_folder(ctx) / file_name(read.catalogue)
    if target is not None and read.catalogue.milestones:
        write_catalogue(read.catalogue, target)
    written = target if read.catalogue.milestones else None
    answer = imported_answer(read, str(written) if written is not None else None)
    emit(answer, output, lambda: imported_text(answer))
    raise typer.Exit(ExitCode.REFUSED if read.problems else ExitCode.OK)


@app.command("export", epilog=examples("ldmrelease milestones export > LDM-564-chapter-3.md"))
def export(ctx: typer.Context, catalogue: CatalogueOption = None) -> None:
    """Print a catalogue in the form of the document, which `milestones import` reads as the same."""
    say(write_document(_catalogue(ctx, catalogue)))


@app.command(
    "diff",
    epilog=examples(
        "ldmrelease milestones diff 2023-04-22 LDM-564-new.md",
        "ldmrelease milestones diff --output json",
    ),
)
def diff(
    ctx: typer.Context,
    before: Annotated[
        str | None, typer.Argument(help="A file or a revision.  [default: the last but one]")
    ] = None,
    after: Annotated[str | None, typer.Argument(help="A file or a revision.  [default: the latest]")] = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what moved between two revisions of the document. Exit 1 where anything did."""
    known = catalogues_of(_root(ctx))
    if before is None and len(known) < 2:
        raise UsageError("there is one revision only", "import another one, or name a file")
    old = _catalogue(ctx, before) if before is not None else known[-2]
    answer = changes_answer(compare_catalogues(old, _catalogue(ctx, after)))
    emit(answer, output, lambda: changes_text(answer))
    raise typer.Exit(ExitCode.REFUSED if answer else ExitCode.OK)


@app.command(
    "gantt",
    epilog=examples(
        "ldmrelease milestones gantt",
        "ldmrelease milestones gantt --file milestones.svg --at 2023-04-22",
        "ldmrelease milestones gantt --file milestones.html",
    ),
)
def gantt(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--file", help="Draw it into this file: .svg, .png or .html.")
    ] = None,
    at: AtOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Draw milestones over time: due, completed, late, and the day. Without --file as a table in the terminal."""
    day, found = _asked_day(ctx, at), _catalogue(ctx, catalogue)
    answer = milestones_answer(found.milestones)
    if file is None:
        say(gantt_text(answer, day))
        return
    data = _picture(file.suffix, answer, day, found.document)
    try:
        replace_file(file, data)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    say(f"written to {printable(str(file))}")


def _picture(suffix: str, answer: MilestonesAnswer, day: date, document: str) -> bytes:
    from ldmrelease.render.pages import gantt as pictures  # noqa: PLC0415 - matplotlib

    try:
        match suffix:
            case ".svg":
                return pictures.gantt_svg(answer, day).encode()
            case ".png":
                return pictures.gantt_png(answer, day)
            case ".html":
                return pictures.gantt_page(answer, day, document).encode()
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no {error.name}, which draws", "install `ldmrelease[reports]`") from None
    raise UsageError(f"--file ends with {suffix!r}", "name it something.svg, something.png or something.html")


def _asked_day(ctx: typer.Context, at: str | None) -> date:
    return time_here(ctx).date() if at is None else _day(at)


def _day(text: str) -> date:
    try:
        if len(text) == len("2023-04-22"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"--at {text!r} is not a day", "write it like 2023-04-22")


def _root(ctx: typer.Context) -> Path | None:
    """The folder of the workspace, if there is one here."""
    try:
        return workspace_file(ctx).parent
    except BadInput:
        if ctx.find_root().obj is not None:
            raise
        return None


def _own_folder(ctx: typer.Context) -> Path:
    root = _root(ctx)
    if root is None:
        raise UsageError("there is no workspace here to keep the catalogue in", "say --out FILE")
    return root / FOLDER


def _catalogue(ctx: typer.Context, named: str | None) -> Catalogue:
    known = catalogues_of(_root(ctx))
    if named is None:
        return known[-1]
    revision = next((each for each in known if str(each.revision) == named), None)
    if revision is not None:
        return revision
    if not Path(named).exists():
        revisions = ", ".join(str(each.revision) for each in known)
        raise UsageError(f"there is no file and no revision {named!r}", f"known are {revisions}")
    return read_catalogue(Path(named))


def _warnings(catalogue: Catalogue) -> list[str]:
    return [
        printable(
            f"{each.milestone.code} is marked complete, and {', '.join(one.code for one in each.features)} not"
        )
        for each in unfinished_milestones(catalogue)
    ]
