"""`ldmrelease freeze`: let nothing in somewhere."""

from typing import Annotated

import typer

from ldmrelease.answers.holds import hold_set_answer
from ldmrelease.answers.sentences.text import listed
from ldmrelease.domain.events.acts import Hold, HoldKind
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.hold_options import (
    LookOption,
    ScopesArgument,
    SureOption,
    WhyOption,
    draft_hold,
    require_reason,
    require_yes,
    scopes_of,
    time_option,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.render.holds import hold_set_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.governance.affected import DRAFT, effects_of
from ldmrelease.services.governance.holding import set_hold

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease freeze summit --reason 'the mirror is out'",
        "ldmrelease freeze base/ocps summit/ocps --reason 'on-sky until sunrise' --until 2023-04-21T12:00:00Z",
        "ldmrelease freeze level:production --from 2h --until 8h --reason 'data release in progress'",
        "ldmrelease freeze --everywhere --reason 'the ledger is being moved' --dry-run",
    )
)
def freeze(  # noqa: PLR0913, PLR0917 - an option each
    ctx: typer.Context,
    reason: WhyOption,
    targets: ScopesArgument = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="All environments.")] = False,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="It holds from then; else from now.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="It holds until then; else until it is lifted."),
    ] = None,
    let_rollbacks: Annotated[
        bool, typer.Option("--let-rollbacks", help="What ran before may be rolled back to all the same.")
    ] = False,
    dry_run: LookOption = False,
    key: KeyOption = None,
    yes: SureOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Stop promotions to the targets, and names of their menus from moving, until the freeze is lifted or ends.

    A rollback is stopped, too, unless the freeze lets it pass. What is to be taken out of a menu goes all the same.
    A promotion that is under way stops before it enters a frozen place. TIME is 2023-04-21T18:00:00Z, or `2h` from now.
    """
    context = open_acting_context(ctx, key, "hold")
    if bool(targets) == everywhere:
        raise UsageError("say where: name targets, or say --everywhere, and not both")
    now = context.now()
    start, end = time_option("--from", begin, now), time_option("--until", until, now)
    if end is not None and end <= max(now, start or now):
        raise UsageError("--until is before it begins", "name a time to come, later than --from")
    scopes = scopes_of(context.topology, targets or [])
    body = Hold(
        DRAFT, HoldKind.FREEZE, scopes, now, require_reason(reason), start, end, lets_back=let_rollbacks
    )
    draft = draft_hold(context, body)
    if dry_run:
        answer = hold_set_answer(draft, effects_of(context, draft, None), now, recorded=False)
    else:
        require_yes(f"freeze {listed(scopes) if scopes else 'all environments'}?", yes=yes)
        hold = set_hold(context, body)
        answer = hold_set_answer(hold, effects_of(context, hold, None), context.now(), recorded=True)
    emit(answer, output, lambda: hold_set_text(answer))
    raise typer.Exit(answer.exit_code)
