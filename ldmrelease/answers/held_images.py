"""That what is at a place is recalled, as a finding."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.places import WhereAnswer
from ldmrelease.answers.sentences.text import said
from ldmrelease.domain.times import spell
from ldmrelease.services.acts.held_images import HeldImage

HELD = "held"


def held_findings(held: Iterable[HeldImage]) -> tuple[FindingAnswer, ...]:
    """Each recall that an image falls under, with who recalled it and why."""
    return tuple(map(_finding, held))


def with_held(rows: Sequence[WhereAnswer], held: Sequence[tuple[HeldImage, ...]]) -> list[WhereAnswer]:
    """The rows with what is recalled among them."""
    return [
        replace(row, findings=(*row.findings, *held_findings(each))) if each else row
        for row, each in zip(rows, held, strict=True)
    ]


def held_lines(rows: Iterable[WhereAnswer]) -> str:
    """A line for each image that is recalled, below a table."""
    found = [
        f"held: {row.place} {row.product}/{row.component}: {each.sentence}"
        for row in rows
        for each in row.findings
        if each.code == HELD
    ]
    return "".join(f"\n{each}" for each in found)


def _finding(held: HeldImage) -> FindingAnswer:
    hold = held.hold
    values = {
        "hold": hold.id,
        "person": hold.person,
        "since": spell(hold.since),
        "reason": hold.body.reason,
    }
    sentence = f"{said(hold.id)} by {said(hold.person)} since {values['since']}: {said(hold.body.reason)}"
    if held.unknown is not None:
        values["unknown"] = held.unknown.reason
        sentence += f" (nobody can tell whether it is meant: {said(held.unknown.reason)})"
    return FindingAnswer(code=HELD, values=values, sentence=sentence)
