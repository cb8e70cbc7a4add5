"""Read histories, and import them: what can be read goes in, what cannot is listed."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.composed_selectors import Entry, is_filter, put_together
from ldmrelease.histories.table import read_table
from ldmrelease.services.audit.imports.imported_rows import ChangeRow, change_row
from ldmrelease.services.audit.imports.kinds import DESIRED_HISTORY
from ldmrelease.services.audit.imports.recorded import Progress, RecordedImport, Where, record
from ldmrelease.services.needs import HistoryImporting

_LONGEST_NAME = 200


class ImportedHistory(Struct, frozen=True):
    """What was imported, from where, and what could not be read of it. `left_out` counts rows that name no image."""

    source: str
    recorded: RecordedImport
    unreadable: tuple[UnreadableChange, ...]
    left_out: int = 0


def import_changes(
    context: HistoryImporting,
    source: str,
    entries: Iterable[Entry],
    *,
    since: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import what a tree asked for; `since` as in `record`. Raises as that, and what reading the entries raises."""
    rows: dict[Where, list[ChangeRow]] = {}
    unreadable: list[UnreadableChange] = []
    for each in entries:
        problem = each if isinstance(each, UnreadableChange) else name_problem(each, source)
        if problem is not None:
            unreadable.append(problem)
        elif isinstance(each, SettingChange):
            rows.setdefault((each.environment, each.application), []).append(change_row(each))
    recorded = record(
        context,
        DESIRED_HISTORY,
        source,
        rows,
        since=lambda _: since,
        dry_run=dry_run,
        progress=progress,
    )
    return ImportedHistory(source, recorded, tuple(unreadable))


def import_table(
    context: HistoryImporting,
    file: Path,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import a table of changes. Raises `OSError` where it cannot be read, and as `import_changes`."""
    left_out = 0

    def images(entries: Iterable[Entry]) -> Iterable[Entry]:
        nonlocal left_out
        for each in entries:
            if isinstance(each, SettingChange) and is_filter(each.key):
                left_out += 1
            # The line is the table's, and a longer table has others.
            yield replace(each, line=None) if isinstance(each, SettingChange) else each

    # Bytes that are no UTF-8 would be in the ledger for good: they are told as such.
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        found = import_changes(
            context,
            file.name,
            put_together(images(read_table(lines, file.name))),
            dry_run=dry_run,
            progress=progress,
        )
    return replace(found, left_out=left_out)


def name_problem(change: SettingChange, source: str) -> UnreadableChange | None:
    """What keeps an environment or an application from being one."""
    for what, name in (("environment", change.environment), ("application", change.application)):
        if len(name) > _LONGEST_NAME or "/" in name or not name.isprintable():
            reason = f"{name[:_LONGEST_NAME]!r} is not the name of an {what}"
            return UnreadableChange(source, change.line, reason, change.commit)
    return None
