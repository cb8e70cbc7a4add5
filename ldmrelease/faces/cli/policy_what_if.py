"""`ldmrelease policy diff` and `policy simulate`: what other policies, or other facts, would change."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import times
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    ReleaseArgument,
    TargetOption,
    applications_of,
    known_release,
    release_now,
    usual_product,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.policy_backtest import environments_here, history_entries
from ldmrelease.faces.cli.session import open_context_here, workspace_file
from ldmrelease.faces.cli.understood import as_target
from ldmrelease.render.output import Output, emit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ldmrelease.domain.level import Level
    from ldmrelease.services.backtest.backtesting import Backtest
    from ldmrelease.services.context import Context
    from ldmrelease.services.releases.pin import Pinned

app = new_app()


@app.command(
    "diff",
    epilog=examples(
        "ldmrelease policy diff main:policies policies",
        "ldmrelease policy diff policies/production.yaml stricter.yaml --target summit",
    ),
)
def diff(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    before: Annotated[
        str,
        typer.Argument(metavar="BEFORE", help="A policy file, a folder, or REV:PATH of a git repository."),
    ],
    after: Annotated[
        str,
        typer.Argument(metavar="AFTER", help="What to compare it with; a file, a folder, or REV:PATH, too."),
    ],
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release", metavar="RELEASE", help="Only this release; repeatable. Else all that are pinned."
        ),
    ] = None,
    target: OptionalTargetOption = None,
    product: ProductOption = None,
    history: Annotated[
        str | None,
        typer.Option(
            "--history",
            metavar="FILE|REPO",
            help="Compare on a history as `policy backtest` reads it, in place of the ledger's releases.",
        ),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where a decision changes.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Show what differs between policies, and which decisions about the ledger's releases would change.

    Every pinned release is decided by both, for each place whose level is in both, as of now. Without a workspace what
    differs is only described. On a history, the changes are told of which both do not say the same.
    Exit 3 where something could not be decided.
    """
    from ldmrelease.answers.policy_changes import policy_diff_answer  # noqa: PLC0415 - `--help` goes without
    from ldmrelease.policy.comparison import compare_policies  # noqa: PLC0415 - as above
    from ldmrelease.render.policy_changes import policy_diff_text  # noqa: PLC0415 - as above
    from ldmrelease.services.decisions.policy_diff import changed_decisions  # noqa: PLC0415 - as above
    from ldmrelease.services.decisions.policy_sources import read_both  # noqa: PLC0415 - as above

    old, new = read_both(before, after, Path.cwd())
    found = on_history = None
    if history is not None:
        on_history = _on_history(ctx, history, old), _on_history(ctx, history, new)
    elif _has_workspace(ctx):
        context = open_context_here(ctx)
        places = applications_of(context, target)
        found = changed_decisions(context, _releases(context, release, product), places, old, new)
    answer = policy_diff_answer(compare_policies(old, new), found, on_history)
    emit(answer, output, lambda: policy_diff_text(answer))
    raise typer.Exit(answer.exit_code(asked=exit_code))


def _on_history(ctx: typer.Context, history: str, levels: "dict[str, Level]") -> "Backtest":
    from ldmrelease.services.backtest.backtesting import backtest  # noqa: PLC0415 - as above

    return backtest(history_entries(history), levels, environments_here(ctx))


def _has_workspace(ctx: typer.Context) -> bool:
    """Whether there is one; one that was named has to be there."""
    try:
        workspace_file(ctx)
    except BadInput:
        if ctx.find_root().obj is not None:
            raise
        return False
    return True


def _releases(context: "Context", named: list[str] | None, product: str | None) -> "Iterator[Pinned]":
    from ldmrelease.services.releases.pin import stored_pin  # noqa: PLC0415 - as above

    names = [known_release(context, each, product).split("/", 1) for each in named or ()]
    for name, tag in names or context.pins.tags(product):
        own = context.topology.product(name)
        pinned = stored_pin(context, own, tag) if own is not None else None
        if pinned is not None:
            yield pinned


@app.command(
    "simulate",
    epilog=examples(
        "ldmrelease policy simulate w.2023.16 --target summit --at 2023-04-28T18:00:00Z",
        "ldmrelease policy simulate w.2023.16 --target commissioning --at +2h --with smoke-passed.yaml",
    ),
)
def simulate_decision(
    ctx: typer.Context,
    release: ReleaseArgument,
    target: TargetOption,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When, such as 2023-04-28T18:00:00Z, or +7d; else now."),
    ] = None,
    with_: Annotated[
        Path | None, typer.Option("--with", metavar="FILE", help="What to assume beyond the present facts.")
    ] = None,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what would be decided at a later time, or under other assumptions. Writes nothing.

    The file says what is assumed, in the words of policy cases: evidence, residences, holds, images. What runs now is
    assumed to run on till then, and to be seen. The exit code is the worst place's: 0 allowed, 1 refused,
    3 undecided, 4 waiting.
    """
    from ldmrelease.answers.policy_simulations import policy_simulation_answer  # noqa: PLC0415 - as above
    from ldmrelease.answers.sentences.target_refusals import unknown_target_words  # noqa: PLC0415 - as above
    from ldmrelease.config.policies.simulations import read_simulation  # noqa: PLC0415 - as above
    from ldmrelease.render.policy_simulations import policy_simulation_text  # noqa: PLC0415 - as above
    from ldmrelease.services.decisions.simulate import simulate  # noqa: PLC0415 - as above
    from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for  # noqa: PLC0415 - as above

    context = open_context_here(ctx)
    pinned = release_now(context, release, product)
    places = places_for(context, PromotionSpec(pinned, as_target(context.topology, target)))
    if isinstance(places, UnknownTarget):
        raise UsageError(unknown_target_words(places))
    now = context.now()
    moment = None if at is None else _moment(at, now)
    assumed = {}
    if with_ is not None:
        known = [each.place for each in context.topology.applications]
        read = {each.place: read_simulation(with_, now, moment, each.place, known) for each in places}
        moment = _not_past(read[places[0].place].at, now, f"{with_} says")
        assumed = {place: each.assumptions for place, each in read.items()}
    moment = moment or now
    decided = list(simulate(context, pinned, places, context.requester, now, moment, assumed))
    answer = policy_simulation_answer(now, moment, None if with_ is None else str(with_), decided)
    emit(answer, output, lambda: policy_simulation_text(answer, decided, usual_product(context)))
    raise typer.Exit(answer.exit_code)


def _moment(text: str, now: "datetime") -> "datetime":
    """A time that has not been: an instant, or `+7d` from now. Raises `UsageError`."""
    try:
        span = timedelta(seconds=times.seconds(text[1:])) if text.startswith("+") else None
        moment = times.instant(text) if span is None else now + span
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--at: {error}") from None
    return _not_past(moment, now, "--at:")


def _not_past(moment: "datetime", now: "datetime", who: str) -> "datetime":
    if moment < now:
        message = f"{who} {times.spell(moment)}, which is before {times.spell(now)}"
        raise UsageError(message, "a simulation goes forward")
    return moment
