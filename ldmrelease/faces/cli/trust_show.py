"""`ldmrelease trust show`: what the trust document says, and who has signed it."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.trust_documents import shown_trust_answer
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import trust_file
from ldmrelease.faces.cli.options import OutputOption, examples
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.faces.cli.trust_writing import change_answers
from ldmrelease.render.output import Output, emit
from ldmrelease.render.trust_documents import trust_text
from ldmrelease.services.operations.trust_document import standing, unsigned_changes


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "show",
        epilog=examples("ldmrelease trust show", "ldmrelease trust show audit/trust.yaml --output json"),
    )(show)


def show(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A trust document.  [default: the workspace's]")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what the trust document says: people, keys, roles, environments, policies, and who has signed it."""
    trust = load_trust(trust_file(workspace_file(ctx)) if file is None else file)
    changes = unsigned_changes(trust) if trust.unsigned is not None else ()
    answer = shown_trust_answer(standing(trust), change_answers(changes))
    emit(answer, output, lambda: trust_text(answer))
