"""A control record as a test run of Zephyr Scale for Jira (Server, Data Center; once Adaptavist Test Management): the
body of `POST /rest/atm/1.0/testrun`, and what `GET /rest/atm/1.0/testrun/KEY` answers.

What the format has no field for is in custom fields of the run and of its items. Of a run that was made elsewhere these
are not there: then the campaign's own file says what its test cases verify.
"""

import json
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain import strict_json
from ldmrelease.domain.document_faults import DocumentFaults
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
    "campaign": "Campaign",
    "milestone": "Milestone",
    "definition": "Campaign Definition",
    "release": "Release",
    "digest": "Release Digest",
}
_TITLE, _VERSION, _COVERAGE = "Test Case Name", "Test Case Version", "Coverage"


class _Item(Struct, rename="camel"):
    test_case_key: str
    status: str = ""
    environment: str | None = None
    comment: str | None = None
    executed_by: str | None = None
    user_key: str | None = None
    execution_date: str | None = None
    custom_fields: dict[str, Any] = field(default_factory=dict)


def write_test_run(record: ControlRecord) -> str:
    """The JSON of the test run, in lines: one for each field, so that a difference can be looked at."""
    head = record.head
    run = {
        "projectKey": _project(record),
        "name": f"{head.campaign} {head.release}".strip(),
        "customFields": {name: getattr(head, field) for field, name in _HEAD.items()},
        "items": [_item(each) for each in record.rows],
    }
    return json.dumps(run, indent=1, ensure_ascii=False) + "\n"


def read_test_run(data: bytes) -> ReadRecord:
    """What a test run says; fields that we do not know are passed over."""
    reader, nothing = RowReader(), ControlRecord(ControlHead(), ())
    run = strict_json.read(data, fractions=True)
    if isinstance(run, DocumentFaults):
        for fault in run.faults:
            reader.note(fault.line or 1, fault.message, fault.path)
        return ReadRecord(nothing, tuple(reader.problems))
    items = run.get("items") if isinstance(run, dict) else None
    if not isinstance(items, list):
        reader.note(1, "a test run of Zephyr Scale has `items`, one for each test case")
        return ReadRecord(nothing, tuple(reader.problems))
    lines = _item_lines(data.decode("utf-8"), len(items))
    for item, line in zip(items, lines, strict=True):
        _take(item, line, reader)
    own = run.get("customFields")
    head = ControlHead(**{field: _text(own, name) for field, name in _HEAD.items()})
    return ReadRecord(ControlRecord(head, tuple(reader.rows)), tuple(reader.problems))


def _take(item: Any, line: int, reader: RowReader) -> None:
    try:
        found = msgspec.convert(item, _Item)
    except msgspec.ValidationError as error:
        reader.note(line, f"this is not an item of a test run: {error}")
        return
    reader.take(
        RowTexts(
            line,
            found.test_case_key,
            found.status,
            title=_text(found.custom_fields, _TITLE),
            version=_text(found.custom_fields, _VERSION),
            coverage=_text(found.custom_fields, _COVERAGE),
            executed_on=found.execution_date or "",
            executed_by=found.executed_by or found.user_key or "",
            environment=found.environment or "",
            comment=found.comment or "",
        )
    )


def _text(fields: Any, name: str) -> str:
    found = fields.get(name) if isinstance(fields, dict) else None
    return found if isinstance(found, str) else ""


def _item(row: ControlRow) -> dict[str, Any]:
    result = row.result
    told: dict[str, Any] = {
        "testCaseKey": row.case,
        "status": NOT_EXECUTED if result is None else STATUS_NAMES[result.status],
    }
    if result is not None:
        said = {
            "environment": result.environment,
            "comment": result.comment,
            "executedBy": result.executed_by,
            "executionDate": result.executed_on,
        }
        told |= {name: text for name, text in said.items() if text}
    own = {_TITLE: row.title, _VERSION: row.version, _COVERAGE: ", ".join(row.verifies)}
    return {**told, "customFields": {name: text for name, text in own.items() if text}}


def _project(record: ControlRecord) -> str:
    """The project of the test cases: `LVV` of `LVV-T1234`."""
    keys = [each.case.rpartition("-T")[0] for each in record.rows]
    return next(filter(None, keys), "")


def _item_lines(text: str, count: int) -> list[int]:
    """The line on which each item begins. The text has been read, so it is JSON."""
    decoder = json.JSONDecoder()
    index, found = _start_of_items(text, decoder), []
    for _ in range(count):
        index = _skipped(text, index, " \t\r\n,")
        found.append(text.count("\n", 0, index) + 1)
        _, index = decoder.raw_decode(text, index)
    return found


def _start_of_items(text: str, decoder: json.JSONDecoder) -> int:
    """Behind the bracket of `items`, which is a field of the whole."""
    index = _skipped(text, text.index("{") + 1, " \t\r\n,")
    while True:
        name, index = decoder.raw_decode(text, index)
        index = _skipped(text, index, " \t\r\n:")
        if name == "items":
            return index + 1
        _, index = decoder.raw_decode(text, index)
        index = _skipped(text, index, " \t\r\n,")


def _skipped(text: str, index: int, characters: str) -> int:
    while text[index] in characters:
        index += 1
    return index
