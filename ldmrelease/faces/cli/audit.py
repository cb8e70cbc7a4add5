"""`ldmrelease audit`: what an auditor asks: decisions made again, copies of ledgers verified."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from ldmrelease.answers.audit_replays import audit_replay_answer
from ldmrelease.domain.events import EventKind
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.audit_replays import audit_replay_text
from ldmrelease.render.output import Output, emit
from ldmrelease.render.status_line import status_line
from ldmrelease.services.audit.replay_decision import ReplayedDecision

app = new_app(
    "Make decisions again, for auditors.",
    examples=examples("ldmrelease audit replay --all", "ldmrelease audit replay 3f9a1c27d04b"),
)


@app.command(
    "replay",
    epilog=examples(
        "ldmrelease audit replay --all",
        "ldmrelease audit replay 3f9a1c27d04b",
        "ldmrelease audit replay --all -o json",
    ),
)
def replay(
    ctx: typer.Context,
    decision: Annotated[
        str | None,
        typer.Argument(metavar="DECISION", help="A decision's digest, or the first 7 digits of it or more."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every decision of the ledger.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, metavar="N", help="How many processes at once.")
    ] = 1,
    output: OutputOption = Output.text,
) -> None:
    """Make decisions again from the ledger's blobs, in another process with another time zone, locale and hash seed.

    What is kept (statements, pins, runs, observations) is read and verified again by the keyring of then, and has to
    give the facts with the same digest; the facts have to give the decision with the same bytes. Exit 1 where other
    bytes came out, with the first difference; exit 3 where something is missing.
    """
    if (decision is None) != all_:
        raise UsageError("name one decision, or all", "give its digest, or say --all")
    from ldmrelease.services.audit.replay_all import (  # noqa: PLC0415 - knows every rule
        decisions_named,
        other_surroundings,
        recorded_decisions,
        replayed_elsewhere,
    )

    context = open_context_here(ctx)
    chosen = recorded_decisions(context) if decision is None else decisions_named(context, decision)
    uncounted = 0
    if decision is None:
        uncounted = sum(1 for _ in context.ledger.rows([EventKind.DECIDED])) - len(chosen)
    elsewhere = other_surroundings(os.environ)
    made = replayed_elsewhere(context.workspace.ledger, chosen, jobs, elsewhere) if chosen else ()
    answer = audit_replay_answer(_shown(made, len(chosen)), elsewhere, uncounted)
    emit(answer, output, lambda: audit_replay_text(answer))
    raise typer.Exit(answer.exit_code)


def _shown(made: Iterable[ReplayedDecision], of: int) -> Iterator[ReplayedDecision]:
    """The same, with how far it is on a terminal."""
    with status_line(sys.stderr) as tell:
        for number, each in enumerate(made, 1):
            tell("replayed", {"replayed": number, "of": of})
            yield each
