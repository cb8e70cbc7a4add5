"""What a target answers: a snapshot, a change that was made, or why there is none.

A `Refusal` is certain and somebody can act on it; `Unavailable` means that nobody could be asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ldmrelease.domain.errors import LdmreleaseError


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A plain scalar that YAML may read as something else than text (`24.10`, `null`, `0`): its characters.

    Kept apart from text so that a restore puts back what the file said, and not what it looked like.
    """

    unquoted: str


Scalar = str | Unquoted
Value = str | Unquoted | tuple[Scalar, ...]
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was done: a code, and the values that it is about (`file`, `line`, `path`, `found`)."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The settings of a target as committed at `revision`; `blob` is the file's, `lines` start at 1.

    In a cluster `revision` names what was read, there are no `lines`, and `components` says what each setting
    is about.
    """

    revision: str
    blob: str
    values: dict[str, Value]
    lines: dict[str, int]
    components: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """The target holds what was wanted, at `revision`.

    `found` says that it did so before and no commit was made. `unsynced` says why a checked-out copy could
    not be brought up to date (the commit stands all the same). `fields` are those of a cluster's workloads
    that were written.
    """

    revision: str
    lines: dict[str, int]
    found: bool = False
    unsynced: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Who last changed a setting; `time` is RFC 3339 UTC."""

    commit: str
    author: str
    time: str


class RefusedError(LdmreleaseError):
    """Carries a refusal to the edge of this room, where it becomes a value again."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, values)
