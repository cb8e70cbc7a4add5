"""`ldmrelease receipt`: show the receipts of promotions."""

import sys
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.receipts import receipt_answers
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.topology import Place
from ldmrelease.faces.cli.arguments import ProductOption, release_stored
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.receipts import receipts_text
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_at, receipts_of
from ldmrelease.services.promotions.load import load_promotion

app = new_app(
    "Show the receipts of promotions.", examples=examples("ldmrelease receipt show summit/ocps w.2023.16")
)


@app.command(
    "show",
    epilog=examples(
        "ldmrelease receipt show summit/ocps w.2023.16",
        "ldmrelease receipt show --promotion P-42 --output json",
        "ldmrelease receipt show summit/ocps w.2023.16 --component scipipe --dsse > receipt.dsse.json",
    ),
)
def show(
    ctx: typer.Context,
    place: Annotated[str | None, typer.Argument(metavar="[PLACE]", help="environment/application.")] = None,
    release: Annotated[str | None, typer.Argument(metavar="[RELEASE]", help="A tag.")] = None,
    promotion: Annotated[str | None, typer.Option("--promotion", help="Those of one promotion.")] = None,
    product: ProductOption = None,
    component: Annotated[
        str | None, typer.Option("--component", help="Only this one; `release` is the release's own.")
    ] = None,
    dsse: Annotated[
        bool, typer.Option("--dsse", help="Write the bare envelope, as slsa-verifier reads it.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Show receipts: SLSA verification summaries, one per component and one for the release.

    Exit 1 where there is none.
    """
    context = open_context_here(ctx)
    if promotion is not None:
        found = _of_promotion(context, promotion)
    elif place is not None and release is not None:
        pinned = release_stored(context, release, product)
        found = list(receipts_at(context, _place(context, place), pinned.digest))
    else:
        raise UsageError("name a place and a release, or say --promotion")
    chosen = [each for each in found if component in (None, each.component)]
    if not chosen:
        say("there is no such receipt", err=True)
    if chosen and dsse:
        _write_envelope(chosen)
    elif not dsse:
        emit(receipt_answers(chosen), output, lambda: receipts_text(chosen))
    raise typer.Exit(ExitCode.OK if chosen else ExitCode.REFUSED)


def _of_promotion(context: Context, promotion: str) -> list[StoredReceipt]:
    places = [each.place for each in load_promotion(context, promotion).plan.places]
    return [each for place in places for each in receipts_of(context, place, promotion)]


def _place(context: Context, text: str) -> Place:
    place = next((each.place for each in context.topology.applications if str(each.place) == text), None)
    if place is None:
        known = [str(each.place) for each in context.topology.applications]
        raise UsageError(f"there is no place {text!r}", did_you_mean(text, known))
    return place


def _write_envelope(chosen: list[StoredReceipt]) -> None:
    """The bytes as they were signed; one file holds one envelope."""
    if len(chosen) > 1:
        names = ", ".join(dict.fromkeys(each.component for each in chosen))
        raise UsageError(
            f"there are {len(chosen)} receipts ({names})", "choose one with --component and --promotion"
        )
    sys.stdout.buffer.write(chosen[0].envelope)
    sys.stdout.buffer.flush()
