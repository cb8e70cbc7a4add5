"""What a target answers: a snapshot, a change that was made, or why there is none.

A `Refusal` is certain and somebody can act on it; `Unavailable` means that nobody could be reached.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.errors import LdmreleaseError, Unavailable

T = TypeVar("T")


class Unquoted(Struct, frozen=True):
    """A plain scalar that YAML may read as something else than text (`24.10`, `null`, `0`): its characters.

    Kept apart from text so that a restore puts back what the file said, and not what it looked like.
    """

    unquoted: str

    def __str__(self) -> str:
        return self.unquoted


class Absent(Struct, frozen=True, eq=False, omit_defaults=True):
    """That nothing stands at a path, not even null. What is absent is alike, whatever is there in its place.

    parents: how many parts of the path before the last are absent as well: they are made with a setting that is
    added, and go with it. null: the characters of the null (`~`, with the white space before it) where the deepest
    mapping that is there would stand, None where it is a mapping. A restore needs both to put the same
    bytes back.
    """

    absent: Literal[True]
    parents: int = 0
    null: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Absent)

    def __hash__(self) -> int:
        return hash(Absent)

    def __str__(self) -> str:
        return "nothing"


ABSENT = Absent(True)
"""As an edit: take it away. Compare with `==`, since what was read also says what stands there in its place."""

Scalar = str | Unquoted
Value = str | Unquoted | Absent | tuple[Scalar, ...]
Values = Mapping[str, Value]


class Refusal(Struct, frozen=True):
    """Why nothing was done: a code, and the values that it is about (`file`, `line`, `path`, `found`).

    `others` are further reasons, none of which has others.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    others: tuple["Refusal", ...] = ()

    @property
    def each(self) -> tuple["Refusal", ...]:
        """All reasons, one by one."""
        return (Refusal(self.code, self.values), *self.others)


class AnchoredSetting(Struct, frozen=True):
    """Who else says what a setting says, by an anchor: the addresses of their own.

    by_alias: the setting is at an alias, and what is written there is written elsewhere; else it is at the anchor, and
    the readers are what that is for.
    """

    readers: tuple[str, ...]
    by_alias: bool

    def is_written(self, edits: Values, anchored: "Mapping[str, AnchoredSetting]") -> bool:
        """Whether the edits are about the anchor itself as well."""
        own = (each for each in self.readers if each in edits)
        return any(each in anchored and not anchored[each].by_alias for each in own)


class Snapshot(Struct, frozen=True):
    """The settings of a target as committed at `revision`; `blob` is the file's, `lines` start at 1.

    Of a setting that is `ABSENT` the line is that of the mapping where it would stand.

    In a cluster `revision` names what was read, there are no `lines`, and `components` says what each setting
    is about. `beside` is what was read along and is never written, such as an image's repository; it has `lines` too.
    `anchored` are the settings that other paths of their file say as well, by an anchor.
    """

    revision: str
    blob: str
    values: dict[str, Value]
    lines: dict[str, int]
    components: dict[str, str] = field(default_factory=dict)
    beside: dict[str, Value] = field(default_factory=dict)
    anchored: dict[str, AnchoredSetting] = field(default_factory=dict)


class Written(Struct, frozen=True):
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


class Change(Struct, frozen=True):
    """Who last changed a setting; `time` is RFC 3339 UTC."""

    commit: str
    author: str
    time: str


class SettingItem(NamedTuple):
    """A setting, or one item of the list that it is."""

    path: str
    item: int | None = None


class RefusedError(LdmreleaseError):
    """Carries a refusal to the edge of this package, where it becomes a value again."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, values)

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusedError":
        """The error that carries this refusal, with all that it lists."""
        error = cls(refusal.code)
        error.refusal = refusal
        return error


def joined(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal that lists all, each once; there is at least one."""
    distinct: list[Refusal] = []
    for each in (part for refusal in refusals for part in refusal.each):
        if each not in distinct:
            distinct.append(each)
    return replace(distinct[0], others=tuple(distinct[1:]))


def joined_refusal(found: Sequence[Refusal | Unavailable]) -> Refusal | Unavailable | None:
    """One answer for all; where somebody could not be reached, that. None for no answer."""
    lost = next((each for each in found if isinstance(each, Unavailable)), None)
    refusals = [each for each in found if isinstance(each, Refusal)]
    return lost or (joined(refusals) if refusals else None)


def require_none(refusals: Sequence[Refusal]) -> None:
    """Raise `RefusedError` with all of them, if there are any."""
    if refusals:
        raise RefusedError.of(joined(refusals))


def required(found: T | Refusal) -> T:
    """What was found; raises `RefusedError` where it is a refusal."""
    if isinstance(found, Refusal):
        raise RefusedError.of(found)
    return found
