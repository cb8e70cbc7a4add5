"""`ldmrelease campaign`: what a milestone claims, and what of it was verified in a release."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.campaigns import (
    campaign_answer,
    campaign_status_answers,
    campaigns_code,
    imported_results_answer,
)
from ldmrelease.answers.evidence import AddedStatementAnswer, added_answers
from ldmrelease.atomic_files import replace_file
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.strict_json import OF_SIGNED
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import ProductOption, release_now
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here, open_workspace
from ldmrelease.milestones.campaign import BoundCampaign
from ldmrelease.milestones.control_csv import read_csv, write_csv
from ldmrelease.milestones.control_records import ReadRecord
from ldmrelease.milestones.zephyr_scale import read_test_run, write_test_run
from ldmrelease.render.campaigns import campaign_text, campaigns_text, imported_results_text, statuses_text
from ldmrelease.render.evidence import unusable_words
from ldmrelease.render.output import Output, emit, pass_on, say
from ldmrelease.services.catalogues.campaigns import campaigns_of
from ldmrelease.services.evidence.manual import UnusableEvidence
from ldmrelease.services.milestones.campaign_import import OtherRecord, fitting, sign_results
from ldmrelease.services.milestones.campaign_status import VERIFICATION, campaign_statuses, control_record

app = new_app(
    "Verify what a milestone claims, in the content of a release.",
    examples=examples("ldmrelease campaign list", "ldmrelease campaign status w.2023.16"),
)


class ControlFormat(StrEnum):
    """The formats of verification control databases."""

    csv = "csv"
    zephyr_scale = "zephyr-scale"


CampaignOption = Annotated[
    str | None,
    typer.Option("--campaign", help="Which campaign.  [default: the only one]"),
]
FormatOption = Annotated[
    ControlFormat | None,
    typer.Option(
        "--format", help="csv, or a test run of Zephyr Scale for Jira.  [default: by the file's name]"
    ),
]


@app.command("list", epilog=examples("ldmrelease campaign list"))
def list_campaigns(ctx: typer.Context, output: OutputOption = Output.text) -> None:
    """List the campaigns of the workspace."""
    answer = [campaign_answer(each) for each in _known(campaigns_of(open_workspace(ctx)))]
    emit(answer, output, lambda: campaigns_text(answer))


@app.command("show", epilog=examples("ldmrelease campaign show spring-2022"))
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name.")],
    output: OutputOption = Output.text,
) -> None:
    """Show what a campaign claims, and which test cases verify that."""
    answer = campaign_answer(_named(campaigns_of(open_workspace(ctx)), name))
    emit(answer, output, lambda: campaign_text(answer))


@app.command(
    "status",
    epilog=examples(
        "ldmrelease campaign status w.2023.16", "ldmrelease campaign status w.2023.16 --output json"
    ),
)
def status(
    ctx: typer.Context,
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release.")],
    campaign: CampaignOption = None,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what of each campaign is verified in a release. Exit 1 where anything is not, 4 where it is in progress."""
    context = open_context_here(ctx)
    known = _known(campaigns_of(context.workspace))
    asked = known if campaign is None else (_named(known, campaign),)
    pinned = release_now(context, release, product)
    answer = campaign_status_answers(campaign_statuses(context, pinned, asked), pinned.release.name)
    emit(answer, output, lambda: statuses_text(answer))
    raise typer.Exit(campaigns_code(answer))


@app.command(
    "export",
    epilog=examples(
        "ldmrelease campaign export w.2023.16 --out results.csv",
        "ldmrelease campaign export w.2023.16 --campaign spring-2022 --format zephyr-scale",
    ),
)
def export(
    ctx: typer.Context,
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release.")],
    campaign: CampaignOption = None,
    format: FormatOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="A file.  [default: standard output]")] = None,
    product: ProductOption = None,
) -> None:
    """Write a campaign in a release as a verification control database takes it: with and without results."""
    context = open_context_here(ctx)
    bound = _named(campaigns_of(context.workspace), campaign)
    record = control_record(context, release_now(context, release, product), bound)
    text = write_test_run(record) if _format(format, out) is ControlFormat.zephyr_scale else write_csv(record)
    if out is None:
        pass_on(text)
        return
    try:
        replace_file(out, text.encode())
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from None
    say(f"written to {out}")


