"""Work that is done in several processes at once, since it mostly waits: each lane is a process with its own things."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn


def in_child(act: Callable[[], None], log: Path) -> int:
    """Do it in another process and wait for its end: its wait status. What it raises is in the log file."""
    return os.waitpid(start(act, log), 0)[1]


def start(act: Callable[[], None], log: Path) -> int:
    """Begin it in another process, whose number this is; it ends with 0, or with 1 and why in the log file."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _run(act, log)
    return child


def _run(act: Callable[[], None], log: Path) -> NoReturn:
    status = 1
    try:
        act()
        status = 0
    except BaseException:
        with log.open("a") as file:
            traceback.print_exc(file=file)
    finally:
        os._exit(status)


def in_lanes(acts: Sequence[Callable[[], None]], folder: Path) -> list[str]:
    """Do all at the same time, each in a process of its own; what went wrong, in words."""
    logs = [folder / f"lane-{number}.log" for number in range(len(acts))]
    children = [start(act, log) for act, log in zip(acts, logs, strict=True)]
    statuses = [os.waitpid(child, 0)[1] for child in children]
    failed = [number for number, status in enumerate(statuses) if status]
    return [
        logs[number].read_text() if logs[number].exists() else f"ended with {statuses[number]}"
        for number in failed
    ]
