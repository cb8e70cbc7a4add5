"""The workspace that a command works in."""

import os
from datetime import datetime
from pathlib import Path

import typer

from ldmrelease.config.workspace import cache
from ldmrelease.config.workspace.model import Workspace, find_workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import times
from ldmrelease.render.output import say
from ldmrelease.services.context import Context, open_context, wall_clock


def workspace_file(ctx: typer.Context) -> Path:
    """The workspace's file, which `-C` or the environment names, or which is found upwards from here.

    Raises `BadInput`.
    """
    return find_workspace(Path.cwd(), ctx.find_root().obj, os.environ)


KEY_VARIABLE = "LDMRELEASE_KEY"
"""Names the key that signs what people do, in place of the workspace's own."""


def open_workspace(ctx: typer.Context, *, key: str | None = None) -> Workspace:
    """The workspace as read; says on stderr if it carries a clock of its own. Raises `BadInput`.

    key: the key that signs what people do, in place of the one that the environment or the workspace names.
    """
    workspace = cache.open_workspace(workspace_file(ctx), os.environ)
    named = key or os.environ.get(KEY_VARIABLE)
    if named:
        from ldmrelease.config.workspace.key_faults import signed_by  # noqa: PLC0415 - where a key is named

        workspace = signed_by(workspace, named, Path())
    if workspace.clock is not None:
        say(f"clock: {times.spell(workspace.clock)} (the workspace's own)", err=True)
    return workspace


def open_context_here(ctx: typer.Context, *, damaged: bool = False, key: str | None = None) -> Context:
    """The workspace with its ledger, which is closed as the command ends. Raises `BadInput`, `LedgerError`.

    `damaged` opens a ledger whose end was cut, to look at it; `key` is as for `open_workspace`.
    """
    context = open_context(open_workspace(ctx, key=key), damaged=damaged)
    context.signers.waiting = lambda what: say(f"waiting for {what}", err=True)
    ctx.call_on_close(context.ledger.close)
    return context


def open_context_adopted(ctx: typer.Context) -> Context:
    """The same, for what decides about a change that may have changed the workspace: by the trust document and the kind
    of clock that the ledger is used by. Raises what `Context.require_trusted` does as well.
    """
    from ldmrelease.services.trust_version import NotSigned, UnsignedTrust  # noqa: PLC0415 - few commands ask

    context = open_context_here(ctx)
    try:
        context.require_trusted()
    except UnsignedTrust as error:
        raise NotSigned(str(error)) from error
    return context


def time_here(ctx: typer.Context) -> datetime:
    """The time of the workspace; the wall's where there is none, or none that can be read.

    A fault elsewhere, as a policy that asks for a role which nobody has yet, leaves it its time: a key that is added to
    mend that would else not count before the wall's.
    """
    try:
        file = workspace_file(ctx)
    except BadInput:
        return wall_clock()
    try:
        clock = cache.open_workspace(file, os.environ).clock
    except BadInput:
        clock = _clock_alone(file)
    return clock or wall_clock()


def _clock_alone(file: Path) -> datetime | None:
    from ldmrelease.config.workspace.load import named_clock  # noqa: PLC0415 - where the workspace is faulty

    try:
        return named_clock(file)
    except BadInput:
        return None
