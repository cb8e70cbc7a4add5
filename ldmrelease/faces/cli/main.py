"""The command line's entry: finds the command, loads it, and turns what goes wrong into an exit code."""

import atexit
import gc
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

import ldmrelease
from ldmrelease import logs
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.metavars import spelled
from ldmrelease.faces.cli.once import targets_once
from ldmrelease.faces.cli.options import HELP, TYPED, NoAnswer, asked_output, examples
from ldmrelease.render.output import emit, say, visible

TRACEBACK_VARIABLE = "LDMRELEASE_TRACEBACK"
_OF_A_FOLDER = {"-C", "--directory"}
PROMOTING = {"promote", "rollback", "retire", "alias", "resume"}


class CommandGroup(TyperGroup):
    """The commands of `COMMANDS`: listed and completed without their modules, loaded when called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            # A stand-in is enough to list the commands and to complete or correct a name.
            self.commands[name] = TyperCommand(name, help=entry.help, short_help=entry.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, with its module imported."""
        try:
            name, stand_in, rest = super().resolve_command(ctx, args)
        except typer.TyperException as error:
            from ldmrelease.faces.cli.unknown_command import meant_by  # noqa: PLC0415 - where there is none

            if meant := meant_by(args[0]):
                told = " or ".join(f"`ldmrelease {each}`" for each in meant)
                error.message = f"No such command {args[0]!r}. Did you mean {told}?"
            raise
        return name, stand_in if name is None else load(name), rest

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of a call; keeps how its answer is wanted, for when something goes wrong."""
        self._output = asked_output(args)
        TYPED.set(tuple(args))
        try:
            return super().make_context(info_name, args, parent, **extra)
        except typer.TyperException as error:
            error.message = visible(error.message)
            self._print(error)
            raise
        except KeyboardInterrupt:
            self._interrupted(None)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; whatever it raises becomes a line on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            self._interrupted(ctx.invoked_subcommand)
        except BrokenPipeError:
            _stop_quietly()
        except typer.Exit:
            raise
        except typer.Abort as abort:
            # A prompt ends so by Ctrl-C as by the end of the input, and keeps which of them it was.
            if isinstance(abort.__context__, KeyboardInterrupt):
                self._interrupted(None)
            raise
        except typer.TyperException as error:
            error.message = visible(error.message) + _misplaced(error)
            self._print(error)
            raise
        except Exception as error:
            if os.environ.get(TRACEBACK_VARIABLE):
                raise
            self._end(error)

    def _interrupted(self, command: str | None) -> NoReturn:
        resume = "; `ldmrelease resume --all` goes on with what was under way" if command in PROMOTING else ""
        self._end(NoAnswer(ExitCode.INTERRUPTED, "interrupted", f"interrupted{resume}"))

    def _end(self, error: Exception) -> NoReturn:
        from ldmrelease.faces.cli.errors import error_line  # noqa: PLC0415 - only for an error

        message, code = error_line(error)
        say(message, err=True)
        self._print(error)
        raise typer.Exit(code)

    def _print(self, error: Exception) -> None:
        """For a program that reads the answer: the error in its place."""
        if not self._output.is_text:
            from ldmrelease.faces.cli.errors import told_error  # noqa: PLC0415 - only for an error

            emit(told_error(error), self._output, lambda: "")


app = typer.Typer(
    cls=CommandGroup,
    help="Release management and container promotion, every step bound to image digests (LDM-564).",
    epilog=examples(
        "ldmrelease init --sample rubin my-workspace",
        "ldmrelease check w.2023.16 --target commissioning",
        "ldmrelease promote w.2023.16 --target commissioning",
        "ldmrelease where w.2023.16",
    ),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=HELP,
)


def _misplaced(error: Exception) -> str:
    """What to write where an option of the program stands behind a command, as git has it, too."""
    name = getattr(error, "option_name", None)
    return (
        f". {name} stands before the command: ldmrelease {name} DIR COMMAND" if name in _OF_A_FOLDER else ""
    )


def load(name: str) -> Any:
    """The command or group of that name. Raises `KeyError`."""
    module = import_module(f"ldmrelease.faces.cli.{COMMANDS[name].module}")
    # See `ldmrelease.__main__`.
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    command = typer.main.get_command(module.app)
    command.name = name
    return targets_once(spelled(command))


def _version(wanted: bool) -> None:
    if wanted:
        say(f"ldmrelease {ldmrelease.__version__}")
        raise typer.Exit


@app.callback()
def program(
    ctx: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory",
            "-C",
            metavar="DIR",
            help="The workspace's folder; else LDMRELEASE_WORKSPACE, else the nearest one upwards from here.",
        ),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Log to stderr what was asked of which system, and how long it took; LDMRELEASE_LOG sets the level.",
        ),
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep what every command may ask for."""
    ctx.obj = directory
    _log(verbose)


def _log(verbose: bool) -> None:
    try:
        level = logs.wanted(verbose)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if level is not None:
        logs.enable(level)


def main() -> None:
    """Run the command line."""
    _open_closed_streams()
    # The first process of a container has no default for it, and would be killed without a word in the end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Tags and paths may hold bytes that are not text: they are shown escaped, never a reason to fail.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # Else the end of the process goes once more through everything that was imported: a tenth of a second.
    atexit.register(gc.freeze)
    typer.main.get_command(app)(prog_name="ldmrelease")


def _open_closed_streams() -> None:
    """A standard stream that the caller has closed is nothing to read or write: no file may take its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - to the end


def _stop_quietly() -> NoReturn:
    """Whoever read has seen enough; the flush at the end of the process must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(ExitCode.NO_READER)


if __name__ == "__main__":
    main()
