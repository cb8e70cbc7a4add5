"""`ldmrelease review`: look at what an emergency or a compression has let in."""

from typing import Annotated

import typer

from ldmrelease.answers.debts import review_answer
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import OptionalTargetOption, ReasonOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.render.debts import review_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.governance.reviewing import review as sign_review

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease review P-42 --accept --reason 'the checks were run in the morning, and passed'",
        "ldmrelease review P-42 --reject --reason 'it writes no calibrations' --target summit",
    )
)
def review(
    ctx: typer.Context,
    promotion: Annotated[str, typer.Argument(metavar="PROMOTION", help="Its id, such as P-42.")],
    accept: Annotated[
        bool, typer.Option("--accept", help="It is as it should be, or was put right.")
    ] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It is not: the place stays frozen.")] = False,
    target: OptionalTargetOption = None,
    reason: ReasonOption = None,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Review a promotion that asked for less than everybody is asked: say what was found, signed.

    It is for somebody else than whoever asked for it. Exit 1 where it is not, 2 where it owes no review. What is
    rejected is overdue from then on: nothing comes there but a rollback, until somebody accepts what became of it.
    """
    if accept == reject:
        raise UsageError("a review says one thing", "say --accept or --reject")
    if not (reason or "").strip():
        raise UsageError("a review says what was found", "say it with --reason")
    context = open_acting_context(ctx, key)
    assert reason is not None
    found = sign_review(context, promotion, applications_of(context, target), accepted=accept, reason=reason)
    answer = review_answer(found, accepted=accept)
    emit(answer, output, lambda: review_text(answer))
    raise typer.Exit(answer.exit_code)
