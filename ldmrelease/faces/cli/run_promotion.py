"""Carry out a request from the command line: confirm, promote, wait, tell."""

from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.text import listed
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Ask
from ldmrelease.domain.topology import Place
from ldmrelease.faces.cli.arguments import usual_product
from ldmrelease.faces.cli.options import NoAnswer, UsageError, confirmed, on_terminal
from ldmrelease.faces.cli.promotion_answers import (
    RenderedAnswer,
    narrator,
    rendered,
    rendered_outcome,
    send_notification,
)
from ldmrelease.render.changes import planned_lines, planned_text
from ldmrelease.render.decisions import overlay_lines
from ldmrelease.render.output import Output, say, visible
from ldmrelease.render.promotions import look_text
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.promotions.changes import planned_changes
from ldmrelease.services.promotions.commands import promote
from ldmrelease.services.promotions.previews import preview_answered_spec, preview_spec
from ldmrelease.services.promotions.submit import Preview
from ldmrelease.services.signing import require_keys

if TYPE_CHECKING:
    from ldmrelease.services.promotions.earliest import EarliestTimes

_GOES_ON = (Verdict.ALLOWED, Verdict.WAITING)

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Decide and plan, and write nothing anywhere.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Confirm what the policies want to be confirmed (`ask`).")
]


def run_promotion(
    context: Context,
    spec: PromotionSpec,
    output: Output,
    *,
    dry_run: bool,
    yes: bool,
    wait: bool = False,
    before: "EarliestTimes | None" = None,
) -> RenderedAnswer:
    """Do what is asked for, or say what would be done, after plans that come to other places `before`. Raises
    `UsageError`, `Hypothetical`.
    """
    if wait:
        require_running_clock(context)
    if dry_run:
        considered = preview_answered_spec(context, spec, tuple(before or ()))
        if isinstance(considered, Preview) and considered.first.decision.verdict in _GOES_ON:
            require_keys(context, considered.plan, spec.pinned.release)
        return rendered(context, spec, considered, before)
    if output.is_text:
        for line in overlay_lines(spec.overlay):
            say(line, err=True)
    _confirm(context, spec, yes)
    progress = narrator(context, output)
    head = context.ledger.head()
    answer = rendered(context, spec, promote(context, spec, progress))
    if context.ledger.head() != head:
        send_notification(context, answer.outcome)
    if not wait or answer.outcome is None or answer.code is not ExitCode.WAITING:
        return answer
    if output.is_text:
        say(answer.text(), err=True)
    from ldmrelease.services.promotions.wait import wait_for  # noqa: PLC0415 - --wait alone

    outcome = wait_for(context, answer.outcome, progress)
    send_notification(context, outcome)
    return rendered_outcome(context, outcome, getattr(answer.plain, "decision", None))


def require_running_clock(context: Context) -> None:
    """Raise `UsageError` where the workspace's clock stands still: nothing would ever come true."""
    if context.workspace.clock is not None:
        raise UsageError(
            "--wait cannot wait: the workspace carries a fixed clock, which never moves",
            "take `clock:` out of ldmrelease.yaml, or move it and use `ldmrelease resume`",
        )


def _confirm(context: Context, spec: PromotionSpec, yes: bool) -> None:
    """Ask where the policy of a place that is touched wants it; whoever cannot be reached has to have said --yes."""
    wanted = (Ask.ALWAYS, Ask.TERMINAL) if on_terminal() else (Ask.ALWAYS,)
    meant = () if yes else places_for(context, spec)
    # Whoever asks for less than everybody is asked, and is there, confirms it.
    less = spec.overlay is not None and on_terminal()
    if isinstance(meant, UnknownTarget) or not any(
        less or _asks(context, each.place) in wanted for each in meant
    ):
        return
    considered = preview_spec(context, spec)
    if not isinstance(considered, Preview) or considered.first.decision.verdict not in _GOES_ON:
        return
    touched = [each.place for each in considered.plan.places]
    asking = [each for each in touched if less or _asks(context, each) in wanted]
    if not asking:
        return
    changes = planned_changes(context, spec, considered.plan)
    if not on_terminal():
        levels = dict.fromkeys(level_at(context, each).name for each in asking)
        raise UsageError(
            f"{listed(asking)}: the policy of {listed(levels)} wants a change to be confirmed (`ask: always`), and "
            f"nobody can be asked about {'; '.join(planned_lines(changes))}",
            "say --yes, or ask on a terminal",
        )
    say(f"{look_text(considered.decided, usual_product(context))}\n\n{planned_text(changes)}", err=True)
    if not confirmed(visible(f"{_act(spec)} at {listed(touched)}?")):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", "not confirmed: nothing was written")


def _asks(context: Context, place: Place) -> Ask:
    return level_at(context, place).ask


def _act(spec: PromotionSpec) -> str:
    """What is agreed to, in plain words."""
    name = spec.pinned.release.name
    if spec.overlay is not None:
        return f"{spec.overlay.kind}: promote {name}"
    match spec.intent:
        case Intent.ROLLBACK:
            return f"roll back to {name}"
        case Intent.ALIAS:
            return f"let {spec.alias} mean {name}"
        case _:
            return f"{spec.intent} {name}"
