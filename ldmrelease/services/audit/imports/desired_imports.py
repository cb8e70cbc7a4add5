"""Read histories, and import them: what can be read goes in, what cannot is listed."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.bounded import bounded_lines
from ldmrelease.histories.composed_selectors import CompositeSelectors, Entry, put_together
from ldmrelease.histories.table import MAX_LINE, read_table
from ldmrelease.services.audit.imports.imported_rows import ChangeRow, change_row
from ldmrelease.services.audit.imports.recorded import ImportedHistory, Progress, Where, name_problem, record
from ldmrelease.services.audit.imports.row_kinds import DESIRED_HISTORY
from ldmrelease.services.needs import RecordKeeping


def import_changes(
    context: RecordKeeping,
    source: str,
    entries: Iterable[Entry],
    *,
    since: datetime | None = None,
    has_lines: bool = True,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import what a tree asked for.

    since: as in `record`. has_lines: whether the lines are those of the files that changed. Raises as that, and what
    reading the entries raises.
    """
    rows: dict[Where, list[ChangeRow]] = {}
    unreadable: list[UnreadableChange] = []
    for each in entries:
        problem = each if isinstance(each, UnreadableChange) else _problem(each, source)
        if problem is not None:
            unreadable.append(problem)
        elif isinstance(each, SettingChange):
            rows.setdefault((each.environment, each.application), []).append(
                change_row(each, has_line=has_lines)
            )
    recorded = record(
        context,
        DESIRED_HISTORY,
        source,
        rows,
        since=since,
        dry_run=dry_run,
        progress=progress,
    )
    return ImportedHistory(source, recorded, tuple(unreadable))


def import_table(
    context: RecordKeeping,
    file: Path,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import a table of changes. Raises `OSError` where it cannot be read, and as `import_changes`."""
    selectors = CompositeSelectors()
    with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
        lines = read_table(bounded_lines(stream, MAX_LINE), file.name)
        found = import_changes(
            context,
            file.name,
            put_together(lines, selectors),
            has_lines=False,
            dry_run=dry_run,
            progress=progress,
        )
    return replace(found, left_out=selectors.left_out)


def _problem(change: SettingChange, source: str) -> UnreadableChange | None:
    reason = name_problem(change.environment, change.application)
    return UnreadableChange(source, change.line, reason, change.commit) if reason is not None else None
