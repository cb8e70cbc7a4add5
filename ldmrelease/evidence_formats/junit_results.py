"""JUnit XML, as pytest, Maven Surefire, Gradle, Jenkins and their like write it."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.document_faults import DocumentFault, DocumentFaults, refused
from ldmrelease.evidence_formats.found import TestsFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import LONGEST_NAME, Fields, add_outcome, found_tests
from ldmrelease.evidence_formats.xml_reader import read_xml

_SUITES = ("testsuites", "testsuite")
_FAILED = ("failure", "error")
# Maven Surefire: it passed when it was run again.
_FLAKY = ("flakyFailure", "flakyError")


class _Case(Struct):
    name: str
    outcome: str | None


class _Report:
    """Hears the elements of a report. What was skipped has neither passed nor failed, and is left out."""

    def __init__(self) -> None:
        self.fields = Fields()
        self.tests: dict[str, str] = {}
        self.claimed = 0
        self.finished: datetime | None = None
        self._case: _Case | None = None
        self._suites: list[str] = []

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        if not self._suites and tag not in _SUITES:
            self._note(line, f"the document is a <{tag[:40]}>", "<testsuites> or <testsuite>")
        if tag in _SUITES or not self._suites:
            self._suites.append(attributes.get("name", ""))
            self.claimed += self._count(attributes, "failures", line) + self._count(
                attributes, "errors", line
            )
            self._time(attributes.get("timestamp"))
        elif tag == "testcase":
            self._case = _Case(self._name(attributes, line), "passed")
        elif self._case is not None:
            self._within(self._case, tag)
        elif tag in _FAILED:
            add_outcome(self.tests, self._suites[-1] or "testsuite", "failed")

    def _within(self, case: _Case, tag: str) -> None:
        if tag in _FAILED:
            case.outcome = "failed"
        elif tag in _FLAKY and case.outcome == "passed":
            case.outcome = "warned"
        elif tag == "skipped" and case.outcome == "passed":
            case.outcome = None

    def end(self, tag: str) -> None:
        if tag == "testcase" and self._case is not None:
            if self._case.outcome is not None:
                add_outcome(self.tests, self._case.name, self._case.outcome)
            self._case = None
        elif tag in _SUITES and self._suites:
            self._suites.pop()

    def _name(self, attributes: dict[str, str], line: int) -> str:
        whole = ".".join(filter(None, (attributes.get("classname"), attributes.get("name"))))
        name = " ".join(whole.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            self._note(line, "a test has no name that can be read", f"1 to {LONGEST_NAME} characters")
        return name

    def _count(self, attributes: dict[str, str], name: str, line: int) -> int:
        text = attributes.get(name, "0") or "0"
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self._note(line, f"{name} is not a number", "a number")
            return 0
        return int(text)

    def _time(self, text: str | None) -> None:
        # Most writers leave the zone out: such a time says nothing.
        try:
            moment = datetime.fromisoformat(text) if text else None
        except ValueError:
            return
        if moment is not None and moment.tzinfo is not None:
            self.finished = moment if self.finished is None else max(self.finished, moment)

    def _note(self, line: int, message: str, expected: str) -> None:
        self.fields.faults.append(DocumentFault("unexpected", message, line, 1, "", None, expected))
        del self.fields.faults[20:]


def read(data: bytes) -> TestsFound | DocumentFaults:
    """The tests of a report, by class and name."""
    report = _Report()
    faults = read_xml(data, report) or report.fields.refused()
    if faults is not None:
        return faults
    if not report.tests:
        return refused("no-tests", "no test was run", expected="at least one <testcase> that was not skipped")
    found = found_tests(report.tests, finished=report.finished)
    if report.claimed and not found.failed and not found.warned:
        return refused("contradiction", "it counts failures, and has no test that failed; is it cut?")
    return found


FORMAT = EvidenceFormat("junit", "JUnit XML: results of tests", "junit", "check", read)
