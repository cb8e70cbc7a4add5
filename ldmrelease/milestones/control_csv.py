"""A control record as CSV (RFC 4180), a line for each test case, with the columns that a spreadsheet of a verification
control document has.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which reading takes away again. A
campaign without test cases has one line, which says of what the file is and nothing of a test case.
"""

import csv
import re
from collections.abc import Iterator
from typing import Any

from ldmrelease.milestones.control_records import (
    NOT_EXECUTED,
    STATUS_NAMES,
    ControlHead,
    ControlRecord,
    ControlRow,
    ReadRecord,
    RowReader,
    RowTexts,
)

_HEAD = {
    "Campaign": "campaign",
    "Milestone": "milestone",
    "Definition": "definition",
    "Release": "release",
    "Release Digest": "digest",
}
_ROW = {
    "Test Case Key": "case",
    "Test Case Name": "title",
    "Version": "version",
    "Coverage": "coverage",
    "Status": "status",
    "Execution Date": "executed_on",
    "Executed By": "executed_by",
    "Environment": "environment",
    "Comment": "comment",
}
COLUMNS = (*_HEAD, *_ROW)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


_LINES = re.compile("(?<=\n)")


class _Lines(list[str]):
    """Where a writer of CSV puts its lines."""

    write = list.append


def write_csv(record: ControlRecord) -> str:
    """The text of the file."""
    lines = _Lines()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for each in record.rows:
        writer.writerow([_escaped(text) for text in (*_head_cells(record.head), *_row_cells(each))])
    if not record.rows and record.head != ControlHead():
        writer.writerow([*map(_escaped, _head_cells(record.head)), *("" for _ in _ROW)])
    return "".join(lines)


def read_csv(text: str) -> ReadRecord:
    """What the file says. Columns may stand in any order, others are passed over; the head is that of the first row."""
    reader, head = RowReader(), ControlHead()
    rows = csv.reader(_LINES.split(text.removeprefix("\ufeff")), strict=True)
    try:
        columns = [each.strip() for each in next(rows, [])]
        lacking = [each for each in ("Test Case Key", "Status") if each not in columns]
        if lacking:
            reader.note(1, f"the first line names the columns; it lacks {' and '.join(lacking)}")
            return ReadRecord(ControlRecord(head, ()), tuple(reader.problems))
        first = None
        for line, cells in _numbered(rows):
            named = _named(columns, cells, line, reader)
            if named is None or not any(named.values()):
                continue
            found = ControlHead(**{field: named.get(name, "") for name, field in _HEAD.items()})
            if first is None:
                first = head = found
            elif found != first:
                reader.note(
                    line, "it is of another campaign or release than the first row", named["Test Case Key"]
                )
                continue
            said = {field: named.get(name, "") for name, field in _ROW.items()}
            if any(said.values()):
                reader.take(RowTexts(line, **said))
    except csv.Error as error:
        reader.note(rows.line_num, f"this is not CSV: {error}")
    return ReadRecord(ControlRecord(head, tuple(reader.rows)), tuple(reader.problems))


def _numbered(rows: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line on which each begins: a comment may go over several."""
    line = rows.line_num + 1
    for cells in rows:
        if cells:
            yield line, cells
        line = rows.line_num + 1


def _named(columns: list[str], cells: list[str], line: int, reader: RowReader) -> dict[str, str] | None:
    if len(cells) != len(columns):
        reader.note(line, f"it has {len(cells)} cells, and there are {len(columns)} columns", ",".join(cells))
        return None
    return {name: _plain(cell) for name, cell in zip(columns, cells, strict=True)}


def _head_cells(head: ControlHead) -> list[str]:
    return [getattr(head, field) for field in _HEAD.values()]


def _row_cells(row: ControlRow) -> list[str]:
    result = row.result
    status = NOT_EXECUTED if result is None else STATUS_NAMES[result.status]
    said = ("", "", "", "") if result is None else (
        result.executed_on, result.executed_by, result.environment, result.comment
    )  # fmt: skip
    return [
        row.case,
        row.title,
        row.version,
        ", ".join(row.verifies),
        status,
        *said,
    ]


def _escaped(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
