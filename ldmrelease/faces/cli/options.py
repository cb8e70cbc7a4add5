"""What every command has in common: its output option, its examples, its exit codes."""

import enum
from typing import Annotated

import typer

from ldmrelease.domain.errors import InputError
from ldmrelease.render.output import Output

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print the answer.")]

TimeoutOption = Annotated[
    float,
    typer.Option("--timeout", min=0.1, help="How many seconds each environment may take to answer."),
]


class ExitCode(enum.IntEnum):
    """The exit codes (design section 7)."""

    OK = 0
    REFUSED = 1
    BAD_INPUT = 2
    UNDECIDED = 3
    WAITING = 4
    INTERRUPTED = 130
    NO_READER = 141


class UsageError(InputError):
    """What was asked for cannot be done as it was asked: exit 2. `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)


def new_app(summary: str | None = None, *, examples: str | None = None) -> typer.Typer:
    """The `app` of a command module. With a summary it is a group of commands, with examples of its own."""
    app = typer.Typer(
        help=summary,
        epilog=examples,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=summary is not None,
        context_settings=HELP,
    )
    if summary is not None:
        # Without it, an app of one command would be that command.
        app.callback()(lambda: None)
    return app


HELP = {"help_option_names": ["--help", "-h"]}


def examples(*lines: str) -> str:
    """The end of a command's help: `epilog=examples("ldmrelease tag parse w.2023.16")`."""
    # \b keeps the help formatter from joining the lines.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
