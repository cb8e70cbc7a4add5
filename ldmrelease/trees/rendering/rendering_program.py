"""A program that renders, run on a copy of what it needs: offline, without the user's own settings, for a while."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ldmrelease.trees.values import YamlValue, read_documents

SECONDS = 60
"""How long one rendering may take."""
_LONGEST = 2000
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
    """A folder of the tree that is not rendered; `reason` is what the program says, or why it was not asked."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason


class Program:
    """One that is installed: `path` is where; `work` is where it gets a folder of its own, which nobody else writes;
    `environ` are the variables of this process."""

    def __init__(self, path: str, work: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._stat = _identity(path)
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
        try:
            done = subprocess.run(
                [self._path, *words],
                input=stdin.encode(),
                capture_output=True,
                check=False,
                timeout=SECONDS,
                env=self._environ,
            )
        except subprocess.TimeoutExpired:
            raise NotRendered(folder, f"no answer within {SECONDS} s") from None
        except (OSError, ValueError) as error:
            name = Path(self._path).name
            raise NotRendered(folder, f"{name} cannot be asked: {type(error).__name__}") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().replace(f"{self.work}/", "")
            raise NotRendered(folder, said[-_LONGEST:])
        return done.stdout


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
