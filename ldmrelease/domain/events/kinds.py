"""What is said of a kind of event beside its body: which key signs it, and what entitles to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

ME, RUNNER, OBSERVER, PROMOTER = "me", "runner", "observer", "promoter"
"""Purposes of the workspace's keys: who asks, who runs checks, who observes, the process that promotes."""


def _nowhere(_: Any) -> tuple[str, ...]:
    return ()


def _nothing(_: Any) -> None:
    return None


class EventType(Struct, frozen=True):
    """A kind of event in one version.

    `body` is the type of what it says; `purpose` names the key of the workspace that signs it, `role_type` what a
    role of the trust document has to list for its key to be entitled to it. `stream` is where a body belongs, None
    where whoever writes it says so; `environments` are those that it speaks of, and `time` the one that it claims
    itself, if any.
    """

    kind: str
    body: type[Any]
    purpose: str
    role_type: str
    stream: Callable[[Any], str | None] = _nothing
    environments: Callable[[Any], tuple[str, ...]] = _nowhere
    time: Callable[[Any], datetime | None] = _nothing
    version: int = 1
