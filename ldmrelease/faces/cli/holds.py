"""`ldmrelease holds`: which freezes and recalls there are."""

from typing import Annotated

import typer

from ldmrelease.answers.holds import holds_answer
from ldmrelease.faces.cli.arguments import OptionalTargetOption, TargetArgument, applications_of, one_target
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.past_options import KnownAtOption, as_of
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.holds import holds_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.acts.holds import known_holds, uncounted_holds

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease holds",
        "ldmrelease holds --target summit",
        "ldmrelease holds --all",
        "ldmrelease holds --at 2023-04-21T22:00:00Z --known-at 2023-04-21T23:00:00Z",
    )
)
def holds(
    ctx: typer.Context,
    place: TargetArgument = None,
    target: OptionalTargetOption = None,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Those that were lifted, ended, or are to come, too.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="What stood then: 2023-04-21T18:00:00Z, or `2h ago`; else now."
        ),
    ] = None,
    known_at: KnownAtOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List the freezes and recalls that stand: who set each, why, where, and until when.

    Rows that somebody put among them without a key that counts are named, too: they have no effect.
    """
    context = open_context_here(ctx)
    asked = as_of(at, known_at, context.now())
    meant = applications_of(context, one_target(place, target))
    moment, named = asked.moment or context.now(), one_target(place, target) is not None
    limited = asked.limited(context)
    found = [
        each
        for each in known_holds(limited)
        if (each.since <= moment if every else each.stands(moment))
        and (not named or any(each.covers(here.place, here.level) for here in meant))
    ]
    answer = holds_answer(found, uncounted_holds(limited), moment)
    emit(answer, output, lambda: holds_text(answer, "nothing is held" if not every else "there are no holds"))
