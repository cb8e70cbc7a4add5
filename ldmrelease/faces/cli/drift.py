"""`ldmrelease drift`: where what is wanted, what was decided and what runs differ."""

import os

import typer

from ldmrelease.answers.drift import drift_answer
from ldmrelease.faces.cli.arguments import OptionalTargetOption, TargetArgument, applications_of, one_target
from ldmrelease.faces.cli.options import OutputOption, TimeoutOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.drift import drift_text, held_now_lines, missed_lines, unknown_lines, unrendered_lines
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.places import NO_PLACES
from ldmrelease.services.audit.unknown_states import unknown_states
from ldmrelease.services.governance.held_now import held_now
from ldmrelease.services.inventory.drift_report import report
from ldmrelease.services.inventory.live import live
from ldmrelease.services.inventory.settlers import settlers_of

app = new_app()


@app.command(
    epilog=examples("ldmrelease drift", "ldmrelease drift summit --timeout 30", "ldmrelease drift -o json")
)
def drift(
    ctx: typer.Context,
    place: TargetArgument = None,
    target: OptionalTargetOption = None,
    timeout: TimeoutOption = 10.0,
    output: OutputOption = Output.text,
) -> None:
    """Ask everywhere at once, and show where the tree, the decisions and what runs differ, by image digest, who made
    the difference, the next command, and who could settle it. Writes nothing.

    Every command that is advised was planned first; where all would be refused, the answer says what stands in the way.

    Where helm or kustomize are installed, trees that they render are compared with what their settings say; charts that
    they do not render, or not within the time limit, are named, and known by their settings alone. An application that
    is switched off in its tree is named with who can resolve that.

    Of a place that does not answer, what is known otherwise is told apart, and never counts as in order: what an
    imported history says that its tree asked for, what others saw, when somebody of ours looked last. Images that no
    place manages are told by `where --desired`.

    What is recalled and is committed or runs all the same is named with who recalled it, and why.

    Exit 0: no drift; 1: drift was found, or what is recalled; 3: none was found, and some system could not be reached,
    or not all was rendered in time.
    """
    context = open_context_here(ctx)
    wanted = applications_of(context, one_target(place, target))
    heard = live(context, wanted, timeout, os.environ)
    found = report(context, context.levels, heard, len(wanted))
    if any(each.options for each in found.drift):
        from ldmrelease.services.promotions.advice import Planner  # noqa: PLC0415 - knows all that a promotion does

        found = Planner(context, timeout).of_drift(found)
    found = settlers_of(context, found, context.now())
    unknown = unknown_states(context, heard.rows, context.now())
    answer = drift_answer(found, unknown, held_now(context, heard.rows))
    emit(answer, output, lambda: drift_text(found) + held_now_lines(answer.held) if wanted else NO_PLACES)
    for line in (
        *missed_lines(found.unreachable),
        *unknown_lines(unknown),
        *unrendered_lines(found.unrendered),
    ):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)
