"""The reference of the commands in Markdown, written from the commands themselves.

`python -m ldmrelease.faces.cli.reference > docs/command-reference.md`
"""

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.main import app, load

_HEAD = """\
# Commands

This page is written from the commands (`python -m ldmrelease.faces.cli.reference`); do not edit it.

Every command has `--help`. Answers go to standard output as `--output text`, `json` or `yaml`; what is said
beside them goes to standard error. Exit codes: 0 allowed or done; 1 refused, or a look found something bad;
2 bad input or usage; 3 could not decide or finish; 4 waiting, or somebody else is at work there; 130
interrupted. `ldmrelease schema` has the JSON Schema of every answer; where there is none to give, the `error`
is printed in its place, as JSON or YAML if that was asked for. `LDMRELEASE_TRACEBACK=1` shows where an
unforeseen error came from.

A workspace that has not changed since it was last found valid is not validated again (`workspace lint` and `doctor`
always do); `LDMRELEASE_NO_CACHE=1` reads it anew, and neither reads nor writes the user's cache.
"""


def command_reference() -> str:
    """The whole page."""
    program = typer.main.get_command(app)
    context = typer.Context(program, info_name="ldmrelease", **program.context_settings)
    parts = [_HEAD, *_section(program, context)]
    for name in COMMANDS:
        parts += _tree(load(name), context, name)
    return "\n".join(parts)


def _tree(command: Any, parent: Any, name: str) -> Iterator[str]:
    context = typer.Context(command, info_name=name, parent=parent, **command.context_settings)
    yield from _section(command, context)
    if isinstance(command, TyperGroup):
        for inner, each in command.commands.items():
            yield from _tree(each, context, inner)


def _section(command: Any, context: Any) -> Iterator[str]:
    """A heading, the usage, what it does, its options and its examples."""
    yield f"{'##' if context.parent is None or context.parent.parent is None else '###'} {context.command_path}\n"
    yield f"    {' '.join(command.get_usage(context).removeprefix('Usage: ').split())}\n"
    yield inspect.cleandoc(command.help or "").strip() + "\n"
    rows = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    yield "| | Meaning |\n|---|---|"
    yield from (f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in rows)
    lines = inspect.cleandoc(command.epilog or "").splitlines()[2:]
    yield "\n" + "\n".join(f"    {line.strip()}" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(command_reference())
