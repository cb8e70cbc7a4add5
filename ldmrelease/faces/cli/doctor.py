"""`ldmrelease doctor`: whether everything that a promotion needs is there."""

from collections.abc import Iterator
from itertools import groupby

import typer

from ldmrelease.answers.sentences.refusals import refusal_words
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.faces.cli.options import ExitCode, OutputOption, examples, new_app
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.render.output import Cell, Colour, Output, emit, table
from ldmrelease.services.operations.doctor import Diagnosis, Health, look_at_machine, look_at_workspace

app = new_app()

_COLOURS = {Health.OK: Colour.green, Health.WARN: Colour.yellow, Health.BAD: Colour.red}


@app.command(epilog=examples("ldmrelease doctor", "ldmrelease -C demo doctor --output json"))
def doctor(ctx: typer.Context, output: OutputOption = Output.text) -> None:
    """Look at git, the workspace, its keys and ledger, its repositories and every place; change nothing.

    A line for each, with what to do about it. Exit 1 if something is bad.
    """
    found = list(_diagnoses(ctx))
    emit([_spelled(each) for each in found], output, lambda: _text(found))
    raise typer.Exit(ExitCode.REFUSED if any(each.health is Health.BAD for each in found) else ExitCode.OK)


def _diagnoses(ctx: typer.Context) -> Iterator[Diagnosis]:
    try:
        workspace = load_workspace(workspace_file(ctx))
    except BadInput as error:
        yield from look_at_machine()
        for each in error.problems:
            yield Diagnosis("workspace", Health.BAD, str(each))
        return
    yield from look_at_machine(workspace)
    yield Diagnosis("workspace", Health.OK, str(workspace.file))
    yield from look_at_workspace(workspace)


def _spelled(found: Diagnosis) -> dict[str, str]:
    message = found.message if found.trouble is None else refusal_words(found.trouble)
    return {"what": found.what, "health": found.health.value, "message": message, "remedy": found.remedy}


def _text(found: list[Diagnosis]) -> str:
    return table(("", "WHAT", "FOUND"), [_row(list(group)) for _, group in groupby(found, _told)])


def _row(alike: list[Diagnosis]) -> tuple[Cell, str, str]:
    """One line for a row of things with the same trouble, such as the places of one repository."""
    first, *others = alike
    what = f"{first.what} (and {len(others)} more)" if others else first.what
    return Cell(first.health.value, _COLOURS[first.health]), what, _told(first)


def _told(found: Diagnosis) -> str:
    spelled = _spelled(found)
    told = "; ".join(part for part in (spelled["message"], spelled["remedy"]) if part)
    return "; ".join(line for line in told.splitlines() if line)
