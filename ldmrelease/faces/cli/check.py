"""`ldmrelease check`: what a promotion would decide. A look: nothing is written."""

import typer

from ldmrelease.answers.checks import check_answer, refused_check
from ldmrelease.answers.sentences.target_refusals import unknown_target_words
from ldmrelease.faces.cli.advice import planned_advice
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReleaseArgument,
    TargetOption,
    release_now,
    usual_product,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.decisions import decision_source
from ldmrelease.render.output import Output, emit
from ldmrelease.render.promotions import hypothetical_text, left_out_texts, look_text, preflight_text
from ldmrelease.services.decisions.decide import unagreed
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.submit import preview_answered

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
    """Show what a promotion would decide for each place of the target, in the order of the promotion.

    The exit code is the worst place's: 0 allowed, 1 refused, 3 undecided, 4 waiting. A place that only waits for the
    ones before it says what they say.
    """
    context = open_context_here(ctx)
    target = known_target(context.topology, target)
    spec = PromotionSpec(release_now(context, release, product, target), target)
    places = places_for(context, spec)
    if isinstance(places, UnknownTarget):
        raise UsageError(unknown_target_words(places))
    previewed = preview_answered(context, spec, places)
    if isinstance(previewed, PreflightFailed):
        refused = refused_check(previewed)
        emit(refused, output, lambda: preflight_text(previewed))
        raise typer.Exit(refused.exit_code)
    decided, blocked = planned_advice(context, previewed.decided)
    local = unagreed(context.workspace, [each.place for each in previewed.plan.places])
    answer = check_answer(decided, local, blocked, previewed.left_out)

    def text() -> str:
        source = decision_source(decided[0].decision)
        told = look_text(decided, usual_product(context), blocked)
        return "\n\n".join([f"{hypothetical_text(local)}{told}", *left_out_texts(previewed.left_out), source])

    emit(answer, output, text)
    raise typer.Exit(answer.exit_code)
