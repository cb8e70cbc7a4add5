"""What an exception means to whoever called: its message and the exit code (design section 7)."""

from ldmrelease.domain.errors import BusyError, InputError, LdmreleaseError
from ldmrelease.faces.cli.options import ExitCode
from ldmrelease.ledger import NoLedger

_WRONG_PATH = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


def error_line(error: Exception) -> tuple[str, ExitCode]:
    """The lines for stderr, and the exit code."""
    return "\n".join(f"error: {line}" for line in _message(error).splitlines()), _code(error)


def _code(error: Exception) -> ExitCode:
    if isinstance(error, (InputError, *_WRONG_PATH)):
        return ExitCode.BAD_INPUT
    return ExitCode.WAITING if isinstance(error, BusyError) else ExitCode.UNDECIDED


def _message(error: Exception) -> str:
    if isinstance(error, NoLedger):
        return f"{error}; `ldmrelease ledger import` restores a backup"
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    if isinstance(error, LdmreleaseError):
        return str(error) or type(error).__name__
    advice = "this was not foreseen: please report it, with what LDMRELEASE_TRACEBACK=1 shows"
    return f"{type(error).__name__}: {error}\n{advice}"
