"""`ldmrelease ledger`: look at the ledger, check it, take it out and bring it back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated

import typer

from ldmrelease.answers.ledger import (
    BegunAnewAnswer,
    UnaskedAnswer,
    VerifiedLedgerAnswer,
    event_answers,
    head_answer,
    verified_answer,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import counted, listed, same_told
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Checkpoint, Event
from ldmrelease.faces.cli.arguments import ReasonOption
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here, open_workspace, time_here
from ldmrelease.ledger import LedgerProblem, create_ledger, discard_ledger, import_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.render.output import Output, emit
from ldmrelease.render.tables import table
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.checkpoints import (
    contradictions,
    describe,
    kept_checkpoints,
    publish_checkpoint,
)
from ldmrelease.services.operations.begin_anew import record_beginning
from ldmrelease.services.record_check import verify_ledger
from ldmrelease.targets.results import Refusal
from ldmrelease.trust.checkpoints import sign_checkpoint, verify_checkpoint
from ldmrelease.trust.records import Records, VerifiedRecord
from ldmrelease.trust.trusted_index import TrustedIndex
from ldmrelease.trust.verify import Rejected

app = new_app(
    "Verify, export and import the ledger.",
    examples=examples("ldmrelease ledger verify", "ldmrelease ledger export backup.jsonl"),
)

STANDARD = Path("-")

_INDEXED_AT_HAND = 256
"""So many events may stand behind the signed index when somebody asks for a checkpoint: to walk them costs nothing."""


@app.command(
    "verify",
    epilog=examples(
        "ldmrelease ledger verify", "ldmrelease ledger verify --checkpoint /elsewhere/checkpoint.json"
    ),
)
def verify(
    ctx: typer.Context,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="A signed checkpoint, kept elsewhere: shows a cut tail."
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Check every event and its signature, every blob and projection, and that nothing was cut since a checkpoint.

    Every place and the release repository are asked what they have seen of this ledger; who does not answer is said.
    Exit 1 where something is wrong.
    """
    context = open_context_here(ctx, damaged=True)
    earlier = None if checkpoint is None else _opened(context, checkpoint)
    problems = list(
        verify_ledger(
            context.ledger, context.keyring, earlier, _why, clock=context.workspace.clock is not None
        )
    )
    head, kept = context.ledger.head(), kept_checkpoints(context)
    if not any(each.code == "unreadable" for each in problems):
        problems += [
            LedgerProblem(each.problem.code, each.where, found=describe(each, head.size))
            for each in contradictions(context.ledger, kept)
        ]
    unasked = tuple(
        UnaskedAnswer(where=each.where, sentence=_unknown(each.unknown)) for each in kept if each.unknown
    )
    found = verified_answer(head, earlier, problems, unasked)
    emit(found, output, lambda: _verified(found))
    raise typer.Exit(found.exit_code)


def _unknown(why: str | Refusal) -> str:
    return refusal_words(why) if isinstance(why, Refusal) else f"could not be reached: {why}"


def _why(found: Rejected) -> str:
    return why_not(found.code, found.values)


@app.command(
    "checkpoint",
    epilog=examples(
        "ldmrelease ledger checkpoint --out /elsewhere/checkpoint-$(date +%F).json",
        "ldmrelease ledger checkpoint --publish",
    ),
)
def checkpoint(
    ctx: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="A new file; `-` is standard output.")
    ] = STANDARD,
    publish: Annotated[
        bool, typer.Option("--publish", help="Put it into the release repository, where promotions look.")
    ] = False,
    output: OutputOption = Output.json,
) -> None:
    """Sign the head of the ledger with the key `ledger`, to be kept elsewhere.

    Where many events came since the ledger's index was signed, it is brought up to now and signed first: that is an
    event of the ledger, and nothing else is appended. With --out the file holds the signed envelope, whatever --output
    says.
    """
    context = open_context_here(ctx)
    context.require_trusted()
    context.sign_index(_INDEXED_AT_HAND)
    if publish:
        digest, where = publish_checkpoint(context), context.workspace.releases
        plain = {"repository": where, "digest": digest, **canonical.to_plain(context.ledger.head())}
        emit(plain, output, lambda: f"event {plain['size']} published to {where} as {digest}")
        return
    envelope = sign_checkpoint(context.ledger.checkpoint(context.now()), context.signers.ledger)
    if out == STANDARD:
        emit(envelope.to_dict(), output, lambda: envelope.to_bytes().decode())
    else:
        _write_new(out, lambda file: file.write(envelope.to_bytes() + b"\n"))


@app.command(
    "export",
    epilog=examples("ldmrelease ledger export backup.jsonl", "ldmrelease ledger export - | zstd > b.zst"),
)
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FILE | -", help="A new file; `-` is standard output.")],
    output: OutputOption = Output.text,
) -> None:
    """Write all events and blobs as text, a line each: the backup that `import` restores."""
    ledger = open_context_here(ctx).ledger
    if out == STANDARD:
        ledger.export(sys.stdout.buffer)
    else:
        _write_new(out, ledger.export)
        head = ledger.head()
        emit(
            head_answer(head),
            output,
            lambda: f"exported {counted(head.size, 'event')} of ledger {head.ledger} to {out}",
        )


