"""What a gate says of a change, for people at a terminal."""

from collections.abc import Iterator

from ldmrelease.answers.gate import GateAnswer, GateFindingAnswer, GateImageAnswer, GateVerdict
from ldmrelease.answers.sentences.text import command_line
from ldmrelease.render.tables import Cell, Colour, painted, table

COLOURS = {
    GateVerdict.ALLOWED: Colour.green,
    GateVerdict.WAITING: Colour.yellow,
    GateVerdict.UNDECIDED: Colour.red,
    GateVerdict.REFUSED: Colour.red,
    GateVerdict.UNMANAGED: Colour.grey,
}
CONFLICTS = "it cannot be merged as it is: this is about what it changes, not about what the merge will be"
_NOTHING = "-"


def merge_text(answer: GateAnswer) -> str:
    """The verdict, what changes, and why something may not enter or not yet."""
    lines = [_headline(answer)]
    if answer.conflicts:
        lines.append(CONFLICTS)
    if answer.images:
        lines += ["", _changes(answer)]
    for image in answer.images:
        if image.findings:
            lines += ["", *_reasons(image)]
    for each in answer.unreadable:
        lines += ["", _finding(each)]
    return "\n".join(lines)


def _headline(answer: GateAnswer) -> str:
    counts = {each: sum(image.verdict is each for image in answer.images) for each in GateVerdict}
    told = ", ".join(f"{count} {each}" for each, count in counts.items() if count) or "no image changes"
    mark = painted(answer.verdict.upper(), COLOURS[answer.verdict])
    return f"{mark}: {answer.head} into {answer.base}: {told}"


def _changes(answer: GateAnswer) -> str:
    rows: list[list[str | Cell]] = [
        [
            _where(each),
            each.component or _NOTHING,
            each.previous or _NOTHING,
            each.image or _NOTHING,
            each.release or _NOTHING,
            Cell(f"{each.verdict}{', older' if each.older else ''}", COLOURS[each.verdict]),
        ]
        for each in answer.images
    ]
    return table(["place", "component", "before", "after", "release", "verdict"], rows, spare=("before",))


def _where(image: GateImageAnswer) -> str:
    return image.place or f"{image.environment}/{image.application}"


def _reasons(image: GateImageAnswer) -> Iterator[str]:
    mark = painted(image.verdict.upper(), COLOURS[image.verdict])
    until = f", at the earliest {image.eligible_at}" if image.eligible_at else ""
    yield f"{mark}: {_where(image)} {image.component or ''} {image.image or ''}".rstrip() + until
    for part in image.parts:
        yield f"  {part.file}:{part.line or 0}: {part.path}"
    for each in image.findings:
        yield f"  {_finding(each)}"
        if each.who:
            yield f"    who can change it: {', '.join(each.who)}"
        if each.next:
            yield f"    next: {command_line(each.next)}"


def _finding(found: GateFindingAnswer) -> str:
    name = f"{found.requirement}: " if found.requirement else ""
    return f"{found.outcome}  {name}{found.sentence}"
