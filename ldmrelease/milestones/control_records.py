"""What a verification control database has of a campaign in a release: its test cases, and what became of each."""

import re
from datetime import date

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.predicates.verification import ExecutedCase
from ldmrelease.domain.statement_facts import CaseStatus
from ldmrelease.milestones.chapter import LineProblem

NOT_EXECUTED = "Not Executed"
STATUS_NAMES: dict[CaseStatus, str] = {
    CaseStatus.PASSED: "Pass",
    CaseStatus.FAILED: "Fail",
    CaseStatus.BLOCKED: "Blocked",
    CaseStatus.IN_PROGRESS: "In Progress",
}
"""As Zephyr Scale for Jira calls the states of a test result; `Not Executed` has none of ours."""
LONGEST_TEXT = 10_000
"""Characters of a comment."""
_STATUSES = {name.casefold(): status for status, name in STATUS_NAMES.items()} | {
    str(status): status for status in CaseStatus
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class ControlHead(Struct, frozen=True):
    """What the results are of: a campaign (`definition`: its digest) and a release. What a file leaves out is empty."""

    campaign: str = ""
    milestone: str = ""
    definition: str = ""
    release: str = ""
    digest: str = ""


class ControlRow(Struct, frozen=True):
    """A test case with its result; None where it was not executed."""

    case: str
    title: str = ""
    version: str = ""
    verifies: tuple[str, ...] = ()
    result: ExecutedCase | None = None


class ControlRecord(Struct, frozen=True):
    """A campaign in a release."""

    head: ControlHead
    rows: tuple[ControlRow, ...]


class ReadRecord(Struct, frozen=True):
    """What could be read of a file, and what not, with its lines."""

    record: ControlRecord
    problems: tuple[LineProblem, ...]


class RowTexts(Struct, frozen=True):
    """The fields of a row as a file spells them, and the line that it begins on."""

    line: int
    case: str
    status: str
    title: str = ""
    version: str = ""
    coverage: str = ""
    executed_on: str = ""
    executed_by: str = ""
    environment: str = ""
    comment: str = ""


class RowReader:
    """Puts rows together, and collects what is wrong with them."""

    def __init__(self) -> None:
        self.rows: list[ControlRow] = []
        self.problems: list[LineProblem] = []

    def take(self, texts: RowTexts) -> None:
        """A row; one that cannot be read is told, and left out."""
        if _KEY.fullmatch(texts.case) is None:
            self.note(texts.line, "a row begins with the key of a test case, such as LVV-T1234", texts.case)
        elif any(each.case == texts.case for each in self.rows):
            self.note(texts.line, f"{texts.case} stands there twice", texts.case)
        elif (result := self._result(texts)) != _BAD:
            verifies = tuple(filter(None, (each.strip() for each in texts.coverage.split(","))))
            self.rows.append(ControlRow(texts.case, texts.title, texts.version, verifies, result))

    def note(self, line: int, message: str, text: str = "") -> None:
        """Something that cannot be read."""
        self.problems.append(LineProblem(line, message, text[:LONGEST_TEXT]))

    def _result(self, texts: RowTexts) -> ExecutedCase | None:
        if texts.status.strip().casefold() in {"", NOT_EXECUTED.casefold()}:
            return None
        status = _STATUSES.get(texts.status.strip().casefold())
        if status is None:
            known = ", ".join([*STATUS_NAMES.values(), NOT_EXECUTED])
            self.note(texts.line, f"{texts.status!r} is not a status; write one of {known}", texts.case)
            return _BAD
        if texts.executed_on and not _is_moment(texts.executed_on):
            message = f"{texts.executed_on!r} is not a date; write it like 2022-04-30 or 2022-04-30T12:00:00Z"
            self.note(texts.line, message, texts.case)
            return _BAD
        if len(texts.comment) > LONGEST_TEXT:
            self.note(texts.line, f"a comment has at most {LONGEST_TEXT} characters", texts.case)
            return _BAD
        return ExecutedCase(
            texts.case, status, texts.executed_on, texts.executed_by, texts.environment, texts.comment
        )


_BAD = ExecutedCase("", CaseStatus.BLOCKED)


def _is_moment(text: str) -> bool:
    try:
        if _DATE.fullmatch(text) is not None:
            date.fromisoformat(text)
        else:
            times.instant(text)
    except (ValueError, OverflowError):
        return False
    return True
