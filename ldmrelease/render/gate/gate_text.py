"""A gate's answer for people: what stands in the way first, images of one kind together, then the verdict."""

from collections import Counter
from collections.abc import Iterator

from ldmrelease.answers.gate import (
    GateAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import command_line, counted, listed
from ldmrelease.domain.decision import Outcome
from ldmrelease.render.decisions import MARKS
from ldmrelease.render.tables import Colour, painted

COLOURS = {
    GateVerdict.ALLOWED: Colour.green,
    GateVerdict.WAITING: Colour.yellow,
    GateVerdict.REFUSED: Colour.red,
    GateVerdict.UNDECIDED: Colour.red,
    GateVerdict.UNMANAGED: Colour.grey,
}
ORDER = (
    GateVerdict.UNDECIDED,
    GateVerdict.REFUSED,
    GateVerdict.WAITING,
    GateVerdict.UNMANAGED,
    GateVerdict.ALLOWED,
)
_MOST = 10
"""How many places of one kind are shown."""
_WIDTH = max(len(mark) for mark, _ in MARKS.values())


def gate_text(answer: GateAnswer) -> str:
    """The whole answer; a change says what an image was before."""
    lines = [line for each in answer.unreadable for line in _unreadable(each)]
    groups: dict[tuple[object, ...], list[GateImageAnswer]] = {}
    for image in answer.images:
        groups.setdefault(_key(image), []).append(image)
    for verdict in ORDER:
        for images in groups.values():
            if images[0].verdict is verdict:
                lines += _group(images)
    return "\n".join([*lines, verdict_line(answer)])


def verdict_line(answer: GateAnswer) -> str:
    """The verdict, and how many images have which."""
    mark = painted(str(answer.verdict).upper(), COLOURS[answer.verdict])
    return f"{mark}: {verdict_counts(answer)}, as of {answer.now}"


def verdict_counts(answer: GateAnswer) -> str:
    """How many images have which verdict, and how much could not be read."""
    counts = Counter(each.verdict for each in answer.images)
    told = [f"{counts[each]} {each}" for each in reversed(ORDER) if counts[each]]
    if answer.unreadable:
        told.append(f"{counted(len(answer.unreadable), 'document')} unreadable")
    return ", ".join(told) or "no images"


def location_text(location: SourceLocation | None) -> str:
    """`file:line`, as far as it is known."""
    if location is None:
        return ""
    return location.file if location.line is None else f"{location.file}:{location.line}"


def _key(image: GateImageAnswer) -> tuple[object, ...]:
    """What is told once: the same image at the same place, with the same said of it."""
    codes = tuple((each.requirement, each.code, each.sentence) for each in image.findings)
    return image.verdict, image.place, image.image, image.previous, codes


def _group(images: list[GateImageAnswer]) -> Iterator[str]:
    first = images[0]
    mark = painted(str(first.verdict), COLOURS[first.verdict])
    about = f"  {first.place}" if first.place is not None else ""
    release = f"  ({first.release})" if first.release is not None else ""
    before = f"{first.previous} -> " if first.previous is not None else ""
    yield mark + printable(f"{about}  {before}{first.image or 'nothing'}{release}")
    for each in images[:_MOST]:
        # A line that begins with the name of a file may be a command of GitHub's.
        yield f"  in {printable(_where(each))}"
    if len(images) > _MOST:
        yield f"  and {counted(len(images) - _MOST, 'other place')}"
    for finding in sorted(first.findings, key=lambda each: list(MARKS).index(each.outcome)):
        yield from _finding(finding)


def _where(image: GateImageAnswer) -> str:
    named = f"{image.kind or '?'}/{image.name or '?'} {image.container or ''}".strip()
    at = location_text(image.parts[0] if image.parts else None)
    return f"{at}  {named}" if image.kind is not None or image.name is not None else at


def _finding(finding: GateFindingAnswer) -> Iterator[str]:
    mark, colour = MARKS[finding.outcome]
    about = f"{finding.requirement}: " if finding.requirement is not None else ""
    told = printable(f"{about}{finding.sentence}")
    yield f"  {painted(mark, colour)}{' ' * (_WIDTH - len(mark))}  {told}"
    if finding.outcome in (Outcome.SATISFIED, Outcome.WAIVED):
        return
    for remedy in remedies(finding):
        yield f"  {' ' * _WIDTH}    {printable(remedy)}"


def remedies(finding: GateFindingAnswer) -> Iterator[str]:
    """What can be done about a finding: when, who, and what to type."""
    if finding.eligible_at is not None:
        yield f"can become true {finding.eligible_at}"
    if finding.who:
        yield f"who can change it: {listed(finding.who)}"
    if finding.next:
        yield f"next: {command_line(finding.next)}"


def _unreadable(finding: GateFindingAnswer) -> Iterator[str]:
    at = finding.location
    path = f": {at.path}" if at is not None and at.path is not None else ""
    told = printable(f"{location_text(at)}{path}: {finding.sentence}")
    yield f"{painted('unreadable', Colour.red)}  {told}"
