"""What an exception means to whoever called: its message and exit code, and the same for programs."""

import re

import typer

from ldmrelease.answers.errors import ErrorAnswer, error_answer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.errors import BusyError, InputError, LdmreleaseError
from ldmrelease.faces.cli.options import NoAnswer
from ldmrelease.ledger import NoLedger

_WRONG_PATH = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def error_line(error: Exception) -> tuple[str, ExitCode]:
    """The lines for stderr, and the exit code."""
    if isinstance(error, NoAnswer):
        return str(error), error.exit_code
    return "\n".join(f"error: {line}" for line in _message(error).splitlines()), _exit_code(error)


def told_error(error: Exception) -> ErrorAnswer:
    """The same for programs, with the problems of files one by one."""
    problems = error.problems if isinstance(error, BadInput) else ()
    return error_answer(_code(error), _message(error), _exit_code(error), problems)


def _code(error: Exception) -> str:
    """The kind of error, such as `bad-input`: its class, spelled as a code."""
    if isinstance(error, NoAnswer):
        return error.code
    if isinstance(error, typer.TyperException):
        return "usage"
    return _WORD.sub("-", type(error).__name__.removesuffix("Error")).lower()


def _exit_code(error: Exception) -> ExitCode:
    if isinstance(error, NoAnswer):
        return error.exit_code
    if isinstance(error, (InputError, typer.TyperException, *_WRONG_PATH)):
        return ExitCode.BAD_INPUT
    return ExitCode.WAITING if isinstance(error, BusyError) else ExitCode.UNDECIDED


def _message(error: Exception) -> str:
    if isinstance(error, typer.TyperException):
        return error.format_message()
    if isinstance(error, NoLedger):
        return f"{error}; `ldmrelease ledger import` restores a backup"
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    if isinstance(error, LdmreleaseError):
        return str(error) or type(error).__name__
    advice = "this was not foreseen: please report it, with what LDMRELEASE_TRACEBACK=1 shows"
    return f"{type(error).__name__}: {error}\n{advice}"
