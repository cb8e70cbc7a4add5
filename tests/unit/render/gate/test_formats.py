"""What a gate prints for other systems: as it was before, and whatever it is about inert."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from ldmrelease.answers.gate import GateAnswer
from ldmrelease.render.gate.formats import GateOutput, report
from ldmrelease.render.gate.gate_text import gate_text
from ldmrelease.render.gate.report_rows import Severity, report_rows
from tests.examples import examples
from tests.unit.render.gate.gate_answers import any_answers, whole_answer

GOLDEN = Path(__file__).parents[3] / "data" / "gate-reports"
FILES = {
    GateOutput.sarif: "gate.sarif",
    GateOutput.junit: "gate.junit.xml",
    GateOutput.github: "gate.github.txt",
    GateOutput.github_summary: "gate.summary.md",
    GateOutput.gitlab: "gate.gitlab.json",
}


@pytest.mark.parametrize("output", FILES)
def test_a_report_is_as_it_was(output: GateOutput) -> None:
    """Where a change is meant: write the file anew with what is printed here."""
    assert report(whole_answer(), output, waiting_is_bad=True) + "\n" == (GOLDEN / FILES[output]).read_text()


def test_the_text_is_as_it_was() -> None:
    assert gate_text(whole_answer()) + "\n" == (GOLDEN / "gate.txt").read_text()


def test_what_waits_shuts_a_gate_only_where_that_is_bad() -> None:
    for bad, severity, element in ((True, Severity.ERROR, "failure"), (False, Severity.WARNING, "skipped")):
        rows = [each for each in report_rows(whole_answer(), waiting_is_bad=bad) if each.rule == "base-first"]
        assert [each.severity for each in rows] == [severity]
        suite = ElementTree.fromstring(report(whole_answer(), GateOutput.junit, waiting_is_bad=bad))
        (case,) = [each for each in suite if "w_2023_16" in each.get("name", "")]
        assert [each.tag for each in case] == [element]


def test_every_finding_says_who_can_change_it_what_to_type_and_when() -> None:
    for output in (GateOutput.sarif, GateOutput.junit, GateOutput.github, GateOutput.gitlab):
        text = report(whole_answer(), output, waiting_is_bad=True)
        for said in (
            "ops (Ada Lovelace)",
            "ldmrelease approve w.2023.16",
            "can become true 2023-04-21T20:00:00Z",
        ):
            assert said in text, output


@given(any_answers())
@settings(max_examples=examples(300), deadline=None)
def test_no_name_breaks_a_report(answer: GateAnswer) -> None:
    count = len(list(report_rows(answer, waiting_is_bad=True)))
    (run,) = json.loads(report(answer, GateOutput.sarif, waiting_is_bad=True))["runs"]
    assert len(run["results"]) == count
    suite = ElementTree.fromstring(report(answer, GateOutput.junit, waiting_is_bad=True).encode())
    assert int(suite.get("tests", "")) == len(suite) == len(answer.images) + len(answer.unreadable)
    found = json.loads(report(answer, GateOutput.gitlab, waiting_is_bad=True))
    assert len({each["fingerprint"] for each in found}) == len(found) == count


_TEXT_LINE = re.compile(
    r"(allowed|waiting|refused|undecided|unmanaged|unreadable)  |  in "
    r"|  (FAILED|MISSING|ERROR|wait|reported|waived|ok) | {14}(can become true|who can change it|next: )|[A-Z]+: "
)


@given(any_answers())
@settings(max_examples=examples(300), deadline=None)
def test_no_name_is_a_command_of_a_workflow_or_steers_a_terminal(answer: GateAnswer) -> None:
    *lines, last = report(answer, GateOutput.github, waiting_is_bad=True).split("\n")
    assert all(re.match(r"::(error|warning|notice)( [a-z]+=[^:]*)?::", each) for each in lines)
    assert re.match("[A-Z]+: ", last)
    text = gate_text(answer).split("\n")
    assert all(map(_TEXT_LINE.match, text)), text
    assert all(each.isprintable() for each in (*lines, *text))


@given(any_answers())
@settings(max_examples=examples(300), deadline=None)
def test_no_name_is_markdown_of_a_summary(answer: GateAnswer) -> None:
    lines = report(answer, GateOutput.github_summary, waiting_is_bad=True).split("\n")
    assert all(each.isprintable() for each in lines)
    spans = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
    for line in lines[3:]:
        outside = spans.sub("", line)
        assert "`" not in outside
        assert not re.search(
            r"<(?!br>)|\[|\]\(|\*(?!\*Unreadable\*\*$|$|\*$)", outside
        ) or outside.startswith("**Unr")
        if line.startswith("|") and "---" not in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 7
