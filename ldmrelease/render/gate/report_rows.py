"""What a gate found, one row for each finding: what every format for other systems is made of."""

import enum
from collections.abc import Iterator
from typing import NamedTuple

from ldmrelease.answers.gate import (
    GateAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.domain.decision import IN_THE_WAY
from ldmrelease.render.gate.gate_text import remedies

UNMANAGED = "unmanaged"
"""In place of a requirement: an image that nobody declares, where that is only listed."""


class Severity(enum.StrEnum):
    """How bad a finding is: an `error` shuts the gate, a `warning` may go away by itself, a `note` is told."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class ReportRow(NamedTuple):
    """A finding, and the image that it is about: None for what could not be read.

    rule: the requirement, else the code. lines: what was found and what can be done, each without control characters.
    """

    severity: Severity
    rule: str
    location: SourceLocation
    lines: tuple[str, ...]
    image: GateImageAnswer | None
    finding: GateFindingAnswer | None


def report_rows(answer: GateAnswer, *, waiting_is_bad: bool) -> Iterator[ReportRow]:
    """Every finding. `waiting_is_bad`: what has to wait shuts the gate, too."""
    for unread in answer.unreadable:
        where = unread.location or SourceLocation(file="", line=None, path=None)
        yield ReportRow(Severity.ERROR, printable(unread.code), where, _lines(unread), None, unread)
    for image in answer.images:
        where = image.parts[0] if image.parts else SourceLocation(file="", line=None, path=None)
        if image.verdict is GateVerdict.UNMANAGED and not image.findings:
            told = f"no product of the workspace declares {printable(image.image or '')}"
            yield ReportRow(Severity.NOTE, UNMANAGED, where, (told,), image, None)
        for finding in image.findings:
            severity = _severity(image, finding, waiting_is_bad=waiting_is_bad)
            rule = printable(finding.requirement or finding.code)
            yield ReportRow(severity, rule, finding.location or where, _lines(finding), image, finding)


def image_title(image: GateImageAnswer) -> str:
    """Which image is meant, on one line: the place, the object, its container, and what is asked for."""
    named = f"{image.kind or ''}/{image.name or ''}" if image.kind or image.name else None
    known = (image.place, named, image.container or image.component, image.image or "nothing")
    return printable(" ".join(each for each in known if each))


def relative(file: str) -> str:
    """The path of a file as reports name it: from where the program was run, with no `./` before it."""
    return file.removeprefix("./")


def _severity(image: GateImageAnswer, finding: GateFindingAnswer, *, waiting_is_bad: bool) -> Severity:
    if finding.outcome not in IN_THE_WAY:
        return Severity.NOTE
    if image.verdict is GateVerdict.WAITING:
        return Severity.ERROR if waiting_is_bad else Severity.WARNING
    return Severity.ERROR if image.verdict in (GateVerdict.REFUSED, GateVerdict.UNDECIDED) else Severity.NOTE


def _lines(finding: GateFindingAnswer) -> tuple[str, ...]:
    about = f"{finding.requirement}: " if finding.requirement else ""
    return tuple(printable(each) for each in (f"{about}{finding.sentence}", *remedies(finding)))
