"""Where a history is read from: a table in a file."""

from collections.abc import Iterator
from pathlib import Path

from ldmrelease.domain.errors import InputError
from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.table import read_table


class UnknownHistory(InputError):
    """What was named is no history."""


def read_history_file(path: Path) -> Iterator[SettingChange | UnreadableChange]:
    """The changes of a table; bytes that are no UTF-8 are shown as such. Raises `UnknownHistory`."""
    try:
        # Lines end with a line feed alone: other ends may stand in a cell.
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield from read_table(lines, str(path))
    except OSError as error:
        raise UnknownHistory(f"{path} cannot be read: {error.strerror or error}") from error
