"""Processes that talk to a server end with us, however we end: a hung server would keep them for hours.

A signal handler sees no SIGKILL, and `PR_SET_PDEATHSIG` looks at the thread that started the process. So a shell of a
few lines is told which process groups there are, and ends those that are left when the pipe from us closes.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import IO

_WATCH = """\
all=
while read -r what group; do
  case $what in
    +) all="$all $group" ;;
    -) left=; for each in $all; do [ "$each" = "$group" ] || left="$left $each"; done; all=$left ;;
  esac
done
[ -n "$all" ] || exit 0
for each in $all; do kill -TERM "-$each"; done
sleep 1
for each in $all; do kill -KILL "-$each"; done
"""


class _Guardian:
    """The shell, and the process that it watches for."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            bufsize=0,
            # Ctrl-C is for us: what it ends, ends because we do.
            start_new_session=True,
        )

    def tell(self, what: str, group: int) -> None:
        stdin: IO[bytes] | None = self._shell.stdin
        assert stdin is not None, "made with a pipe"
        # Somebody may have ended the shell: then nobody watches, and all else goes on.
        with contextlib.suppress(OSError):
            stdin.write(f"{what} {group}\n".encode())


_starting = threading.Lock()
_started: list[_Guardian] = []


def _guardian() -> _Guardian:
    with _starting:
        # A fork has the pipe of its parent, and a guardian of its own.
        if not _started or _started[-1].owner != os.getpid():
            _started[:] = [_Guardian()]
        return _started[-1]


@contextlib.contextmanager
def ending_with_us(group: int) -> Iterator[None]:
    """While this goes on, the process group ends when we do."""
    guardian = _guardian()
    guardian.tell("+", group)
    try:
        yield
    finally:
        guardian.tell("-", group)
