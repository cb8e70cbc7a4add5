"""A gate's answer as JUnit's XML, as Jenkins' schema has it (junit-10.xsd): a test for each image."""

from collections import Counter, defaultdict
from html import escape
from typing import NamedTuple

from ldmrelease.answers.gate import GateAnswer, GateImageAnswer, GateVerdict
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.render.gate.gate_text import location_text
from ldmrelease.render.gate.report_rows import ReportRow, Severity, image_title, relative, report_rows

_ELEMENTS = {
    GateVerdict.REFUSED: "failure",
    GateVerdict.UNDECIDED: "error",
    GateVerdict.WAITING: "skipped",
}


class _Case(NamedTuple):
    name: str
    file: str
    element: str | None
    kind: str
    lines: list[str]


def junit_report(answer: GateAnswer, *, waiting_is_bad: bool) -> str:
    """The report. An image that has to wait is skipped, or has failed where that is bad."""
    rows: dict[int, list[ReportRow]] = defaultdict(list)
    unread: list[_Case] = []
    for row in report_rows(answer, waiting_is_bad=waiting_is_bad):
        if row.image is None:
            at = printable(location_text(row.location))
            lines = [at, *row.lines]
            unread.append(_Case(f"{at} {row.rule}", row.location.file, "error", row.rule, lines))
        else:
            rows[id(row.image)].append(row)
    cases = [
        *unread,
        *(_case(each, rows[id(each)], waiting_is_bad=waiting_is_bad) for each in answer.images),
    ]
    counts = Counter(each.element for each in cases)
    numbers = f'tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
    head = f'<testsuite name="ldmrelease gate" {numbers} skipped="{counts["skipped"]}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'{head} timestamp="{answer.now.removesuffix("Z")}">']
    lines += [line for each in cases for line in _element(each)]
    return "\n".join([*lines, "</testsuite>"])


def _case(image: GateImageAnswer, rows: list[ReportRow], *, waiting_is_bad: bool) -> _Case:
    element = _ELEMENTS.get(image.verdict)
    if element == "skipped" and waiting_is_bad:
        element = "failure"
    file = image.parts[0].file if image.parts else ""
    where = [
        printable(f"{location_text(each)} {each.path}" if each.path else location_text(each))
        for each in image.parts
    ]
    unmet = [each for each in rows if each.severity is not Severity.NOTE]
    lines = [line for each in (unmet if element else rows) for line in each.lines]
    return _Case(image_title(image), file, element, str(image.verdict), [*where, *lines])


def _element(case: _Case) -> list[str]:
    start = f'  <testcase name="{escape(case.name)}" classname="{escape(printable(relative(case.file)))}"'
    if case.element is None and len(case.lines) < 2:
        return [f"{start}/>"]
    told = escape("\n".join(case.lines))
    if case.element is None:
        return [f"{start}>", f"    <system-out>{told}</system-out>", "  </testcase>"]
    message = escape(case.lines[1] if len(case.lines) > 1 else case.kind)
    inner = f'    <{case.element} type="{escape(case.kind)}" message="{message}">{told}</{case.element}>'
    return [f"{start}>", inner, "  </testcase>"]
