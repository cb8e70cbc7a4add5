"""`ldmrelease receipt`: show the receipts of promotions."""

import sys
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.receipts import receipt_answers
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    applications_of,
    one_target,
    place_or_tag,
    release_stored,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import PromotionOption
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.receipts import receipts_text
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_at, receipts_of
from ldmrelease.services.promotions.load import load_promotion
from ldmrelease.services.releases.products import reads

app = new_app(
    "Show the receipts of promotions.",
    examples=examples("ldmrelease receipt show w.2023.16 --target summit/ocps"),
)


@app.command(
    "show",
    epilog=examples(
        "ldmrelease receipt show w.2023.16 --target summit/ocps",
        "ldmrelease receipt show summit",
        "ldmrelease receipt show --promotion P-42 --output json",
        "ldmrelease receipt show w.2023.16 -t summit/ocps --component scipipe --dsse > receipt.dsse.json",
    ),
)
def show(
    ctx: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET | RELEASE", help="A target, a tag, or one of each, in any order."),
    ] = None,
    promotion: PromotionOption = None,
    product: ProductOption = None,
    target: OptionalTargetOption = None,
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
    elif what or target is not None:
        found = _of_places(context, what or [], target, product)
    else:
        raise UsageError("nothing is named", "name a release or a target, or say --promotion")
    if component is not None and found and component not in (parts := {each.component for each in found}):
        raise UsageError(f"there is no receipt of a component {component!r}", did_you_mean(component, parts))
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


def _of_places(
    context: Context, words: list[str], target: str | None, product: str | None
) -> list[StoredReceipt]:
    """Those of the release and the target that the words name."""
    tags = [each for each in words if _is_tag(context, each)]
    targets = [each for each in words if each not in tags]
    if len(tags) > 1:
        # One of them was to be a target.
        for each in tags:
            if not any(reads(kind, each) for kind in context.topology.products):
                applications_of(context, each)
    if len(tags) > 1 or len(targets) > 1:
        raise UsageError(
            f"{' and '.join(tags if len(tags) > 1 else targets)} are several", "name one of them"
        )
    named = one_target(targets[0] if targets else None, target)
    places = [each.place for each in applications_of(context, named)]
    digest = release_stored(context, tags[0], product).digest if tags else None
    return [each for place in places for each in receipts_at(context, place, digest)]


def _is_tag(context: Context, text: str) -> bool:
    return place_or_tag(context, text) is None


def _write_envelope(chosen: list[StoredReceipt]) -> None:
    """The bytes as they were signed; one file holds one envelope."""
    if len(chosen) > 1:
        names = ", ".join(dict.fromkeys(each.component for each in chosen))
        raise UsageError(
            f"there are {len(chosen)} receipts ({names})", "choose one with --component and --promotion"
        )
    sys.stdout.buffer.write(chosen[0].envelope)
    sys.stdout.buffer.flush()
