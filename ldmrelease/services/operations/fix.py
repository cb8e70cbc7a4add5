"""Something of a workspace that can be put right without a decision of anybody."""

from collections.abc import Callable

from msgspec import Struct

from ldmrelease.domain.errors import InputError


class CannotFix(InputError):
    """A file is not laid out so that it can be changed by a program."""


class Fix(Struct, frozen=True):
    """What would be done, and what does it. That may raise `CannotFix`, `OSError`."""

    what: str
    apply: Callable[[], None]
