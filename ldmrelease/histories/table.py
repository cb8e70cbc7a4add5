"""A history as a table of tab-separated columns, one line for each changed setting, oldest first."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.domain.times import instant

COLUMNS = ("date", "environment", "application", "key", "tag", "previous_tag", "commit", "path")
MAX_LINE = 64 * 1024

_instant = lru_cache(64)(instant)
"""The changes of a commit are of one time."""


def read_table(lines: Iterable[str], source: str) -> Iterator[SettingChange | UnreadableChange]:
    """The changes of a table whose first line names its columns, in the order of its lines.

    Columns that are not known are passed over. A line that cannot be read comes as `UnreadableChange`, and the others
    go on; without the right first line that is all. CompositeSelectors stand as they are written, part by part.
    """
    numbered = enumerate(lines, 1)
    first = next(numbered, (1, ""))[1].rstrip("\r\n").removeprefix("\ufeff").split("\t")
    lacking = [each for each in COLUMNS if each not in first]
    if lacking:
        yield UnreadableChange(source, 1, f"no column {', '.join(lacking)}; the first line names the columns")
        return
    where = [first.index(each) for each in COLUMNS]
    for number, line in numbered:
        if len(line) > MAX_LINE:
            yield UnreadableChange(source, number, f"longer than {MAX_LINE} characters")
        elif line.strip():
            yield _read(line.rstrip("\r\n").split("\t"), where, len(first), source, number)


def _read(
    cells: list[str], where: list[int], width: int, source: str, number: int
) -> SettingChange | UnreadableChange:
    if len(cells) != width:
        return UnreadableChange(source, number, f"{len(cells)} columns, where the first line has {width}")
    date, environment, application, key, tag, previous, commit, path = [cells[each] for each in where]
    try:
        time = _instant(date)
    except ValueError as problem:
        return UnreadableChange(source, number, str(problem))
    if not (environment and application and key and commit):
        named = (("environment", environment), ("application", application), ("key", key), ("commit", commit))
        return UnreadableChange(source, number, f"no {next(name for name, value in named if not value)}")
    return SettingChange(
        time, environment, application, key, tag or None, previous or None, commit, path, line=number
    )
