"""`policy test`: as a test runner prints it, and what its exit code says."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.faces.cli.running import run

CASES = "policies/tests/production.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("init", str(tmp_path / "w"), "--sample", "simple").exit_code == 0
    return tmp_path / "w"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_a_workspace_tests_its_own_policies(folder: Path) -> None:
    done = run("policy", "test", folder=folder)
    assert done.exit_code == 0
    assert "(level production)" in done.stdout
    assert "  ok      a candidate does not enter\n" in done.stdout
    assert done.stdout.endswith(" passed, none failed\n")
    assert run("policy", "lint", folder=folder).exit_code == 0
    assert run("workspace", "lint", folder=folder).exit_code in (0, 1)


def test_a_case_that_fails_is_told_with_expected_and_found(folder: Path) -> None:
    edit(folder, "policies/production.yaml", "for: 1d", "for: 2d")
    done = run("policy", "test", str(folder / CASES))
    assert done.exit_code == 1
    assert "  FAILED  a release enters that ran on staging for a day (line 15)\n" in done.stdout
    assert "            ran-on-staging: expected satisfied, found pending/soaking\n" in done.stdout
    told = json.loads(run("policy", "test", str(folder / CASES), "-o", "json").stdout)
    assert told["failed"] > 0
    failed = next(each for each in told["cases"] if not each["passed"])
    assert failed["line"] == 15
    assert {"about": "verdict", "expected": "allowed", "found": "waiting"} in failed["differences"]
    mutated = json.loads(run("policy", "test", str(folder / CASES), "-o", "json", "--mutate").stdout)
    assert mutated["mutants"] is None, "what fails already says nothing about mutants"


def test_a_mutant_that_survives_is_listed_with_file_and_line(folder: Path) -> None:
    edit(
        folder,
        CASES,
        """\
  - name: what runs there for a second less than a day waits
    with: {residences: {staging/app: {since: 86399s}}}
    expect: {verdict: waiting, findings: {ran-on-staging: pending/soaking}}
""",
        "",
    )
    done = run("policy", "test", str(folder / CASES), "--mutate")
    assert done.exit_code == 1
    lines = (folder / "policies" / "production.yaml").read_text().splitlines()
    line = lines.index("      for: 1d") + 1
    assert f"production.yaml:{line}:12: ran-on-staging: without `for`\n" in done.stdout
    assert "2 survived" in done.stdout
    told = json.loads(run("policy", "test", str(folder / CASES), "--mutate", "-o", "json").stdout)
    assert told["survived"] == 2
    assert {each["line"] for each in told["mutants"] if each["found_by"] is None} == {line}


def test_junit_counts_what_failed(folder: Path) -> None:
    edit(folder, "policies/production.yaml", "for: 1d", "for: 2d")
    done = run("policy", "test", str(folder / "policies"), "--output", "junit")
    assert done.exit_code == 1
    root = ElementTree.fromstring(done.stdout)
    suites = {each.get("name", "").rpartition("/")[2]: each for each in root}
    assert set(suites) == {"development.yaml", "production.yaml", "staging.yaml"}
    for suite in suites.values():
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    failure = suites["production.yaml"].find("testcase/failure")
    assert failure is not None
    assert "production.yaml:15" in (failure.text or "")
    assert suites["staging.yaml"].get("failures") == "0"


def test_a_wrong_case_file_is_exit_2_with_its_line_and_field(folder: Path) -> None:
    edit(folder, CASES, "since: 1d", "since: 1day")
    done = run("policy", "test", folder=folder)
    assert done.exit_code == 2
    assert f'{CASES}:13:26: given.residences.staging/app.since: found "1day"' in done.stderr
    told = json.loads(run("policy", "test", "-o", "json", folder=folder).stdout)
    assert [each["field"] for each in told["error"]["problems"]] == ["given.residences.staging/app.since"]


def test_a_policy_in_place_of_its_cases_is_told_to_be_one(folder: Path) -> None:
    done = run("policy", "test", str(folder / "policies/production.yaml"))
    assert done.exit_code == 2
    assert "production.yaml: a policy, and no file of cases; name its cases, or the folder " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_schema_of_cases_is_for_editors(folder: Path) -> None:
    schema = json.loads(run("policy", "schema", "--cases").stdout)
    assert schema["properties"]["kind"]["const"] == "PolicyTest"
    assert schema["properties"].keys() == {"apiVersion", "kind", "policy", "given", "cases"}
    assert schema["required"] == ["apiVersion", "kind", "policy", "cases"]
