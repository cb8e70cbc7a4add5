"""A line on a terminal that says what is being done, and is gone once it is."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from ldmrelease.answers.sentences.escapes import printable

_ERASED = "\r\x1b[K"
_WIDEST = 70
_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "looking": lambda v: f"looking at {v['at']} ...",
    "replayed": lambda v: f"{v['replayed']} of {v['of']} decisions made again ...",
    "commits-read": lambda v: f"{v['count']:,} commits read ...",
    "imported": lambda v: f"{v['done']:,} of {v['of']:,} imported ...",
    "answered": lambda v: f"{v['answered']} of {v['of']} answered ...",
}


@contextlib.contextmanager
def status_line(stream: TextIO) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Tells on a terminal what happens, in place of what it told before; nothing where there is none.

    What is given takes the codes and values of `services.operations.doctor`.
    """
    shown = stream.isatty()

    def tell(code: str, values: dict[str, Any]) -> None:
        if shown:
            with contextlib.suppress(OSError):
                stream.write(f"{_ERASED}{printable(_WORDS[code](values))[:_WIDEST]}")
                stream.flush()

    try:
        yield tell
    finally:
        if shown:
            with contextlib.suppress(OSError):
                stream.write(_ERASED)
                stream.flush()
