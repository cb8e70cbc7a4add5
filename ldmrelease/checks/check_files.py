"""The files that a check of kind `command` runs: whoever changes one of them makes another check."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ldmrelease.domain import canonical
from ldmrelease.domain.topology import Check

MOST = 1000
"""So many files may belong to a check."""

_WITHIN = re.compile(r"""[\s;&|()<>"'=]+""")
_CACHES = {"__pycache__", ".git"}


class TooManyFiles(ValueError):
    """A check names a folder with more files than are read."""


class LinkedFolder(ValueError):
    """In a folder that a check names is a link to a folder, so that not all it may run would be read.

    name: the folder, as a path from the workspace's; link: that of the link.
    """

    def __init__(self, name: str, link: str) -> None:
        self.name = name
        self.link = link
        super().__init__(f"{link} is a link to a folder")


class LinkedOut(ValueError):
    """A file that is named is a link out of the workspace, or is reached by one. name: as it is named."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} leads out of the workspace")


def check_files(check: Check, folder: Path) -> dict[str, str]:
    """The digest of each file that the check names, by its path from the workspace's `folder`.

    These are the files and folders among the words of its command, and those under `files`. What is not a file of the
    workspace (a program of the machine, an option) is left out. Raises as `command_files`.
    """
    return command_files(check.command if check.kind == "command" else (), check.files, folder)


def command_files(command: Sequence[str], files: Sequence[str], folder: Path) -> dict[str, str]:
    """The digest of each file of the workspace that a command names, and of `files`.

    Raises `TooManyFiles`, `LinkedFolder`, `LinkedOut`, `OSError` for a file that cannot be read.
    """
    found: dict[str, str] = {}
    for name in dict.fromkeys(_names(command, files, folder)):
        for path in _within(folder, name):
            found[path] = canonical.digest((folder / path).read_bytes())
            if len(found) > MOST:
                raise TooManyFiles(f"{name!r} has more than {MOST} files")
    return dict(sorted(found.items()))


def _names(command: Sequence[str], files: Sequence[str], folder: Path) -> Iterator[str]:
    for word in command:
        # A word may be a line for a shell, or an option with its value.
        for each in dict.fromkeys((word, *_WITHIN.split(word))):
            name = _own(each, folder)
            if name is not None:
                yield name
    for each in files:
        name = _own(each, folder)
        if name is not None:
            # A word may name a program of the machine by a link, as in a virtual environment: it is read through.
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise LinkedOut(each)
            yield name


def _own(text: str, folder: Path) -> str | None:
    """The path from the workspace's folder to what is inside it; None for the folder itself, and for anything else."""
    if not text or "\0" in text or len(text) > os.pathconf(folder, "PC_PATH_MAX"):
        return None
    name = os.path.relpath(os.path.join(folder, text), folder)  # noqa: PTH118 - pure text, links are not followed
    return None if name in (".", "..") or name.startswith("../") else name


def _within(folder: Path, name: str) -> Iterator[str]:
    """The files at a path: itself, or all that are in it. Pipes and devices are none."""
    try:
        mode = (folder / name).stat().st_mode
    except OSError:
        return
    if stat.S_ISREG(mode):
        yield name
    elif stat.S_ISDIR(mode):
        with os.scandir(folder / name) as entries:
            names = sorted(each.name for each in entries if each.name not in _CACHES)
        for each in names:
            inner = f"{name}/{each}"
            # It may lead in a circle or out of the workspace; to pass it over would let what is there change unseen.
            if (folder / inner).is_symlink() and (folder / inner).is_dir():
                raise LinkedFolder(name, inner)
            yield from _within(folder, inner)
