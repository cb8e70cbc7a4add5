"""What stands in the way of an image of a manifest before anything is decided about its release."""

from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Outcome


class SyncProblem(Struct, frozen=True):
    """A code with its values, and what it means for the gate. `next` is a command to try."""

    code: str
    outcome: Outcome
    values: dict[str, Any] = {}
    next: tuple[str, ...] = ()


def failed(code: str, **values: Any) -> SyncProblem:
    """The image is refused as it stands."""
    return SyncProblem(code, Outcome.FAILED, values)


def missing(code: str, next_command: tuple[str, ...] = (), **values: Any) -> SyncProblem:
    """Something is not there that would let it be decided about."""
    return SyncProblem(code, Outcome.MISSING, values, next_command)


def errored(code: str, **values: Any) -> SyncProblem:
    """It could not be decided."""
    return SyncProblem(code, Outcome.ERRORED, values)
