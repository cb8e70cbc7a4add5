"""`ldmrelease abort`: end a promotion that is not finished."""

import typer

from ldmrelease.answers.exit_codes import abort_code
from ldmrelease.faces.cli.arguments import ReasonOption
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.promotion_answers import narrator, rendered_outcome
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import PromotionArgument
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.promotions.commands import abort as abort_promotion

app = new_app()


@app.command(
    epilog=examples("ldmrelease abort P-42", "ldmrelease abort P-42 --reason 'superseded by w.2023.17'")
)
def abort(
    ctx: typer.Context,
    promotion: PromotionArgument,
    reason: ReasonOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Stop a promotion. The place where it is at work is restored, earlier places keep what they have.

    Exit 0 when it is aborted, 1 when it had ended before.
    """
    context = open_context_here(ctx)
    before = context.ledger.head()
    outcome = abort_promotion(context, promotion, reason, narrator(context, output))
    changed = context.ledger.head() != before
    answer = rendered_outcome(context, outcome)
    if outcome.state.ended and not changed:
        say(f"{promotion} had ended before; nothing was written", err=True)
    emit(answer.plain, output, answer.text)
    raise typer.Exit(abort_code(outcome, changed=changed))
