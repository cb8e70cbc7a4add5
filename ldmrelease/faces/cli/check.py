"""`ldmrelease check`: what a promotion would decide. A look: nothing is written."""

from typing import Any

import typer

from ldmrelease.answers.sentences.refusals import unknown_target_words
from ldmrelease.domain import canonical
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReleaseArgument,
    TargetOption,
    release_now,
    usual_product,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.promotion_answers import (
    VERDICT_CODES,
    hypothetical,
    hypothetical_line,
    rendered_preflight,
)
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.decisions import decision_source
from ldmrelease.render.output import Output, emit
from ldmrelease.render.promotions import look_text
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.submit import preview

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease check w.2023.16 --target commissioning",
        "ldmrelease check w.2023.16 --target summit/ocps --output json",
    )
)
def check(
    ctx: typer.Context,
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Say what a promotion would decide for each place of the target, in the order in which it would go.

    The exit code is the first place's: 0 allowed, 1 refused, 3 undecided, 4 waiting.
    """
    context = open_context_here(ctx)
    spec = PromotionSpec(release_now(context, release, product), target)
    places = places_for(context, spec)
    if isinstance(places, UnknownTarget):
        raise UsageError(unknown_target_words(places))
    found = preview(context, spec, places)
    if isinstance(found, PreflightFailed):
        answer = rendered_preflight(found)
        emit(answer.plain, output, answer.text)
        raise typer.Exit(answer.code)
    note = hypothetical(context, found)
    decisions: list[dict[str, Any]] = [
        {**canonical.to_plain(each.decision), **note, "digest": each.digest} for each in found.decided
    ]

    def text() -> str:
        source = decision_source(found.first.decision)
        return f"{hypothetical_line(context, found)}{look_text(found, usual_product(context))}\n\n{source}"

    emit(decisions, output, text)
    raise typer.Exit(VERDICT_CODES[found.first.decision.verdict])
