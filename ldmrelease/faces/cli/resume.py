"""`ldmrelease resume`: go on with what waits or was interrupted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import worst
from ldmrelease.answers.promotions import NotResumedAnswer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.faces.cli.errors import error_line, told_error
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.promotion_answers import (
    RenderedAnswer,
    narrator,
    rendered_outcome,
    send_notification,
)
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import OptionalPromotionArgument
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.promotions.commands import resume as resume_promotion
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome

if TYPE_CHECKING:
    from ldmrelease.services.promotions.proposals import OpenProposals

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease resume P-42",
        "ldmrelease resume P-42 --take-over",
        "*/5 * * * * ldmrelease -C /srv/rubin resume --all   # in a crontab",
    )
)
def resume(
    ctx: typer.Context,
    promotion: OptionalPromotionArgument = None,
    all_: Annotated[bool, typer.Option("--all", help="Every promotion that has not ended.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Take the claims of another process, which then stops.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Continue a promotion from where it is. One that still waits for the same is only looked at; with --all the
    places where a release soaks are observed, as often as that needs.

    Exit 0 when it succeeded, 1 when it is refused, 3 when it could not be finished, 4 when it waits.
    """
    if (promotion is None) == (not all_):
        raise UsageError("name one promotion, or say --all")
    context = open_context_here(ctx)
    if promotion is not None:
        answer, moved = _resume(context, promotion, output, take_over)
        if moved:
            send_notification(context, answer.outcome)
        emit(answer.plain, output, answer.text)
        raise typer.Exit(answer.code)
    answers = list(_each(context, output, take_over))
    if not output.is_text:
        emit([each.plain for each in answers], output, str)
    elif not answers:
        say("nothing waits, nothing was interrupted")
    raise typer.Exit(worst(each.code for each in answers))


def _each(context: Context, output: Output, take_over: bool) -> Iterator[RenderedAnswer]:
    """Every open promotion, oldest first; one that cannot go on does not hold up the others."""
    from ldmrelease.services.promotions.proposals import OpenProposals  # noqa: PLC0415 - knows forges

    left: list[PromotionOutcome | None] = []
    listed = OpenProposals(context)
    for row in open_promotions(context):
        name = row.promotion
        try:
            answer, moved = _resume(context, name, output, take_over, observes=True, listed=listed)
            left += [answer.outcome] if moved else []
        except Exception as error:
            message, code = error_line(error)
            say(f"{printable(name)}: {message}", err=True)
            failed = NotResumedAnswer(promotion=name, error=told_error(error).error)
            answer = RenderedAnswer(failed, lambda: "", code)
        if output.is_text:
            emit(answer.plain, output, answer.text)
        yield answer
    send_notification(context, *left)


def _resume(
    context: Context,
    promotion: str,
    output: Output,
    take_over: bool,
    *,
    observes: bool = False,
    listed: "OpenProposals | None" = None,
) -> tuple[RenderedAnswer, bool]:
    """Where it was left, and whether anything has changed: then somebody may have to hear of it."""
    before = context.ledger.head()
    outcome = resume_promotion(
        context,
        promotion,
        narrator(context, output),
        take_over=take_over,
        observes=observes,
        listed=listed,
    )
    return rendered_outcome(context, outcome), context.ledger.head() != before
