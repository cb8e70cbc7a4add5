"""`ldmrelease where --desired --at`: what trees asked for in the past, by imported history."""

import typer

from ldmrelease.answers.desired_history import past_answers
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.past_options import AsOf, as_of
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.desired_history import past_table
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.audit.desired_question import UnknownPlace, asked_for, has_imported
from ldmrelease.services.context import Context


def tell_desired_at(
    ctx: typer.Context,
    times: tuple[str | None, str | None],
    asked: tuple[str | None, str | None],
    output: Output,
) -> None:
    """Print what was asked for at a time, as far as was known at another one; `asked` is what was typed, and the
    target. Raises `UsageError`."""
    context = open_context_here(ctx)
    then = as_of(*times, context.now())
    what, target = (None if each is None else as_target(context.topology, each) for each in asked)
    if not has_imported(context, then.known):
        # No history is no answer, and above all not that nothing was asked for.
        emit(past_answers([]), output, lambda: "")
        say(_nothing(context, then), err=True)
        raise typer.Exit(ExitCode.UNDECIDED)
    moment = then.moment or context.now()
    found = asked_for(context, context.topology, moment, then.known, what=what, target=target)
    if isinstance(found, UnknownPlace):
        raise UsageError(
            f"{found.what!r} is no environment, application or image of an imported history",
            did_you_mean(found.what, found.known),
        )
    emit(past_answers(found), output, lambda: past_table(found))


def _nothing(context: Context, then: AsOf) -> str:
    if then.known is not None and has_imported(context):
        return "no history of a tree had been imported then"
    return "no history of a tree is imported: `ldmrelease audit import git REPOSITORY` does that"
