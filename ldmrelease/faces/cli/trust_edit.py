"""`ldmrelease trust edit`: the trust document in an editor."""

import os
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from ldmrelease.config.workspace.agreement import trust_file
from ldmrelease.domain.errors import reason_of
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.faces.cli.trust_writing import YesOption, confirm_and_write
from ldmrelease.render.output import Output
from ldmrelease.services.operations.trust_document import edited


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "edit", epilog=examples("ldmrelease trust edit", "EDITOR='code --wait' ldmrelease trust edit")
    )(edit)


def edit(ctx: typer.Context, yes: YesOption = False, output: OutputOption = Output.text) -> None:
    """Change the trust document in an editor ($VISUAL, $EDITOR, else vi).

    A copy is edited; it has to be a trust document, its version is raised, and the difference is shown and asked about.
    Nobody has signed it then: `ldmrelease trust sign`.
    """
    file = trust_file(workspace_file(ctx))
    data = file.read_bytes()
    proposal = edited(file, data, _in_editor(file, data))
    confirm_and_write(proposal, output, yes=yes)


def _in_editor(file: Path, data: bytes) -> bytes:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(data)
        try:
            code = subprocess.run([*shlex.split(editor), str(copy)], check=False).returncode
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{editor} cannot be run: {reason_of(error)}", "name an editor with EDITOR"
            ) from error
        if code:
            raise UsageError(f"{editor} ended with {code}: nothing was changed")
        return copy.read_bytes()