@app.command(
    "import",
    epilog=examples("ldmrelease ledger import backup.jsonl", "zstd -dc b.zst | ldmrelease ledger import -"),
)
def import_(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE | -", help="An export; `-` is standard input.")],
    output: OutputOption = Output.text,
) -> None:
    """Make the workspace's ledger again from an export, whole or not at all, where there is none yet."""
    workspace = open_workspace(ctx)
    address = workspace.ledger
    if source == STANDARD:
        ledger = import_ledger(address, sys.stdin.buffer, projectors=PROJECTORS)
    else:
        with source.open("rb") as lines:
            ledger = import_ledger(address, lines, projectors=PROJECTORS)
    with ledger:
        records = Records(ledger.genesis, workspace.keyring, clock=workspace.clock is not None)
        # The text has events alone: the pages of their index are made of them now.
        ledger.require_whole(TrustedIndex(records, workspace.keyring))
        head = ledger.head()
    emit(head_answer(head), output, lambda: f"imported {counted(head.size, 'event')} of ledger {head.ledger}")


@app.command(
    "init", epilog=examples("ldmrelease ledger init --anew --reason 'the disk of the old one is lost'")
)
def init(
    ctx: typer.Context,
    anew: Annotated[
        bool, typer.Option("--anew", help="The old ledger is lost, and no backup of it is left.")
    ] = False,
    reason: ReasonOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Begin the workspace's ledger anew, where the old one is lost.

    What was decided, observed and received before is not in it. Places still hold the fence of the old ledger: each
    that can be asked is named and recorded, signed with the reason, and only that very fence is superseded later. Where
    the old ledger is found and writes again, or a place could not be asked, its fence goes on to refuse.
    """
    workspace = open_workspace(ctx)
    if not anew or not (reason or "").strip():
        raise UsageError(
            "a ledger is begun anew only where the old one and its backups are lost",
            "`ldmrelease ledger import` restores one; else say --anew and --reason",
        )
    create_ledger(workspace.ledger, at=time_here(ctx), actor="ldmrelease", projectors=PROJECTORS).close()
    try:
        context = open_context_here(ctx)
        begun, unasked = record_beginning(context, str(reason))
    except BaseException:
        # It says nothing yet: a ledger without its reason is none.
        discard_ledger(workspace.ledger)
        raise
    answer = BegunAnewAnswer(
        ledger=context.ledger.uuid,
        reason=begun.reason,
        places=tuple(str(each.place) for each in begun.fences),
        unasked=tuple(each.where for each in unasked),
    )
    emit(answer, output, lambda: _begun(answer))


def _begun(answer: BegunAnewAnswer) -> str:
    lines = [f"began ledger {answer.ledger}: {printable(answer.reason)}"]
    if answer.places:
        lines.append(f"it supersedes the fences that a lost ledger left at {listed(answer.places)}")
    if answer.unasked:
        lines.append(f"not asked, and refused as before: {listed(answer.unasked)}")
    return "\n".join([*lines, "next: ldmrelease observe"])


@app.command(
    "show",
    epilog=examples(
        "ldmrelease ledger show --last 20", "ldmrelease ledger show --stream release/stack/w.2023.16"
    ),
)
def show(
    ctx: typer.Context,
    stream: Annotated[
        str | None, typer.Option("--stream", help="Only this stream, or those below it, such as promotion.")
    ] = None,
    last: Annotated[int | None, typer.Option("--last", min=1, metavar="N", help="Only the last N.")] = None,
    output: OutputOption = Output.text,
) -> None:
    """List the events; with `--output json` whole, bodies and hashes included."""
    ledger = open_context_here(ctx).ledger
    events = list(ledger.events(stream=stream))
    if stream is not None:
        events += ledger.events(stream_prefix=f"{stream.rstrip('/')}/")
        if not events:
            streams = {each.stream for each in ledger.events()}
            known = streams | {each.partition("/")[0] for each in streams}
            raise UsageError(f"nothing is in a stream {stream!r}", did_you_mean(stream, known))
    chosen = events[-last:] if last else events
    emit(event_answers(chosen), output, lambda: _listed(chosen))


def _opened(context: Context, file: Path) -> Checkpoint:
    opened = verify_checkpoint(file.read_bytes(), context.keyring, at=context.now())
    if not isinstance(opened, VerifiedRecord):
        raise UsageError(f"{file} is not a checkpoint that counts: {why_not(opened.code, opened.values)}")
    return opened.body


def _verified(found: VerifiedLedgerAnswer) -> str:
    size = counted(found.head.size, "event")
    if found.problems:
        lines = [printable(each.sentence) for each in found.problems]
        return "\n".join([*lines, f"{counted(len(lines), 'problem')} in {size}"])
    since = f", and nothing was cut since event {found.checkpoint.size}" if found.checkpoint else ""
    told = f"{size}, {found.head.hash}: the chain holds, every blob is there{since}"
    return "\n".join(
        [
            told,
            *map(printable, same_told((each.where, f"not asked: {each.sentence}") for each in found.unasked)),
        ]
    )


def _listed(events: list[Event]) -> str:
    rows = [(str(e.sequence), times.spell(e.time), e.actor, e.kind, e.stream) for e in events]
    return table(("event", "time", "actor", "kind", "stream"), rows, spare=("time",))


def _write_new(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that is not there yet, whole or not at all."""
    try:
        with path.open("xb") as file:
            try:
                write(file)
            except BaseException:
                path.unlink()
                raise
    except FileExistsError:
        raise UsageError(f"{path} exists already, and nothing is overwritten", "name another file") from None
