"""The rows of imported history, as blobs keep them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from ldmrelease.domain.setting_changes import SettingChange

T = TypeVar("T")


class ChangeRow(Struct, frozen=True, array_like=True):
    """A `SettingChange` without what its event says."""

    time: datetime
    key: str
    tag: str | None
    previous: str | None
    commit: str
    path: str
    part: str | None
    author: str | None
    line: int | None


def change_row(change: SettingChange, *, has_line: bool = True) -> ChangeRow:
    """The row of a change; without its line where that is not one of the file that changed."""
    return ChangeRow(
        change.time,
        change.key,
        change.tag,
        change.previous,
        change.commit,
        change.path,
        change.part,
        change.author,
        change.line if has_line else None,
    )


def change_of(row: ChangeRow, environment: str, application: str) -> SettingChange:
    """The change that a row tells."""
    return SettingChange(
        row.time, environment, application, row.key, row.tag, row.previous, row.commit, row.path, row.part,
        row.author, row.line,
    )  # fmt: skip


def encode_rows(rows: Sequence[Struct]) -> bytes:
    """The bytes of a blob of rows."""
    return msgspec.json.encode(rows)


def decode_rows(data: bytes, kind: type[T]) -> list[T]:
    """The rows of a blob. Raises `ValueError` where it has others."""
    return msgspec.json.decode(data, type=list[kind])  # type: ignore[valid-type]