@app.command(
    "import",
    epilog=examples(
        "ldmrelease campaign import results.csv --release w.2023.16",
        "ldmrelease campaign import run.json --release w.2023.16 --campaign spring-2022 --dry-run",
    ),
)
def import_results(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file; `-` reads standard input.")],
    release: Annotated[str, typer.Option("--release", help="The release that was tested.")],
    campaign: CampaignOption = None,
    format: FormatOption = None,
    about: Annotated[
        str | None,
        typer.Option("--about", help="release, or content.  [default: its content, if it has one]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Say what would be read, and sign nothing.")
    ] = False,
    product: ProductOption = None,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Read results from a verification control database, sign them, and add them to the ledger.

    What cannot be read is listed with its line, and the rest is signed: exit 1 then.
    """
    context = open_context_here(ctx) if dry_run else open_acting_context(ctx, key, VERIFICATION)
    bound = _named(campaigns_of(context.workspace), campaign)
    pinned = release_now(context, release, product)
    if about not in (None, "release", "content"):
        raise UsageError(f"results are not about {about!r}", "write --about release or --about content")
    read = _read(file, _format(format, file))
    found = fitting(read, bound, pinned)
    if isinstance(found, OtherRecord):
        raise UsageError(
            f"{file}: its {found.field} is {found.found}, and {found.wanted} is asked for",
            _REMEDIES[found.field],
        )
    statement: AddedStatementAnswer | None = None
    if found.results and not dry_run:
        subject = about or ("content" if pinned.release.content else "release")
        added = sign_results(context, context.signers.me, pinned, bound, found.results, subject)
        if isinstance(added, UnusableEvidence):
            raise UsageError(unusable_words(added))
        statement = added_answers([added])[0]
    answer = imported_results_answer(bound, pinned.release.name, found, read.problems, statement)
    emit(answer, output, lambda: imported_results_text(answer))
    raise typer.Exit(answer.exit_code)


_OF_ANOTHER = "these are results of something else"
_REMEDIES = {
    "campaign": "name it with --campaign",
    "milestone": _OF_ANOTHER,
    "definition": "the campaign was changed since: export it again, and look at what was added",
    "release": "name it with --release",
    "digest": "the tag was pinned again since: these are results of what it was before",
}


def _known(campaigns: tuple[BoundCampaign, ...]) -> tuple[BoundCampaign, ...]:
    if not campaigns:
        raise UsageError("there is no campaign in this workspace", "write one as campaigns/NAME.yaml")
    return campaigns


def _named(campaigns: tuple[BoundCampaign, ...], name: str | None) -> BoundCampaign:
    known = [each.campaign.name for each in _known(campaigns)]
    if name is None:
        if len(known) > 1:
            raise UsageError(
                f"there are {len(known)} campaigns: {', '.join(known)}", "name one with --campaign"
            )
        return campaigns[0]
    found = next((each for each in campaigns if each.campaign.name == name), None)
    if found is None:
        raise UsageError(f"there is no campaign {name!r}", did_you_mean(name, known))
    return found


def _format(named: ControlFormat | None, file: Path | None) -> ControlFormat:
    if named is not None:
        return named
    return ControlFormat.zephyr_scale if file is not None and file.suffix == ".json" else ControlFormat.csv


def _read(file: Path, format: ControlFormat) -> ReadRecord:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(OF_SIGNED.size + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(OF_SIGNED.size + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    if len(data) > OF_SIGNED.size:
        raise UsageError(f"{file} has more than {OF_SIGNED.size:,} bytes")
    if format is ControlFormat.zephyr_scale:
        return read_test_run(data)
    try:
        return read_csv(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8: {error.reason} at byte {error.start}") from None
