"""The commits of a branch in the order in which it got them: by first parents, each with the files that it changed.

A merge counts as one commit, with all that it brought, at its own time: what the branch had after it.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from io import BufferedReader, RawIOBase
from typing import NamedTuple, cast

from msgspec import Struct

from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.program import DAMAGED, GitError, start

_CHUNK = 1 << 18
_FORMAT = "%x01%H %ct %aN"
_FILES = frozenset({b"100644", b"100755"})
_TYPE_CHANGED = b"T"
_GLOBS = {"GIT_LITERAL_PATHSPECS": "0"}
_LARGE = "10m"
"""Files of this size and more are not compared line by line."""
_MOST_LINES = 200
"""Changed lines of a file that are told."""
_OPTIONS = (
    "--reverse", "--first-parent", "--diff-merges=first-parent", "--root", "--no-renames", "--raw", "--no-abbrev",
    "--full-index", "--patch", "--unified=0", "--inter-hunk-context=0", "--no-textconv", "--no-ext-diff", "--no-color",
    "--no-relative", f"--format={_FORMAT}",
)  # fmt: skip
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPED = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


class Hunk(NamedTuple):
    """Lines that were replaced: `removed` stood from line `start` on; where there is none, `added` stands behind it."""

    start: int
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]


class ChangedFile(Struct, frozen=True):
    """A file that a commit wrote, as the object `oid`; None where it is no plain file any more.

    before: the object that it was. hunks: its changed lines; None where it was not compared line by line.
    """

    path: str
    oid: str | None
    before: str
    hunks: tuple[Hunk, ...] | None


class MainlineCommit(Struct, frozen=True):
    """A commit of the branch. `seconds` since 1970 are what it says itself, as text: nobody checks them."""

    oid: str
    seconds: str
    author: str
    files: tuple[ChangedFile, ...]


def mainline(git: Git, tip: str, globs: Sequence[str]) -> Iterator[MainlineCommit]:
    """The commits up to `tip` that changed files whose paths fit one of the patterns, the oldest first. They are read
    as git tells them. Raises `GitError`."""
    paths = [f":(glob){each}" for each in globs]
    where = f"--git-dir={git.opened.layout.git_directory}"
    words = ["-c", f"core.bigFileThreshold={_LARGE}", "log", *_OPTIONS, "--end-of-options", tip, "--", *paths]
    with tempfile.TemporaryFile() as errors:
        process = start([where, *words], git.env | _GLOBS, errors)
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None, "made with pipes"
        assert stdout is not None, "made with pipes"
        stdin.close()
        try:
            # A buffer of its own: the pipe has none.
            yield from _commits(BufferedReader(cast("RawIOBase", stdout), _CHUNK))
            if process.wait():
                errors.seek(0)
                raise GitError("log", DAMAGED, errors.read().decode(errors="replace").strip())
        finally:
            process.kill()
            stdout.close()
            process.wait()


class _Entry(NamedTuple):
    """A file that a commit changed, from one object to another; `status` is git's letter."""

    old: bytes
    new: bytes
    path: str
    is_file: bool
    status: bytes


def _commits(lines: BufferedReader) -> Iterator[MainlineCommit]:
    head = b""
    entries: list[_Entry] = []
    patches: list[tuple[bytes, list[Hunk] | None]] = []
    for line in lines:
        first = line[:1]
        if first == b"\1":
            if head:
                yield _commit(head, entries, patches)
            head, entries, patches = line[1:-1], [], []
        elif first == b":":
            entries.append(_entry(line[1:-1]))
        elif line.startswith(b"diff --git "):
            patches.append((b"", []))
        elif line.startswith(b"index ") and patches:
            patches[-1] = (line[6:-1].partition(b" ")[0], patches[-1][1])
        elif first == b"@" and patches:
            hunk = _hunk(line, lines)
            known = patches[-1][1]
            if hunk is None or known is None:
                patches[-1] = (patches[-1][0], None)
            else:
                known.append(hunk)
    if head:
        yield _commit(head, entries, patches)


def _hunk(head: bytes, lines: BufferedReader) -> Hunk | None:
    """The lines that follow, as many as the head says; None where they are too many to be told."""
    match = _HUNK.match(head)
    if match is None:
        raise GitError("log", DAMAGED, f"unreadable lines: {head[:100]!r}")
    begin, removals, _, additions = match.groups()
    counts = int(removals or 1), int(additions or 1)
    told: tuple[list[bytes], list[bytes]] = ([], [])
    is_told = sum(counts) <= _MOST_LINES
    for count, sign, found in zip(counts, (b"-", b"+"), told, strict=True):
        for _ in range(count):
            line = lines.readline()
            if line[:1] == b"\\":
                line = lines.readline()
            if line[:1] != sign:
                raise GitError("log", DAMAGED, f"unreadable lines: {line[:100]!r}")
            if is_told:
                found.append(line[1:-1])
    return Hunk(int(begin), tuple(told[0]), tuple(told[1])) if is_told else None


def _entry(line: bytes) -> _Entry:
    modes, _, path = line.partition(b"\t")
    _, mode, old, new, status = modes.split(b" ")
    if path.startswith(b'"'):
        path = _ESCAPED.sub(_unescaped, path[1:-1])
    return _Entry(old, new, path.decode(errors="surrogateescape"), mode in _FILES, status)


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _ESCAPES.get(code, code)


def _commit(
    head: bytes, entries: list[_Entry], patches: list[tuple[bytes, list[Hunk] | None]]
) -> MainlineCommit:
    oid, seconds, author = head.decode(errors="surrogateescape").split(" ", 2)
    told = {index: hunks for index, hunks in patches if hunks}
    # Where one file came in place of another kind of thing, two patches tell it.
    is_plain = all(each.status != _TYPE_CHANGED for each in entries)
    files = tuple(_changed(each, told if is_plain else {}) for each in entries)
    return MainlineCommit(oid, seconds, author, files)


def _changed(each: _Entry, told: dict[bytes, list[Hunk]]) -> ChangedFile:
    hunks = told.get(each.old + b".." + each.new) if each.status == b"M" else None
    return ChangedFile(
        each.path,
        each.new.decode() if each.is_file else None,
        each.old.decode(),
        tuple(hunks) if hunks is not None else None,
    )
