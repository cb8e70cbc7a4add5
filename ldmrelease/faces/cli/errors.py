"""What an exception means to whoever called: its message and the exit code (design section 7)."""

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.canonical import NotCanonical
from ldmrelease.faces.cli.options import ExitCode, UsageError
from ldmrelease.ledger import LedgerBusy, LedgerError, LedgerExists, NoLedger, NotImportable
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.context import NoKey, Untrusted
from ldmrelease.services.decisions.decide import Hypothetical, UnknownLevel
from ldmrelease.services.deployments.order import CircularOrder
from ldmrelease.services.promotions.load import NoSuchPromotion
from ldmrelease.sources.eups import BadList
from ldmrelease.sources.git_tags import GitUnreachable
from ldmrelease.targets.git.program import GitError
from ldmrelease.trust.signer import KeyProblem

_ASKED_WRONGLY = (
    UsageError,
    BadInput,
    KeyProblem,
    NoKey,
    UnknownLevel,
    Hypothetical,
    CircularOrder,
    BadAccess,
    LedgerExists,
    NotImportable,
)
_NOT_FINISHED = (
    RegistryError,
    ClusterError,
    LedgerError,
    GitUnreachable,
    GitError,
    Untrusted,
    BadList,
    NotCanonical,
)
_WRONG_PATH = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


def error_line(error: Exception) -> tuple[str, ExitCode]:
    """The lines for stderr, and the exit code."""
    return "\n".join(f"error: {line}" for line in _message(error).splitlines()), _code(error)


def _code(error: Exception) -> ExitCode:
    if isinstance(error, (*_ASKED_WRONGLY, *_WRONG_PATH, NoSuchPromotion)):
        return ExitCode.BAD_INPUT
    return ExitCode.WAITING if isinstance(error, LedgerBusy) else ExitCode.UNDECIDED


def _message(error: Exception) -> str:
    if isinstance(error, NoSuchPromotion):
        return f"there is no promotion {error}; `ldmrelease promotions list` shows all"
    if isinstance(error, NoLedger):
        return f"{error}; `ldmrelease ledger import` restores a backup"
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    if isinstance(error, (*_ASKED_WRONGLY, *_NOT_FINISHED)):
        return str(error) or type(error).__name__
    advice = "this was not foreseen: please report it, with what LDMRELEASE_TRACEBACK=1 shows"
    return f"{type(error).__name__}: {error}\n{advice}"
