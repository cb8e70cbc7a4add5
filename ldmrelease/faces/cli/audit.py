"""`ldmrelease audit`: what an auditor asks: decisions made again, copies of ledgers verified."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.audit_replays import audit_replay_answer
from ldmrelease.domain.events import EventKind
from ldmrelease.faces.cli.audit_import import app as import_app
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.audit_replays import audit_replay_text
from ldmrelease.render.output import Output, emit
from ldmrelease.render.status_line import status_line
from ldmrelease.services.audit.replay_decision import ReplayedDecision
from ldmrelease.services.context import wall_clock

app = new_app(
    "Import history that others wrote, make decisions again, and verify a copy of a ledger.",
    examples=examples(
        "ldmrelease audit replay --all",
        "ldmrelease audit verify ledger.db --trust trust.yaml",
        "ldmrelease audit import table history.tsv",
    ),
)
app.add_typer(import_app, name="import")


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


@app.command(
    "verify",
    epilog=examples(
        "ldmrelease audit verify copy.db --trust trust.yaml",
        "ldmrelease audit verify backup.jsonl --trust trust.yaml --checkpoint checkpoint.json",
        "ldmrelease audit verify copy.db --trust trust.yaml -o json",
    ),
)
def verify(
    copy: Annotated[
        Path, typer.Argument(metavar="FILE", help="A copy of a ledger's file, or an export of it.")
    ],
    trust: Annotated[
        Path,
        typer.Option(
            "--trust", metavar="FILE", help="The trust document, with the public keys that it names."
        ),
    ],
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="A checkpoint, or a receipt, that was kept elsewhere: shows a cut end. Repeatable.",
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Verify a copy of a ledger by the trust document alone: no workspace, no private key, no network.

    Every event's hash, place in the chain, signature and role; every receipt with its subjects, policy and checkpoint;
    every blob; each checkpoint. What is not covered is said. Nothing is written, and nothing of the file is believed.
    Exit 1 where something is wrong, 3 where the file cannot be read as a ledger.
    """
    from ldmrelease.answers.verified_copies import verified_copy_answer  # noqa: PLC0415 - knows the trust document
    from ldmrelease.config.trust import load_trust  # noqa: PLC0415 - see above
    from ldmrelease.ledger.copies import open_copy  # noqa: PLC0415 - see above
    from ldmrelease.render.verified_copies import verified_copy_text  # noqa: PLC0415 - see above
    from ldmrelease.services.audit.verify_copy import verify_copy  # noqa: PLC0415 - see above

    agreed = load_trust(trust)
    given = {each: _limited(each) for each in checkpoint or ()}
    with open_copy(copy) as read:
        found = verify_copy(read, agreed, given, wall_clock())
    answer = verified_copy_answer(str(copy), found)
    emit(answer, output, lambda: verified_copy_text(answer))
    raise typer.Exit(answer.exit_code)


_LARGEST_ENVELOPE = 4 * 1024 * 1024


def _limited(path: Path) -> bytes:
    """A file that somebody gave, up to what an envelope may have."""
    if not path.is_file():
        raise UsageError(f"{path} is not a file")
    with path.open("rb") as file:
        data = file.read(_LARGEST_ENVELOPE + 1)
    if len(data) > _LARGEST_ENVELOPE:
        raise UsageError(f"{path} has more than {_LARGEST_ENVELOPE} bytes", "a checkpoint has a few hundred")
    return data
