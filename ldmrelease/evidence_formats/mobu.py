"""What mobu tells of its flocks (`/mobu/flocks/NAME`, its `/summary`) and of one-off runs (`/mobu/run`).

Each monkey is a test, `FLOCK/MONKEY`; of a summary the flock itself, of a one-off run `run`. It has passed with at
least one success and no failure; one that has done nothing yet is warned of.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.evidence_formats.found import TestsFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, add_outcome, found_tests, read_json


class _Counts(Struct):
    success_count: int
    failure_count: int


class _Monkey(Struct):
    name: str
    business: _Counts
    state: str = "RUNNING"


class _Flock(Struct):
    name: str
    monkeys: list[object]


class _Summary(_Counts):
    name: str
    start_time: str | None = None


class _Run(Struct):
    success: bool
    error: str | None = None


def read(data: bytes) -> TestsFound | DocumentFaults:
    """The tests of one answer of mobu, or of a list of them."""
    plain = read_json(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    tests: dict[str, str] = {}
    started: list[datetime] = []
    for index, each in enumerate(plain if isinstance(plain, list) else [plain]):
        _answer(each, tests, started, fields, (index,) if isinstance(plain, list) else ())
    if not tests and not fields.faults:
        return refused("no-tests", "nothing was run", expected="at least one monkey, flock or run")
    return fields.refused() or found_tests(tests, started=min(started, default=None))


def _answer(
    plain: Any, tests: dict[str, str], started: list[datetime], fields: Fields, path: tuple[int, ...]
) -> None:
    known = plain if isinstance(plain, dict) else {}
    if "monkeys" in known:
        flock = fields.read(plain, _Flock, *path)
        for number, monkey in fields.each(flock.monkeys if flock else [], _Monkey, *path, "monkeys"):
            name = f"{flock.name if flock else ''}/{monkey.name}"
            add_outcome(tests, fields.name(name, *path, "monkeys", number), _monkey(monkey, fields, path))
    elif "success" in known:
        run = fields.read(plain, _Run, *path)
        if run is not None:
            add_outcome(tests, "run", "passed" if run.success and not run.error else "failed")
    else:
        summary = fields.read(plain, _Summary, *path)
        if summary is not None:
            begun = fields.time(summary.start_time, *path, "start_time")
            started += [] if begun is None else [begun]
            add_outcome(tests, fields.name(summary.name, *path, "name"), _counted(summary, fields, path))


def _monkey(monkey: _Monkey, fields: Fields, path: tuple[int, ...]) -> str:
    return "failed" if monkey.state == "ERROR" else _counted(monkey.business, fields, path)


def _counted(counts: _Counts, fields: Fields, path: tuple[int, ...]) -> str:
    if counts.success_count < 0 or counts.failure_count < 0:
        fields.note((*path, "success_count"), "not a count", counts.success_count, "a count")
    if counts.failure_count:
        return "failed"
    return "passed" if counts.success_count else "warned"


FORMAT = EvidenceFormat("mobu", "mobu: results of flocks and one-off runs", "mobu", "check", read)
