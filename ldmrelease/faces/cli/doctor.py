"""`ldmrelease doctor`: whether everything that a promotion needs is there."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from ldmrelease.answers.doctor import DiagnosisAnswer, diagnoses_code, diagnosis_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.faces.cli.options import OutputOption, UsageError, confirmed, examples, new_app, on_terminal
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.status_line import status_line
from ldmrelease.render.tables import Cell, Colour, table
from ldmrelease.services.operations.diagnosis import Diagnosis, Health
from ldmrelease.services.operations.doctor import look_at_machine, look_at_workspace

app = new_app()

_COLOURS = {Health.OK: Colour.green, Health.WARN: Colour.yellow, Health.BAD: Colour.red}


@app.command(
    epilog=examples(
        "ldmrelease doctor",
        "ldmrelease doctor --fix",
        "ldmrelease doctor --fix --dry-run",
        "ldmrelease -C demo doctor --output json",
    )
)
def doctor(
    ctx: typer.Context,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="First offer the repairs that are safe: modes of key files, missing folders, keys and records, "
            ".gitignore, stale locks of git, unused caches.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="With --fix: say what would be done, and do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --fix: do not ask.")] = False,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            min=0.1,
            metavar="SECONDS",
            help="How many seconds all registries may take to answer.",
        ),
    ] = 10.0,
    output: OutputOption = Output.text,
) -> None:
    """Look at git, the workspace, its keys and ledger, its repositories and every place; change nothing.

    Registries are asked all at once. One line for each, with what to do about it. Exit 1 if something is bad. With
    --fix each thing that can be put right is offered first, one by one, and said when it is done; what somebody has
    agreed to is never changed, nor what the ledger holds.
    """
    if (dry_run or yes) and not fix:
        raise UsageError(f"{'--dry-run' if dry_run else '--yes'} goes with --fix", "say --fix")
    if fix:
        _fix(ctx, yes, dry_run)
    found = [diagnosis_answer(each) for each in _diagnoses(ctx, timeout)]
    emit(found, output, lambda: _text(found))
    raise typer.Exit(diagnoses_code(found))


def _fix(ctx: typer.Context, yes: bool, dry_run: bool) -> None:
    from ldmrelease.services.operations.fixes import fixes  # noqa: PLC0415 - where something is changed

    for each in fixes(workspace_file(ctx), time_here(ctx)):
        what = printable(each.what)
        if dry_run:
            say(f"would: {what}", err=True)
            continue
        if not yes and not on_terminal():
            raise UsageError(f"nobody can be asked whether to {what}", "say --yes")
        if yes or confirmed(f"{what}?"):
            each.apply()
            say(f"done: {what}", err=True)


def _diagnoses(ctx: typer.Context, timeout: float) -> Iterator[Diagnosis]:
    try:
        workspace = load_workspace(workspace_file(ctx))
    except BadInput as error:
        yield from look_at_machine()
        for each in error.problems:
            yield Diagnosis("workspace", Health.BAD, str(each))
        return
    yield from look_at_machine(workspace)
    yield Diagnosis("workspace", Health.OK, str(workspace.file))
    with status_line(sys.stderr) as tell:
        yield from look_at_workspace(workspace, timeout, tell)


def _text(found: list[DiagnosisAnswer]) -> str:
    """One line for everything with the same trouble, such as the places of one repository."""
    alike: dict[tuple[Health, str], list[DiagnosisAnswer]] = {}
    for each in found:
        alike.setdefault((each.health, _told(each)), []).append(each)
    return table(("", "what", "found"), [_row(each) for each in alike.values()])


def _row(alike: list[DiagnosisAnswer]) -> tuple[Cell, str, str]:
    first, *others = alike
    what = f"{first.what} (and {len(others)} more)" if others else first.what
    # Whoever has to mend something wants to know all of it.
    also = f" (also {listed(each.what for each in others)})" if others and first.health is Health.BAD else ""
    return Cell(first.health.value, _COLOURS[first.health]), what, f"{_told(first)}{also}"


def _told(found: DiagnosisAnswer) -> str:
    told = "; ".join(part for part in (found.message, found.remedy) if part)
    return "; ".join(line for line in told.splitlines() if line)
