"""SARIF 2.1.0: what tools of static analysis find. Each rule is a test."""

from datetime import datetime

from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.evidence_formats.found import TestsFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, add_outcome, found_tests, read_object

_OUTCOMES = {"error": "failed", "warning": "warned", "note": "passed", "none": "passed"}
_UNDECIDED = ("open", "review")


class _Configuration(Struct):
    level: str = "warning"


class _Rule(Struct, rename="camel"):
    id: str
    default_configuration: _Configuration = field(default_factory=_Configuration)


class _Driver(Struct):
    name: str
    rules: list[_Rule] = field(default_factory=list)


class _Tool(Struct):
    driver: _Driver
    extensions: list[_Driver] = field(default_factory=list)


class _Invocation(Struct, rename="camel"):
    execution_successful: bool = True
    end_time_utc: str | None = None


class _Suppression(Struct):
    status: str = "accepted"


class _Reference(Struct):
    id: str | None = None


class _Result(Struct, rename="camel"):
    rule_id: str | None = None
    rule_index: int = -1
    rule: _Reference = field(default_factory=_Reference)
    level: str | None = None
    kind: str = "fail"
    suppressions: list[_Suppression] | None = None


class _Run(Struct):
    tool: _Tool
    results: list[object] | None = None
    invocations: list[_Invocation] = field(default_factory=list)


def read(data: bytes) -> TestsFound | DocumentFaults:
    """The rules of all runs: failed with an error that is not suppressed, warned with a warning."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    if plain.get("version") != "2.1.0":
        fields.note(("version",), "not a version that is read", plain.get("version"), "2.1.0")
    tests: dict[str, str] = {}
    ended: list[datetime] = []
    for index, run in fields.each(plain.get("runs"), _Run, "runs"):
        if run.results is None and _successful(run):
            # SARIF 3.14.23: without a list of results nothing was looked for.
            fields.note(("runs", index, "results"), "the tool has not told what it found", None, "a list")
        _add(tests, run, index, fields)
        ends = (fields.time(each.end_time_utc, "runs", index, "invocations") for each in run.invocations)
        ended += [each for each in ends if each is not None]
    if not tests and not fields.faults:
        return refused("no-tests", "no tool was run", expected="at least one run")
    return fields.refused() or found_tests(tests, finished=max(ended, default=None))


def _add(tests: dict[str, str], run: _Run, index: int, fields: Fields) -> None:
    driver = run.tool.driver
    ran = "passed" if _successful(run) else "failed"
    add_outcome(tests, fields.name(driver.name, "runs", index, "tool"), ran)
    rules = [rule for each in (driver, *run.tool.extensions) for rule in each.rules]
    levels = {each.id: each.default_configuration.level for each in rules}
    for rule in levels:
        add_outcome(tests, fields.name(rule, "runs", index, "tool", "driver", "rules"), "passed")
    for number, result in fields.each(run.results or [], _Result, "runs", index, "results"):
        by_index = driver.rules[result.rule_index].id if 0 <= result.rule_index < len(driver.rules) else None
        rule = result.rule_id or result.rule.id or by_index or driver.name
        path = ("runs", index, "results", number)
        level = result.level or levels.get(rule, "warning")
        add_outcome(tests, fields.name(rule, *path), _outcome(result, level, fields, path))


def _successful(run: _Run) -> bool:
    return all(each.execution_successful for each in run.invocations)


def _outcome(result: _Result, level: str, fields: Fields, path: tuple[str | int, ...]) -> str:
    if level not in _OUTCOMES:
        fields.note((*path, "level"), "not a level", level, ", ".join(_OUTCOMES))
        return "failed"
    if any(each.status == "accepted" for each in result.suppressions or ()):
        return "passed"
    if result.kind in _UNDECIDED:
        return "warned"
    return _OUTCOMES[level] if result.kind == "fail" else "passed"


FORMAT = EvidenceFormat("sarif", "SARIF 2.1.0: findings of static analysis", "sarif", "check", read)
