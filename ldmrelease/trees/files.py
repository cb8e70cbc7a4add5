"""The files of a tree: a folder as it is, or a revision of a repository."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from ldmrelease.trees.values import LARGEST_FILE, UnreadableFile


class Tree(Protocol):
    """Files by their path from the top, with `/` between folders."""

    def files(self) -> frozenset[str]:
        """All files."""

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""


class Folder:
    """A folder on this machine. What is hidden is left out, and links are not followed."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._files: frozenset[str] | None = None

    def files(self) -> frozenset[str]:
        """All files."""
        if self._files is None:
            self._files = frozenset(self._walk())
        return self._files

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""
        if path not in self.files():
            raise UnreadableFile(path, "no such file")
        file = self._top / path
        try:
            if file.stat().st_size > LARGEST_FILE:
                raise UnreadableFile(path, f"more than {LARGEST_FILE:,} bytes")
            return file.read_bytes()
        except OSError as error:
            raise UnreadableFile(path, error.strerror or "cannot be read") from None

    def _walk(self) -> list[str]:
        found: list[str] = []
        for folder, folders, files in os.walk(self._top):
            folders[:] = [each for each in folders if not each.startswith(".")]
            start = PurePosixPath(Path(folder).relative_to(self._top))
            own = "" if start == PurePosixPath() else f"{start}/"
            found += [f"{own}{each}" for each in files if _is_regular(f"{folder}/{each}")]
        return found


def _is_regular(file: str) -> bool:
    """Whether it is a file, and no link or pipe."""
    try:
        return stat.S_ISREG(os.lstat(file).st_mode)
    except OSError:
        return False


class MemoryTree:
    """Files given as a mapping: for tests, and for what is about to be written."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def files(self) -> frozenset[str]:
        """All files."""
        return frozenset(self._files)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""
        try:
            return self._files[path]
        except KeyError:
            raise UnreadableFile(path, "no such file") from None


class ChangedTree:
    """A tree with some files written anew: what it would be after an edit."""

    def __init__(self, before: Tree, changed: Mapping[str, bytes]) -> None:
        self._before, self._changed = before, changed

    def files(self) -> frozenset[str]:
        """All files."""
        return self._before.files() | self._changed.keys()

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises `UnreadableFile`."""
        return self._changed[path] if path in self._changed else self._before.read(path)
