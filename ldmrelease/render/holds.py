"""Holds for people: what is held, who set it, where it bites, and what takes it away there."""

from collections.abc import Iterator, Sequence

from ldmrelease.answers.holds import AffectedAnswer, HoldAnswer, HoldsAnswer, HoldSetAnswer
from ldmrelease.answers.sentences.text import command_line, counted, few, indented, listed, said, short
from ldmrelease.render.tables import Cell, Colour, table

_COLOURS = {"stands": Colour.red, "to-come": Colour.yellow, "draft": Colour.yellow, "lifted": Colour.grey}
_EVERYWHERE = "everywhere"


def holds_text(answer: HoldsAnswer, none: str) -> str:
    """A table of holds, and below it what does not count."""
    headers = ["hold", "state", "what", "where", "by", "since", "until", "reason"]
    lines = [table(headers, map(_row, answer.holds), spare=("since", "by"))] if answer.holds else [none]
    lines += [
        f"event {each.sequence} ({each.kind}) does not count: {said(each.code)}" for each in answer.uncounted
    ]
    return "\n".join(lines)


def lifted_text(hold: HoldAnswer) -> str:
    """That a hold is lifted."""
    reason = said(hold.lifted.reason) if hold.lifted is not None else ""
    return f"LIFTED {said(hold.hold)}: {_what(hold)}, {_where(hold)}: {reason}"


def hold_set_text(answer: HoldSetAnswer) -> str:
    """A hold that was set, or would be, with all that it comes to."""
    return "\n".join(_lines(answer))


def _lines(answer: HoldSetAnswer) -> Iterator[str]:
    hold = answer.hold
    done = "FROZEN" if hold.kind == "freeze" else "RECALLED"
    named = f"{done} as {said(hold.hold)}" if answer.recorded else "nothing was recorded; it would be"
    yield f"{named}: {_what(hold)}, {_where(hold)}{_when(hold)}: {said(hold.reason)}"
    if hold.kind == "recall":
        yield from _running(answer)
    elif not answer.places:
        yield "no place of the workspace is there now"
    for each in answer.promotions:
        yield f"{each.promotion} ({each.state}) does not bring {said(each.release)} into {few(each.places)}"
        if each.state == "waiting":
            yield f"  what it has proposed can be merged until it is withdrawn: ldmrelease resume {each.promotion}"
    for missed in answer.unreachable:
        yield f"not asked: {missed.place}: {listed(each.sentence for each in missed.why)}"
    if answer.unobserved:
        yield f"nobody has observed {few(answer.unobserved)}"
    if answer.recorded:
        yield f"lift it: ldmrelease lift {hold.hold} --reason WHY"


def _running(answer: HoldSetAnswer) -> Iterator[str]:
    sure = [each for each in answer.running if each.unknown is None]
    if not sure:
        yield "it runs nowhere, as far as is known"
    else:
        yield f"it is at {counted(len({each.place for each in sure}), 'place')}:"
        headers = ["place", "component", "release", "image", "since", "state", "in git"]
        yield from indented(table(headers, map(_affected, sure), spare=("image",)).splitlines(), 2)
        yield from indented(_pods(sure), 2)
        yield from indented(_ways_back(sure), 2)
    for each in answer.running:
        if each.unknown is not None:
            yield f"nobody can tell of {each.place} {said(each.component)}: {said(each.unknown)}"


def _pods(images: Sequence[AffectedAnswer]) -> list[str]:
    return [
        f"{image.place}: {said(each.workload)} {said(each.container)} in "
        f"{listed(map(said, each.pods)) if each.pods else 'no pod'}"
        for image in images
        for each in image.workloads
    ]


def _ways_back(images: Sequence[AffectedAnswer]) -> list[str]:
    """A line for each command, and for each place of which nobody knows what ran before."""
    told = {
        f"next: {command_line(each.next)}"
        if each.next is not None
        else f"{each.place}: nothing is known that it could go back to and that is not recalled"
        for each in images
    }
    return sorted(told)


def _affected(image: AffectedAnswer) -> list[str]:
    return [
        image.place,
        f"{image.product}/{image.component}",
        (image.release or "").partition("/")[2] or "-",
        short(image.digest or image.spelling),
        image.since or "-",
        image.state or "seen now",
        "?" if image.desired is None else "yes" if image.desired else "no",
    ]


def _row(hold: HoldAnswer) -> list[str | Cell]:
    until = hold.lifted.time if hold.lifted is not None else hold.end or ""
    return [
        hold.hold,
        Cell(hold.state, _COLOURS.get(hold.state)),
        _what(hold),
        _where(hold),
        hold.person,
        hold.since,
        until,
        hold.reason,
    ]


def _what(hold: HoldAnswer) -> str:
    """What is held, in a few words."""
    if hold.kind == "freeze":
        return "freeze, rollbacks pass" if hold.lets_back else "freeze"
    named = (
        said(hold.release) if hold.release is not None else few([short(each) for each in hold.subjects], 1)
    )
    if hold.component is not None:
        named = f"{said(hold.component)} of {named}"
    words = [named] if hold.release is not None or hold.subjects else []
    words += [f"where {said(hold.predicate)}"] if hold.predicate is not None else []
    return f"recall of {' '.join(words)}" if words[:1] == [named] else f"recall {words[0]}"


def _where(hold: HoldAnswer) -> str:
    return listed(map(said, hold.scopes)) if hold.scopes else _EVERYWHERE


def _when(hold: HoldAnswer) -> str:
    begin = f" from {hold.start}" if hold.start is not None else ""
    return begin + (f" until {hold.end}" if hold.end is not None else "")
