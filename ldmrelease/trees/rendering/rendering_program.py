"""A program that renders, run on a copy of what it needs: offline, without the user's own settings, within limits."""

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ldmrelease.trees.interface import RenderLimits
from ldmrelease.trees.values import YamlValue, read_documents

_LONGEST = 2000
_RESERVED = 1 << 30
"""Bytes of addresses that a Go program takes for itself, whatever memory it uses."""
_OUT_OF_MEMORY = (
    b"failed to reserve",
    b"out of memory",
    b"cannot allocate memory",
    b"cannot map pages",
    b"failed to create new OS thread",
)
# Nobody answers there. It is a second lock: what is fetched is refused before the program is asked.
_NOBODY = "http://127.0.0.1:9"
_OFFLINE = {
    "HTTP_PROXY": _NOBODY,
    "HTTPS_PROXY": _NOBODY,
    "NO_PROXY": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
_FETCHERS = ("git", "ssh", "hg", "curl", "wget", "docker", "helm", "kustomize")
"""Programs that a program which renders might run; the one that is asked is named by its whole path."""


class NotRendered(Exception):
    """A folder of the tree that is not rendered; `reason` is what the program says, or why it was not asked.

    late: it might be, with more time than the command has for all of its renderings.
    """

    def __init__(self, folder: str, reason: str, *, late: bool = False) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason, self.late = folder, reason, late


class Program:
    """One that is installed: `path` is where; `work` is where it gets a folder of its own, which nobody else writes;
    `environ` are the variables of this process."""

    def __init__(
        self, path: str, work: Path, environ: Mapping[str, str], limits: RenderLimits | None = None
    ) -> None:
        self._path = path
        self._stat = _identity(path)
        self._limits = limits or RenderLimits()
        work.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(dir=work))
        # What the tree says is under `work` alone: no file of it is taken for the user's own.
        self.work, home, programs = own / "tree", own / "home", own / "programs"
        for each in (self.work, home, programs):
            each.mkdir()
        # What would fetch is not to be found, and does nothing where it is.
        for name in _FETCHERS:
            (programs / name).symlink_to("/bin/false")
        path = os.pathsep.join(filter(None, (str(programs), environ.get("PATH", ""))))
        self._environ = {"PATH": path, "HOME": str(home), "XDG_CONFIG_HOME": str(home)} | _OFFLINE

    @property
    def identity(self) -> bytes:
        """Which program it is: its path, size and time of change."""
        return self._stat

    def objects(self, folder: str, words: Sequence[str], stdin: str = "") -> list[YamlValue]:
        """The objects that it prints for a folder of the tree. Raises `NotRendered` and `UnreadableFile`."""
        return read_documents(self.output(folder, words, stdin), folder)

    def output(self, folder: str, words: Sequence[str], stdin: str = "") -> bytes:
        """What it prints for a folder of the tree. Raises `NotRendered`."""
        limits, seconds = self._limits, self._limits.seconds_left
        if seconds <= 0:
            raise NotRendered(folder, "not rendered in the time that there was for all", late=True)
        try:
            code, printed, wrong = self._run(words, stdin, seconds)
        except subprocess.TimeoutExpired:
            raise NotRendered(
                folder, f"no answer within {seconds:.3g} s", late=seconds < limits.seconds
            ) from None
        except (OSError, ValueError) as error:
            name = Path(self._path).name
            raise NotRendered(folder, f"{name} cannot be asked: {type(error).__name__}") from None
        if max(len(printed), len(wrong)) >= limits.output:
            raise NotRendered(folder, f"prints more than {limits.output >> 20} MiB")
        if code == -signal.SIGKILL or (code and any(each in wrong for each in _OUT_OF_MEMORY)):
            raise NotRendered(folder, f"takes more than {limits.memory >> 20} MiB of memory")
        if code:
            said = wrong.decode(errors="replace").strip().replace(f"{self.work}/", "")
            raise NotRendered(folder, said[-_LONGEST:])
        return printed

    def _run(self, words: Sequence[str], stdin: str, seconds: float) -> tuple[int, bytes, bytes]:
        """Its exit code, what it prints, and its errors. Files take what it prints: these can be limited, too."""
        with tempfile.TemporaryFile(dir=self.work.parent) as out, tempfile.TemporaryFile() as err:
            with subprocess.Popen(
                [self._path, *words], stdin=subprocess.PIPE, stdout=out, stderr=err, env=self._environ
            ) as process:
                self._limit(process.pid)
                try:
                    process.communicate(stdin.encode(), timeout=seconds)
                except BaseException:
                    process.kill()
                    raise
            out.seek(0)
            err.seek(0)
            return process.returncode, out.read(), err.read()

    def _limit(self, process: int) -> None:
        memory = self._limits.memory + _RESERVED
        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, self._limits.output)):
            with suppress(OSError):  # it has ended already
                resource.prlimit(process, kind, (most, most))


def copied_to(work: Path, path: str, folder: str) -> Path:
    """Where a file of the tree is copied to. Raises `NotRendered` for a path that leads out of the copy."""
    if {"", ".", "..", ".git"} & set(path.split("/")) or "\0" in path:
        raise NotRendered(folder, f"{path[:100]!r} is no path of a file")
    return work / path


def _identity(path: str) -> bytes:
    try:
        found = Path(path).stat()
    except OSError:
        return path.encode()
    return f"{path} {found.st_size} {found.st_mtime_ns}".encode()
