"""`ldmrelease request`: ask for a promotion, and leave it to others to approve and carry out."""

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    TargetOption,
    release_now,
)
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.promotion_answers import (
    RenderedAnswer,
    narrator,
    rendered,
    rendered_request,
    send_notification,
)
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions.commands import Requested
from ldmrelease.services.promotions.commands import request as request_promotion

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease request w.2023.16 --target commissioning",
        "ldmrelease request 24.0.0 --target usdfprod --reason RFC-1012",
    )
)
def request(
    ctx: typer.Context,
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    reason: ReasonOption = None,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Ask for a promotion: pin, request and decision are recorded as `promote` does, and nothing is touched.

    Exit 0 where it is allowed now, and `promote` or `resume` may carry it out; 4 while it waits, for a time or for
    somebody; 1 when it is refused, 3 when it could not be decided. A notice begins with the request.
    """
    context = open_acting_context(ctx, key, "pin", "request")
    target = known_target(context.topology, target)
    spec = PromotionSpec(release_now(context, release, product, target), target, reason=reason)
    answer = _requested(context, spec, output)
    emit(answer.plain, output, answer.text)
    raise typer.Exit(answer.code)


def _requested(context: Context, spec: PromotionSpec, output: Output) -> RenderedAnswer:
    head = context.ledger.head()
    found = request_promotion(context, spec, narrator(context, output))
    if not isinstance(found, Requested):
        return rendered(context, spec, found)
    answer = rendered_request(context, found)
    if context.ledger.head() != head and answer.code is not ExitCode.OK:
        send_notification(context, answer.outcome)
    return answer
