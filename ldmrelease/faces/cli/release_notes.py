"""`ldmrelease release notes`: what a release brings, needs and changes, as a document."""

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.text import said
from ldmrelease.faces.cli.arguments import ProductOption, ReleaseArgument, release_stored
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit, pass_on, say
from ldmrelease.services.context import Context

if TYPE_CHECKING:
    from ldmrelease.services.releases.pin import Pinned

EXAMPLES = examples(
    "ldmrelease release notes w.2023.16",
    "ldmrelease release notes w.2023.16 --since w.2023.15 --format rst",
    "ldmrelease release notes w.2023.16 --output json",
)


class NotesFormat(enum.StrEnum):
    """The languages in which notes are written."""

    markdown = "markdown"
    rst = "rst"


def notes(
    ctx: typer.Context,
    release: ReleaseArgument,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="RELEASE", help="The release before.  [default: the last of its kind]"
        ),
    ] = None,
    format: Annotated[
        NotesFormat, typer.Option("--format", help="How the text is written.")
    ] = NotesFormat.markdown,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Write the notes of a release: features, compatibility, known issues, deprecations, tickets, what changed.

    What people add stands in a file beside the release's other documents (`documents` in ldmrelease.yaml), such as
    documents/w.2023.16/notes.yaml. Exit 3 where the commits of a component could not be read; the rest is written.
    """
    # YAML, registries and the catalogue: other commands about releases go without.
    from ldmrelease.answers.release_notes import release_notes_answer  # noqa: PLC0415
    from ldmrelease.render.release_notes import notes_markdown, notes_rst  # noqa: PLC0415
    from ldmrelease.services.catalogues.catalogues import catalogues_of  # noqa: PLC0415
    from ldmrelease.services.milestones.campaign_features import CampaignFeatures  # noqa: PLC0415
    from ldmrelease.services.milestones.release_notes import release_before, release_notes  # noqa: PLC0415

    context = open_context_here(ctx)
    pinned = release_stored(context, release, product)
    before = _named(context, pinned, since) if since is not None else release_before(context, pinned)
    catalogue = catalogues_of(context.workspace.root)[-1]
    found = release_notes(context, pinned, before, catalogue, CampaignFeatures(context))
    answer = release_notes_answer(found)
    if output.is_text:
        pass_on(notes_rst(answer) if format is NotesFormat.rst else notes_markdown(answer))
    else:
        emit(answer, output, str)
    for each in answer.unread:
        say(f"{each.component}: {each.reason}", err=True)
    raise typer.Exit(ExitCode.UNDECIDED if answer.unread else ExitCode.OK)


def _named(context: Context, pinned: "Pinned", text: str) -> "Pinned":
    found = release_stored(context, text, pinned.release.product)
    if found.release.product != pinned.release.product:
        raise UsageError(f"{said(pinned.release.name)} and {said(found.release.name)} are of two products")
    return found
