"""`ldmrelease trust impact`: what rests on what a key has signed."""

from datetime import datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from ldmrelease.answers.key_impacts import key_impact_answer
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.session import open_workspace
from ldmrelease.render.key_impacts import key_impact_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import open_context
from ldmrelease.services.governance.impact import key_impact
from ldmrelease.trust.keyring import Key


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "impact",
        epilog=examples(
            "ldmrelease trust impact ci",
            "ldmrelease trust impact ci --since 2026-11-20T08:00:00Z --output json",
        ),
    )(impact)


def impact(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="A key, by its name in the trust document.")],
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="What the ledger has taken in since.  [default: since the key was compromised, else ever]",
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """List what a key has signed (receipts, checks, approvals, pins, observations and all else) and what runs by it.

    By place and release, with the times at which the ledger took it in: that is what would stop counting, or has
    stopped, if the key was compromised since then. Writes nothing.
    """
    workspace = open_workspace(ctx)
    found = workspace.keyring.named(key)
    if found is None:
        raise UsageError(
            f"there is no key {key!r}", did_you_mean(key, [each.id for each in workspace.keyring.keys])
        )
    context = open_context(_counting(workspace, found))
    ctx.call_on_close(context.ledger.close)
    begin = found.compromised_since if since is None else _time(since)
    answer = key_impact_answer(key_impact(context, found, begin, context.now()))
    emit(answer, output, lambda: key_impact_text(answer))


def _counting(workspace: Workspace, key: Key) -> Workspace:
    """The workspace as if the key counted to this day: what it has signed is to be seen, whether it counts or not."""
    always = replace(key, not_after=None, compromised_since=None)
    keys = tuple(always if each.id == key.id else each for each in workspace.keyring.keys)
    return replace(workspace, keyring=replace(workspace.keyring, keys=keys))


def _time(text: str) -> datetime:
    try:
        return times.instant(text)
    except ValueError as error:
        raise UsageError(f"{text} is not a time", "write it like 2026-11-20T08:00:00Z") from error
