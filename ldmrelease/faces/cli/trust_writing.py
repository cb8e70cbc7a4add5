"""How commands change the trust document: the difference is shown, asked about, written, and signed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import counted
from ldmrelease.answers.trust_signatures import TrustChangeAnswer, signatures_answer
from ldmrelease.answers.workspace import TrustAnswer
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import TrustChange, trust_file
from ldmrelease.config.workspace.load import named_places
from ldmrelease.domain.events.kinds import ME
from ldmrelease.faces.cli.options import NoAnswer, UsageError, confirmed, on_terminal
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.trust_documents import signatures_text
from ldmrelease.services.operations.trust_document import (
    Proposal,
    SignedDocument,
    adopt,
    propose,
    standing,
    write,
)
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.yamledit.entries import spell_keys
from ldmrelease.trust.signer import KeyPlace

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Show what would change, and write nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Write it without asking.")]


def own_keys(workspace: Path) -> list[KeyPlace]:
    """The key `me` of a workspace's file, if it names one."""
    found = named_places(workspace).get(ME)
    return [] if found is None else [found]


def change_answers(changes: Sequence[TrustChange]) -> tuple[TrustChangeAnswer, ...]:
    """Changes of the document, by their fields."""
    return tuple(
        TrustChangeAnswer(field=spell_keys(each.path), before=each.before, after=each.after)
        for each in changes
    )


def carry_out(
    ctx: typer.Context,
    changes: Sequence[TrustChange],
    output: Output,
    *,
    dry_run: bool,
    yes: bool,
    keys: Sequence[KeyPlace] = (),
    first: bool = False,
) -> None:
    """Show what would change, ask, write and sign it, and print what was done.

    It is signed by the workspace's key `me`, and by further `keys`. `first`: nobody has signed the document before.
    """
    workspace = workspace_file(ctx)
    proposal = propose(trust_file(workspace), changes)
    if isinstance(proposal, Refusal):
        raise UsageError(refusal_words(proposal), "change it by hand")
    shown, signed = False, None
    if changes and not dry_run:
        shown = not yes
        _confirm(proposal, yes)
        signed = adopt(proposal, [*own_keys(workspace), *keys], at=time_here(ctx), first=first)
    answer = _answer(proposal, signed)
    emit(answer, output, lambda: _text(answer, shown=shown))


def confirm_and_write(proposal: Proposal, output: Output, *, yes: bool) -> None:
    """Show a changed document, ask, write it unsigned, and print what was done."""
    written = bool(proposal.changes)
    if written:
        _confirm(proposal, yes)
        write(proposal)
    answer = _answer(proposal, standing(load_trust(proposal.file)) if written else None)
    emit(answer, output, lambda: _text(answer, shown=not yes))


def _confirm(proposal: Proposal, yes: bool) -> None:
    if yes:
        return
    say("\n".join(map(printable, proposal.difference.splitlines())), err=True)
    ask(f"write {proposal.file.name}?", "written")


def ask(question: str, done: str) -> None:
    if not on_terminal():
        raise UsageError("nobody can be asked", "say --yes")
    if not confirmed(question):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", f"not confirmed: nothing was {done}")


def _answer(proposal: Proposal, signed: SignedDocument | None) -> TrustAnswer:
    return TrustAnswer(
        file=str(proposal.file),
        version=proposal.version,
        written=signed is not None,
        signatures=None if signed is None else signatures_answer(signed),
        changes=change_answers(proposal.changes),
        difference=proposal.difference,
    )


def _text(answer: TrustAnswer, *, shown: bool) -> str:
    name = Path(answer.file).name
    if not answer.changes:
        return f"nothing to do: {name} (version {answer.version}) says so already"
    lines = [] if shown else [printable(each) for each in answer.difference.splitlines()]
    told = f"{counted(len(answer.changes), 'change')}: {name} "
    end = f"has version {answer.version} now" if answer.written else f"would have version {answer.version}"
    signatures = [signatures_text(answer.signatures)] if answer.signatures is not None else []
    return "\n".join([*lines, told + end, *signatures])
