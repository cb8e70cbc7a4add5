"""What a gate says of a change, for people at a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ldmrelease.answers.gate import (
    GateAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import few
from ldmrelease.render.gate.gate_text import COLOURS, ORDER, remedies
from ldmrelease.render.tables import Cell, painted, table

CONFLICTS = "it has merge conflicts: this is about what it changes, not about the result of the merge"
_NOTHING = "-"
_MOST = 10
"""How many images of which the same is found are told."""


def merge_text(answer: GateAnswer) -> str:
    """The verdict, what changes, and why something may not enter or not yet."""
    lines = [_headline(answer)]
    if answer.conflicts:
        lines.append(CONFLICTS)
    if answer.images:
        lines += ["", _changes(answer)]
    for images in alike(answer.images):
        lines += ["", *_reasons(images)]
    for images in excused_alike(answer.images):
        names = few([f"{place_text(each)} {each.component or ''}".rstrip() for each in images])
        lines += ["", f"approved and waived: {printable(names)}"]
        lines += [f"  {printable(excuse_text(each))}" for each in images[0].excuses]
    for each in answer.unreadable:
        lines += ["", _unreadable(each)]
    return "\n".join(lines)


def _headline(answer: GateAnswer) -> str:
    mark = painted(answer.verdict.upper(), COLOURS[answer.verdict])
    return f"{mark}: {printable(f'{answer.head} into {answer.base}')}: {image_counts(answer)}"


def image_counts(answer: GateAnswer) -> str:
    """How many images have which verdict. Where none is told, and something could not be read, there may be others."""
    counts = Counter(each.verdict for each in answer.images)
    told = ", ".join(f"{counts[each]} {each}" for each in GateVerdict if counts[each])
    return told or ("no image could be decided about" if answer.unreadable else "no image changes")


def _changes(answer: GateAnswer) -> str:
    rows: list[list[str | Cell]] = [
        [
            # A line that begins with a name of the tree's may be a command of GitHub's.
            Cell(f"{each.verdict}{', older' if each.older else ''}", COLOURS[each.verdict]),
            place_text(each),
            each.component or _NOTHING,
            each.previous or _NOTHING,
            each.image or _NOTHING,
            each.release or _NOTHING,
        ]
        for each in answer.images
    ]
    return table(["verdict", "place", "component", "before", "after", "release"], rows, spare=("before",))


def place_text(image: GateImageAnswer) -> str:
    """The place of an image; for an image of nobody, what the tree calls it."""
    return image.place or f"{image.environment}/{image.application}"


def part_text(part: SourceLocation) -> str:
    """Where a scalar stands that decides an image."""
    return f"{part.file}:{part.line or 0}: {part.path}"


def alike(images: Iterable[GateImageAnswer]) -> Iterator[list[GateImageAnswer]]:
    """The images of which the same is found, the worst first."""
    groups: dict[tuple[object, ...], list[GateImageAnswer]] = {}
    for each in images:
        told = tuple((found.requirement, found.sentence, found.next) for found in each.findings)
        if told:
            groups.setdefault((each.verdict, told), []).append(each)
    for verdict in ORDER:
        yield from (found for key, found in groups.items() if key[0] is verdict)


def excused_alike(images: Iterable[GateImageAnswer]) -> Iterator[list[GateImageAnswer]]:
    """The images of which the same was approved or waived."""
    groups: dict[tuple[str, ...], list[GateImageAnswer]] = {}
    for each in images:
        if each.excuses:
            groups.setdefault(tuple(map(excuse_text, each.excuses)), []).append(each)
    yield from groups.values()


def excuse_text(found: GateFindingAnswer) -> str:
    """What was approved or waived, by whom and until when, as its sentence says it."""
    return f"{found.outcome}: {found.requirement}: {found.sentence}"


def _reasons(images: list[GateImageAnswer]) -> Iterator[str]:
    for image in images[:_MOST]:
        mark = painted(image.verdict.upper(), COLOURS[image.verdict])
        until = f", at the earliest {image.eligible_at}" if image.eligible_at else ""
        about = f"{place_text(image)} {image.component or ''} {image.image or ''}".rstrip()
        yield f"{mark}: {printable(about)}{until}"
        for part in image.parts:
            yield f"  in {printable(part_text(part))}"
    if len(images) > _MOST:
        yield f"and {len(images) - _MOST} more"
    for each in images[0].findings:
        yield f"  {_finding(each)}"
        for remedy in remedies(each):
            yield f"    {printable(remedy)}"


def _finding(found: GateFindingAnswer) -> str:
    name = f"{found.requirement}: " if found.requirement else ""
    return printable(f"{found.outcome}  {name}{found.sentence}")


def _unreadable(found: GateFindingAnswer) -> str:
    """With the file, which the sentence about a file of the tree begins with, and that about a bundle does not."""
    at = found.location
    if at is None or found.sentence.startswith(at.file):
        return _finding(found)
    return printable(f"{found.outcome}  {at.file}: {found.sentence}")
