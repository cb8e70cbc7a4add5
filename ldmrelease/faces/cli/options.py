"""What every command has in common: its output option and its examples."""

import sys
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import pairwise
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.errors import InputError, LdmreleaseError
from ldmrelease.render.output import Output, say

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print the answer.")]

TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout", min=0.1, metavar="SECONDS", help="How many seconds each environment may take to answer."
    ),
]

TYPED: ContextVar[tuple[str, ...]] = ContextVar("TYPED", default=())
"""The words of the command line that is being answered, without the program's name."""


class UsageError(InputError):
    """What was asked for cannot be done as it was asked: exit 2. `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)


class NoAnswer(LdmreleaseError):
    """The command ends without an answer, for a reason that its code tells: said as it is, and no error of anybody."""

    def __init__(self, exit_code: ExitCode, code: str, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code


def asked_output(words: Sequence[str]) -> Output:
    """How an answer is wanted, by the words of a command line that may be wrong otherwise."""
    asked = Output.text
    for word, after in pairwise([*words, ""]):
        name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if name in ("--output", "-o") and (value or after) in set(Output):
            asked = Output(value or after)
    return asked


def on_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def confirmed(question: str) -> bool:
    """Whether somebody says yes on the terminal; the end of the input is a no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise
        # The cursor still stands behind the question.
        say("", err=True)
        return False


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
