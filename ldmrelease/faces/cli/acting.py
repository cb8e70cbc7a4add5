"""Whose key signs what a person does: the option that says so, and the workspace opened with it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.faces.cli.session import KEY_VARIABLE, open_context_here
from ldmrelease.trust.signer import KeyPlace, key_place

if TYPE_CHECKING:
    from ldmrelease.services.context import Context

KEY_METAVAR = "FILE|ssh-agent:KEY"

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar=KEY_METAVAR,
        help=f"Whose act it is: the key that signs.  [default: {KEY_VARIABLE}, else the workspace's `keys.me`]",
    ),
]


def named_key(text: str) -> KeyPlace:
    """The key that an argument names: a file from here, or one that the ssh-agent holds."""
    return key_place(text, Path())


def open_acting_context(ctx: typer.Context, key: str | None, *types: str) -> "Context":
    """The workspace for whoever acts, with `types` of records to sign.

    A key that was named for this, and that may sign none of them anywhere, is refused at once; that of the workspace is
    when something is to be signed. Raises `KeyProblem`, and as `open_context_here`.
    """
    context = open_context_here(ctx, key=key)
    if key or os.environ.get(KEY_VARIABLE):
        from ldmrelease.services.signing import require_may_act  # noqa: PLC0415 - where a key is named

        require_may_act(context, types)
    return context
