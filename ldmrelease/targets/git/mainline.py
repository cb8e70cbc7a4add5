"""The commits of a branch in the order in which it got them: by first parents, each with the files that it changed.

A merge counts as one commit, with all that it brought, at its own time: what the branch had after it.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from msgspec import Struct

from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.program import DAMAGED, GitError, start

_CHUNK = 1 << 18
_FORMAT = "%x01%H %ct %aN"
_NOTHING, _FILES = "0", frozenset({"100644", "100755"})
_GLOBS = {"GIT_LITERAL_PATHSPECS": "0"}


class ChangedFile(Struct, frozen=True):
    """A file that a commit wrote, as the object `oid`; None where it is no plain file any more."""

    path: str
    oid: str | None


class MainlineCommit(Struct, frozen=True):
    """A commit of the branch. `seconds` since 1970 are what it says itself, as text: nobody checks them."""

    oid: str
    seconds: str
    author: str
    files: tuple[ChangedFile, ...]


def mainline(git: Git, tip: str, globs: Sequence[str]) -> Iterator[MainlineCommit]:
    """The commits up to `tip` that changed files whose paths fit one of the patterns, the oldest first. They are read
    as git tells them. Raises `GitError`."""
    options = ("--reverse", "--first-parent", "--diff-merges=first-parent", "--root", "--no-renames")
    listing = ("--raw", "-z", "--no-abbrev", "--no-textconv", "--no-ext-diff", f"--format={_FORMAT}")
    paths = [f":(glob){each}" for each in globs]
    yield from _commits(_fields(git, ["log", *options, *listing, "--end-of-options", tip, "--", *paths]))


def _fields(git: Git, arguments: Sequence[str]) -> Iterator[str]:
    """What git prints, cut at its zero bytes."""
    with tempfile.TemporaryFile() as errors:
        process = start(
            [f"--git-dir={git.opened.layout.git_directory}", *arguments], git.env | _GLOBS, errors
        )
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None, "made with pipes"
        assert stdout is not None, "made with pipes"
        stdin.close()
        try:
            yield from _cut(stdout)
            if process.wait():
                errors.seek(0)
                raise GitError("log", DAMAGED, errors.read().decode(errors="replace").strip())
        finally:
            process.kill()
            stdout.close()
            process.wait()


def _cut(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while received := os.read(stream.fileno(), _CHUNK):
        *whole, rest = (rest + received).split(b"\0")
        for each in whole:
            yield each.decode(errors="surrogateescape")


def _commits(fields: Iterator[str]) -> Iterator[MainlineCommit]:
    head, files = "", list[ChangedFile]()
    for field in fields:
        if field.startswith("\1"):
            if head:
                yield _commit(head, files)
            head, files = field[1:], []
        elif field.lstrip("\n").startswith(":"):
            modes = field.lstrip("\n:").split(" ")
            oid = modes[3] if modes[1] in _FILES else None
            files.append(ChangedFile(next(fields), oid))
    if head:
        yield _commit(head, files)


def _commit(head: str, files: list[ChangedFile]) -> MainlineCommit:
    oid, seconds, author = head.split(" ", 2)
    return MainlineCommit(oid, seconds, author, tuple(files))
