"""Ask an adapter about one place: whatever it raises is that place's finding, and stops no neighbour."""

from collections.abc import Callable
from typing import TypeVar

from ldmrelease.domain.errors import LdmreleaseError, Unavailable, UnavailableError, reason_of

T = TypeVar("T")


def asked(where: str, ask: Callable[[], T]) -> T | Unavailable:
    """What `ask` answers, or why there is no answer. `where`: who was asked, for a person, without a password."""
    try:
        return ask()
    except UnavailableError as error:
        return error.unavailable
    except LdmreleaseError as error:
        return Unavailable(where, str(error))
    except (
        Exception
    ) as error:  # any kind: a fault of one adapter, or of what one place says, is not its neighbours'
        return Unavailable(where, f"{type(error).__name__}: {reason_of(error)}")
