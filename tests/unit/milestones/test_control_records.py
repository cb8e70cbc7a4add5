"""Control records as CSV and as a test run of Zephyr Scale: read back as the same, bad rows told with their lines."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.predicates.verification import ExecutedCase
from ldmrelease.domain.statement_facts import CaseStatus
from ldmrelease.milestones.control_csv import COLUMNS, read_csv, write_csv
from ldmrelease.milestones.control_records import ControlHead, ControlRecord, ControlRow, ReadRecord
from ldmrelease.milestones.zephyr_scale import read_test_run, write_test_run

HEAD = ControlHead("spring", "LDM-503-15a", "sha256:" + "0" * 64, "stack/w.2023.16", "sha256:" + "1" * 64)
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
keys = st.from_regex(r"[A-Z]{1,4}-T[0-9]{1,4}", fullmatch=True)
codes = st.lists(st.from_regex(r"DM-[A-Z]{2,4}-[0-9]{1,2}", fullmatch=True), max_size=3, unique=True)
moments = st.sampled_from(["", "2022-04-30", "2022-04-30T12:00:00Z"])
results = st.tuples(st.sampled_from(CaseStatus), moments, texts, texts, texts)


@st.composite
def records(draw: st.DrawFn) -> ControlRecord:
    rows = []
    for key in draw(st.lists(keys, max_size=4, unique=True)):
        said = draw(st.none() | results)
        result = None if said is None else ExecutedCase(key, *said)
        rows.append(ControlRow(key, draw(texts), draw(texts), tuple(draw(codes)), result))
    return ControlRecord(ControlHead(*draw(st.tuples(texts, texts, texts, texts, texts))), tuple(rows))


@given(records())
def test_csv_is_read_back_as_the_same(record: ControlRecord) -> None:
    assert read_csv(write_csv(record)) == ReadRecord(record, ())


@given(records())
def test_a_test_run_is_read_back_as_the_same(record: ControlRecord) -> None:
    assert read_test_run(write_test_run(record).encode()) == ReadRecord(record, ())


def test_no_cell_is_a_formula_of_a_spreadsheet() -> None:
    result = ExecutedCase("LVV-T1", CaseStatus.PASSED, comment='=HYPERLINK("http://evil")')
    text = write_csv(ControlRecord(HEAD, (ControlRow("LVV-T1", "+1", "", (), result),)))
    assert "\"'=HYPERLINK" in text
    assert ",'+1," in text


def test_a_campaign_without_test_cases_keeps_what_it_is_of() -> None:
    record = ControlRecord(HEAD, ())
    assert read_csv(write_csv(record)) == ReadRecord(record, ())
    assert read_csv(write_csv(record) + "," * (len(COLUMNS) - 1) + "\r\n") == ReadRecord(record, ())


def test_a_row_with_a_result_and_no_test_case_is_told() -> None:
    assert [each.line for each in read_csv("Test Case Key,Status\n,\n,Pass\n").problems] == [3]


def test_what_jira_calls_it_is_in_the_test_run() -> None:
    result = ExecutedCase("LVV-T12", CaseStatus.IN_PROGRESS, "2022-04-30", "jdoe")
    rows = (ControlRow("LVV-T12", "It works", "1.0", ("DM-AP-12",), result), ControlRow("LVV-T13"))
    run = json.loads(write_test_run(ControlRecord(HEAD, rows)))
    assert (run["projectKey"], run["name"]) == ("LVV", "spring stack/w.2023.16")
    assert run["items"][0] == {
        "testCaseKey": "LVV-T12",
        "status": "In Progress",
        "executedBy": "jdoe",
        "executionDate": "2022-04-30",
        "customFields": {"Test Case Name": "It works", "Test Case Version": "1.0", "Coverage": "DM-AP-12"},
    }
    assert run["items"][1] == {"testCaseKey": "LVV-T13", "status": "Not Executed", "customFields": {}}


BAD_CSV = (
    "Test Case Key,Status,Execution Date,Comment\n"
    'LVV-T1,Pass,2022-04-30,"over\ntwo lines"\n'
    "LVV-T1,Fail,,\n"
    "LVV-T2,Perhaps,,\n"
    "LVV-T3,Pass,30 April,\n"
    "LVV-T4,Pass\n"
    "not a key,Pass,,\n"
    "LVV-T5,fail,,\n"
)
BAD_RUN = """{
 "key": "LVV-C90",
 "items": [
  {"testCaseKey": "LVV-T1", "status": "Pass"},
  {"testCaseKey": "LVV-T1", "status": "Fail"},
  {"testCaseKey": "LVV-T2", "status": "Perhaps"},
  {"testCaseKey": 3},
  {"testCaseKey": "LVV-T5", "status": "Fail", "userKey": "jdoe", "executionTime": 1.5}
 ]
}
"""


@pytest.mark.parametrize(
    ("read", "text", "lines"),
    [(read_csv, BAD_CSV, [4, 5, 6, 7, 8]), (lambda text: read_test_run(text.encode()), BAD_RUN, [5, 6, 7])],
    ids=["csv", "zephyr-scale"],
)
def test_what_cannot_be_read_is_told_with_its_line_and_the_rest_is_read(
    read: Callable[[str], ReadRecord], text: str, lines: list[int]
) -> None:
    found = read(text)
    assert [each.line for each in found.problems] == lines
    statuses = [(each.case, each.result and each.result.status) for each in found.record.rows]
    assert statuses == [("LVV-T1", CaseStatus.PASSED), ("LVV-T5", CaseStatus.FAILED)]


@pytest.mark.parametrize("text", ["", "a,b\n", ",".join(COLUMNS) + '\n"x'])
def test_what_is_no_such_csv_says_so(text: str) -> None:
    assert read_csv(text).problems
    assert not read_csv(text).record.rows


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"items": 1}', '{"items": [', '{"items": [], "items": []}']
)
def test_what_is_no_test_run_says_so(text: str) -> None:
    assert read_test_run(text.encode()).problems
    assert not read_test_run(text.encode()).record.rows
