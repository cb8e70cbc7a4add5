"""The objects of a repository, read through one `git cat-file --batch` that goes on as long as we do.

A process for each object would cost more than all the rest of a promotion. git does not look whether a loose object
is the one that its file is named after, and whoever may write there could put other content into what we commit: so
each is hashed here.
"""

import hashlib
import os
import select
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from msgspec import Struct

from ldmrelease import logs
from ldmrelease.targets.git.program import DAMAGED, NO_ANSWER, PATIENCE, GitError, start

_CHUNK = 1 << 16
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_HASHES = {40: "sha1", 64: "sha256"}
"""The hash of a repository's ids, by the digits of one."""


class Object(Struct, frozen=True):
    """An object of git: its id, its kind (`commit`, `tree`, `blob`, `tag`) and its bytes."""

    oid: str
    kind: str
    content: bytes


class ObjectReader:
    """Reads by id, or by any name that git resolves; for any number of threads, one at a time.

    arguments, env: what names the repository to git. The process starts at the first question, and ends with us or
    with this object, whichever is first.
    """

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._env = env
        self._process: _Process | None = None
        self._one_at_a_time = threading.Lock()

    def read(self, name: str) -> Object | None:
        """The object; None where the name names nothing.

        Raises `GitError` where git ends or does not answer, and where the content is not that of the id.
        """
        return self.read_all([name])[0]

    def read_all(self, names: Sequence[str]) -> list[Object | None]:
        """The object of each name, in their order, asked for together: as `read` does, at the cost of one wait."""
        asked = [each for each in names if each and "\n" not in each]
        found = {each: answer for some in _portions(asked) for each, answer in self._answers(some)}
        for each, answer in found.items():
            if answer is not None and not _is_genuine(answer, each):
                raise GitError("cat-file", DAMAGED, self._told_of(answer))
        return [found.get(each) for each in names]

    def _answers(self, names: Sequence[str]) -> list[tuple[str, Object | None]]:
        with self._one_at_a_time:
            if self._process is None:
                with logs.asked("git", f"git {' '.join(self._arguments)} cat-file --batch"):
                    self._process = _Process([*self._arguments, "cat-file", "--batch"], self._env)
            try:
                return list(zip(names, self._process.ask(names), strict=True))
            except BaseException:
                # Nobody knows which answer would come next.
                self._process.end()
                self._process = None
                raise

    def _told_of(self, found: Object) -> str:
        return (
            f"the {found.kind} {found.oid} is damaged or was put there by somebody: its content does not have that id "
            f"(`git {' '.join(self._arguments)} fsck` finds more; a copy in .ldmrelease/git may be removed, "
            "it is fetched again)"
        )


def _line_of(name: str) -> bytes:
    return name.encode(errors="surrogateescape") + b"\n"


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    """What can be asked at once: a pipe takes as many bytes whether anybody reads or not, and git, which may be waiting
    for us to read its answers, does not."""
    portion, size = list[str](), 0
    for each in names:
        if portion and size + len(_line_of(each)) > select.PIPE_BUF:
            yield portion
            portion, size = [], 0
        portion.append(each)
        size += len(_line_of(each))
    if portion:
        yield portion


def _is_genuine(found: Object, name: str) -> bool:
    """Whether the content has the id that git gave, and that was asked for where the name is an id."""
    if len(name) in _HASHES and set(name) <= _HEXADECIMAL and name.lower() != found.oid:
        return False
    head = f"{found.kind} {len(found.content)}\0".encode()
    hashed = hashlib.new(_HASHES[len(found.oid)], head, usedforsecurity=False)
    hashed.update(found.content)
    return hashed.hexdigest() == found.oid


class _Process:
    """The process and its pipes."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        process = start(command, env, self._errors)
        self._stdin, self._stdout = process.stdin, process.stdout
        self._unread = bytearray()
        self._deadline = 0.0
        self.end = weakref.finalize(self, _end, process, self._errors)

    def ask(self, names: Sequence[str]) -> list[Object | None]:
        self._deadline = time.monotonic() + PATIENCE
        try:
            _opened(self._stdin).write(b"".join(map(_line_of, names)))
        except BrokenPipeError:
            raise self._ended() from None
        return [self._answer() for _ in names]

    def _answer(self) -> Object | None:
        head = self._line().split(b" ")
        if len(head) != 3 or not head[2].isdigit():
            return None  # "<name> missing", "<name> ambiguous"
        size = int(head[2])
        return Object(head[0].decode(), head[1].decode(), self._bytes(size + 1)[:size])

    def _line(self) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            self._receive()
        return self._bytes(end + 1)[:end]

    def _bytes(self, count: int) -> bytes:
        while len(self._unread) < count:
            self._receive()
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def _receive(self) -> None:
        answers = select.poll()
        answers.register(_opened(self._stdout), select.POLLIN)
        if not answers.poll(max(0.0, self._deadline - time.monotonic()) * 1000):
            raise GitError("cat-file", NO_ANSWER, f"no answer within {PATIENCE} s")
        received = os.read(_opened(self._stdout).fileno(), _CHUNK)
        if not received:
            raise self._ended()
        self._unread += received

    def _ended(self) -> GitError:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        return GitError("cat-file", DAMAGED, said or "ended early")


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "made with a pipe"
    return pipe


def _end(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout, errors):
        _opened(pipe).close()
    process.wait()
