"""The git executable, called so that no hook, user setting or terminal changes what happens.

No command line, message or log of it holds a password: an address with one is refused before, and what git says is
cleaned of any that the user's own settings bring in.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

from ldmrelease import logs
from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.git_errors import telling_line
from ldmrelease.targets.git.guardian import ending_with_us
from ldmrelease.targets.results import RefusedError

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsync=committed",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=",
    "log.showSignature=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "protocol.ext.allow=never",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=false",
)
# Where git keeps credentials is the user's own affair; everything else of GIT_* could redirect us.
_KEPT = {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_EXEC_PATH"}
PATIENCE = 300
"""Seconds that git may take over one command or one answer."""
SILENCE = 60
"""Seconds for which a server may say nothing at all while something is fetched."""
_PROGRAM = ["git", "--no-optional-locks", *(part for each in _SETTINGS for part in ("-c", each))]
NO_GIT, NO_ANSWER = 127, 124
"""Statuses of a `GitError` that say nothing about the repository."""
DAMAGED = 128
"""The status of git where a repository is not as it should be."""


class GitError(UnavailableError):
    """git said no, for a reason that is not one of ours; `message` is all that it said."""

    where = "git"

    def __init__(self, command: str, status: int, message: str) -> None:
        self.status = status
        self.message = public(message)
        super().__init__(f"git {command}: {telling_line(self.message) or f'exit status {status}'}")


def call(
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Run git; what it prints.

    Raises `GitError`, and `Refused` (`locked`) for a lock that is held or was left behind.
    """
    command = _command(arguments)
    try:
        with logs.asked("git", f"git {' '.join(arguments)}"):
            done = subprocess.run(
                [*_PROGRAM, *arguments],
                input=stdin,
                capture_output=True,
                env=_environment() | dict(env or {}),
                timeout=PATIENCE,
                check=False,
                # Without a terminal nothing can ask for a password, and Ctrl-C does not cut a transaction.
                start_new_session=True,
            )
    except FileNotFoundError:
        raise GitError(command, NO_GIT, "git is not installed; install it") from None
    except subprocess.TimeoutExpired:
        raise GitError(command, NO_ANSWER, f"no answer within {PATIENCE} s") from None
    if done.returncode:
        _raise_failed(command, done.returncode, done.stderr, done.stdout)
    return done.stdout


def call_server(
    arguments: Sequence[str], *, env: Mapping[str, str] | None = None, silence: float | None = None
) -> bytes:
    """Run a git that talks to a server; what it prints. It ends when we do.

    silence: for how many seconds it may say nothing, where it tells of its progress; else it has `PATIENCE` in all.
    Raises as `call` does.
    """
    command = _command(arguments)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            with logs.asked("git", f"git {' '.join(arguments)}"):
                process = subprocess.Popen(
                    [*_PROGRAM, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    env=_environment() | dict(env or {}),
                    start_new_session=True,
                )
                with ending_with_us(process.pid):
                    limit = _waited_for(process, errors, silence)
        except FileNotFoundError:
            raise GitError(command, NO_GIT, "git is not installed; install it") from None
        told, said = _content(errors), _content(output)
    if limit is not None:
        raise GitError(command, NO_ANSWER, f"no answer within {limit:g} s")
    if process.returncode:
        _raise_failed(command, process.returncode, told, said)
    return said


def _waited_for(process: subprocess.Popen[bytes], errors: IO[bytes], silence: float | None) -> float | None:
    """None once the process has ended by itself; else the limit in seconds for which it was ended."""
    limit = PATIENCE if silence is None else silence
    last, size = time.monotonic(), 0
    try:
        while True:
            try:
                process.wait(min(1.0, limit))
                return None
            except subprocess.TimeoutExpired:
                now = os.fstat(errors.fileno()).st_size
                if silence is not None and now != size:
                    last, size = time.monotonic(), now
                if time.monotonic() - last >= limit:
                    return limit
    finally:
        # Whatever happens to us: its helpers, such as ssh, are of its group.
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _raise_failed(command: str, status: int, errors: bytes, output: bytes) -> None:
    # A push tells on its standard output what became of each ref. Other output is content, with its secrets.
    told = errors + (output if command == "push" else b"")
    # ssh ends its lines as terminals do. What ends with a carriage return alone is progress, which was overwritten.
    text = told.decode(errors="replace").replace("\r\n", "\n")
    lines = (each.rpartition("\r")[2] for each in text.split("\n"))
    message = "\n".join(each for each in lines if each.strip()).strip()
    _raise_locked(message)
    raise GitError(command, status, message)


def _command(arguments: Sequence[str]) -> str:
    """The first word that is neither an option nor the directory of `-C`."""
    words = list(arguments)
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] == "-C" else words[1:]
    return words[0] if words else ""


def start(arguments: Sequence[str], env: Mapping[str, str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """A git that goes on answering on its standard output; what it complains of goes to `errors`.

    Raises `GitError`.
    """
    try:
        return subprocess.Popen(
            [*_PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment() | dict(env),
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitError(arguments[-1], NO_GIT, "git is not installed; install it") from None


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    # The user's own ssh: without a terminal it asks for no password and takes no host key that it does not know.
    return kept | {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        # A missing object must not be fetched from wherever the configuration of a repository says, and how.
        "GIT_NO_LAZY_FETCH": "1",
    }


def _raise_locked(message: str) -> None:
    # git's own words in the C locale: "Unable to create '/…/main.lock': File exists."
    _, _, rest = message.partition("Unable to create '")
    lock, quote, reason = rest.partition("'")
    if quote and lock.endswith(".lock") and reason.startswith(": File exists"):
        # By the name that the user knows it by; refs are reached through a link.
        raise RefusedError("locked", file=os.path.realpath(lock))
