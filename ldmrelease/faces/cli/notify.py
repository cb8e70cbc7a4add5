"""`ldmrelease notify`: tell whoever has to act, and has not been told yet."""

from typing import Annotated

import typer

from ldmrelease.answers.notifications import NotifyAnswer, ReceiverAnswer, notification_answer
from ldmrelease.answers.sentences.notifications import TEST, due_words
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.notifications import notify_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.operations.notifications import notify as tell
from ldmrelease.services.operations.notifications import pending, try_receivers

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease notify --dry-run",
        "ldmrelease notify --test",
        "*/5 * * * * ldmrelease -C /srv/rubin notify   # in a crontab, beside `resume --all`",
    )
)
def notify(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="List who would be told of what, and tell nobody.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test to every receiver, to see whether it arrives.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Tell the receivers of `notify:` in ldmrelease.yaml what they have not been told.

    `promote`, `resume` and their like tell by themselves; a receiver that was dead then is told here.
    Exit 3 where a receiver did not take it.
    """
    context = open_context_here(ctx)
    if context.workspace.notify is None:
        raise UsageError("ldmrelease.yaml has no `notify:`", "name a command or receivers there")
    if test and dry_run:
        raise UsageError("--test sends something, and --dry-run does not", "say one of them")
    answer = _tested(context) if test else _told(context, dry_run=dry_run)
    emit(answer, output, lambda: notify_text(answer))
    raise typer.Exit(answer.exit_code)


def _tested(context: Context) -> NotifyAnswer:
    found = try_receivers(context, TEST)
    return NotifyAnswer((), tuple(ReceiverAnswer(name, problem) for name, problem in found))


def _told(context: Context, *, dry_run: bool) -> NotifyAnswer:
    problems = () if dry_run else tell(context, (), due_words, left_by_others=True)
    rows = (
        notification_answer(each.due, due_words(each.due), each.told, each.untold)
        for each in pending(context)
    )
    return NotifyAnswer(tuple(rows), tuple(ReceiverAnswer(each.receiver, each.problem) for each in problems))
