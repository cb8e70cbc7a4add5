"""Tests of policies for people, as a test runner prints them, and as JUnit XML for a CI's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted
from ldmrelease.render.tables import Colour, painted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ldmrelease.answers.policy_tests import (
        PolicyCaseAnswer,
        PolicyDifferenceAnswer,
        PolicyMutantAnswer,
        PolicyTestAnswer,
    )


def policy_test_text(answer: PolicyTestAnswer) -> str:
    """Every case by name, under its file; what differs under the case; counts at the end."""
    return "\n".join([*_cases(answer.cases), *_summary(answer), *_mutants(answer)])


def _cases(cases: Sequence[PolicyCaseAnswer]) -> Iterator[str]:
    for file, own in groupby(cases, key=lambda each: (each.file, each.level)):
        yield f"{printable(file[0])} (level {file[1]})"
        for each in own:
            if each.passed:
                yield f"  {painted('ok', Colour.green)}      {printable(each.name)}"
            else:
                yield f"  {painted('FAILED', Colour.red)}  {printable(each.name)} (line {each.line})"
                yield from (f"            {difference_line(one)}" for one in each.differences)


def difference_line(difference: PolicyDifferenceAnswer) -> str:
    """`smoke: expected satisfied, found missing/no-run`."""
    found = f"expected {difference.expected}, found {difference.found}"
    return printable(f"{difference.about}: {found}")


def _summary(answer: PolicyTestAnswer) -> Iterator[str]:
    failed = painted(f"{answer.failed} failed", Colour.red) if answer.failed else "none failed"
    yield f"{counted(len(answer.cases), 'case')}: {answer.passed} passed, {failed}"


def _mutants(answer: PolicyTestAnswer) -> Iterator[str]:
    if answer.mutants is None:
        return
    total = counted(len(answer.mutants), "mutant")
    survivors = [each for each in answer.mutants if each.found_by is None]
    if not survivors:
        yield f"{total}: a case fails for each"
        return
    yield f"{total}: {painted(f'{len(survivors)} survived', Colour.red)}, no case fails for them"
    for each in survivors:
        yield f"  {printable(each.file)}:{each.line}:{each.column}: {each.sentence}"


def policy_test_junit(answer: PolicyTestAnswer) -> str:
    """JUnit XML: a suite for each file of cases, and one for the mutants of each policy."""
    from xml.etree import ElementTree  # noqa: PLC0415 - for this output alone

    root = ElementTree.Element("testsuites", name="ldmrelease policy test")
    for (file, level), own in groupby(answer.cases, key=lambda each: (each.file, each.level)):
        cases = list(own)
        suite = _suite(root, file, len(cases), sum(not each.passed for each in cases))
        for each in cases:
            _junit_case(suite, level, each)
    for file, group in groupby(answer.mutants or (), key=lambda each: each.file):
        mutants = list(group)
        suite = _suite(
            root, f"mutants of {file}", len(mutants), sum(each.found_by is None for each in mutants)
        )
        for one in mutants:
            _junit_mutant(suite, one)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _suite(root: Element, name: str, tests: int, failures: int) -> Element:
    from xml.etree.ElementTree import SubElement  # noqa: PLC0415 - as above

    return SubElement(
        root,
        "testsuite",
        name=_xml_text(name),
        tests=str(tests),
        failures=str(failures),
        errors="0",
        skipped="0",
    )


def _junit_case(suite: Element, level: str, case: PolicyCaseAnswer) -> None:
    differences = [difference_line(each) for each in case.differences]
    where = f"{case.file}:{case.line}"
    _testcase(suite, level, case.name, differences, where)


def _junit_mutant(suite: Element, mutant: PolicyMutantAnswer) -> None:
    where = f"{mutant.file}:{mutant.line}:{mutant.column}"
    lines = [] if mutant.found_by is not None else [f"no case fails: {mutant.sentence}"]
    _testcase(suite, mutant.level, f"{mutant.sentence} (line {mutant.line})", lines, where)


def _testcase(suite: Element, level: str, name: str, faults: list[str], where: str) -> None:
    from xml.etree.ElementTree import SubElement  # noqa: PLC0415 - as above

    found = SubElement(suite, "testcase", name=_xml_text(name), classname=_xml_text(level), time="0")
    if faults:
        failure = SubElement(found, "failure", message=_xml_text(faults[0]), type="policy")
        failure.text = _xml_text("\n".join([where, *faults]))


def _xml_text(text: str) -> str:
    """Text without what XML cannot hold."""
    return "\n".join(map(printable, text.split("\n")))
