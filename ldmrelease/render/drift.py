"""Desired, decided and observed for people, and what to do where they differ."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.refusals import refusal_words
from ldmrelease.answers.sentences.text import Values, listed, said, short, values_of
from ldmrelease.render.output import Cell, Colour, painted, table

if TYPE_CHECKING:
    from ldmrelease.services.inventory.comparison import DesiredImage, LiveComponent, RunningImage
    from ldmrelease.services.inventory.drift_report import DriftFinding
    from ldmrelease.services.inventory.live import UnavailablePlace

Words = Callable[[Values], str]


def live_table(rows: Sequence[LiveComponent]) -> str:
    """Desired, decided and observed, a line for each setting or container."""
    if not rows:
        return "not deployed anywhere"
    headers = ["place", "component", "at", "desired", "decided", "observed", "state"]
    return table(headers, [_line(each) for each in rows])


def drift_text(found: Sequence[DriftFinding], *, is_whole: bool = True) -> str:
    """Every difference, where it is, and the next command; `is_whole` where every place could be looked at."""
    nothing = "no drift was found" if is_whole else "no drift was found where somebody answered"
    return "\n".join(_difference(each) for each in found) or nothing


def missed_text(missed: UnavailablePlace) -> str:
    """A place that could not be looked at, and why."""
    return f"{missed.place}: unreachable: {'; '.join(refusal_words(each) for each in missed.why)}"


def _line(row: LiveComponent) -> list[str | Cell]:
    decided = row.decided.release.partition("/")[2] if row.decided is not None else None
    return [
        str(row.place),
        f"{row.product}/{row.component}",
        row.at,
        _desired(row.desired),
        decided or Cell("nothing", Colour.grey),
        _observed(row.observed),
        _state(row),
    ]


def _desired(desired: DesiredImage | None) -> str | Cell:
    if desired is None:
        return Cell("?", Colour.grey)
    return _image(desired.spelling, desired.release)


def _observed(observed: RunningImage | None) -> str | Cell:
    if observed is None:
        return Cell("?", Colour.grey)
    if observed.basis == "committed":
        return _image(observed.spelling, observed.release)
    images = observed.release or listed(map(short, observed.digests))
    return f"{_tag(images)} ({observed.verdict})"


def _image(spelling: str, release: str | None) -> str:
    """What a reference says of the image, without its repository; its release where that is known."""
    name, _, digest = spelling.rpartition("@")
    last = short(digest) if name else spelling.rpartition("/")[2]
    return _tag(release) if release is not None else last


def _tag(release: str) -> str:
    return release.partition("/")[2] or release


def _state(row: LiveComponent) -> Cell:
    if row.drift:
        return Cell(", ".join(each.code for each in row.drift), Colour.red)
    if row.unheard:
        return Cell("unreachable", Colour.yellow)
    if row.promotion is not None:
        return Cell(f"{row.promotion} is at work", Colour.yellow)
    if row.desired is None and row.observed is None:
        return Cell("nothing there", Colour.grey)
    return Cell("as decided", Colour.green)


def _difference(found: DriftFinding) -> str:
    where = f"{found.place} {found.product}/{found.component}" + (f" ({said(found.at)})" if found.at else "")
    words = DRIFT_WORDS[found.code](values_of(found.values))
    command = shlex.join(found.fix)
    how = (
        "decide about it" if found.code == "undecided" and "decided" not in found.values else _HOW[found.code]
    )
    return f"{painted(found.code, Colour.red)}: {where}: {words}\n  {how}: {command}"


def _who(v: Values) -> str:
    if "by" not in v:
        return ""
    return f"; {said(v['by'])} wrote it" + (f" at {said(v['time'])}" if v.get("time") else "")


def _instead(v: Values) -> str:
    return f", and {said(v['decided'])} was decided" if "decided" in v else ", and nothing was decided there"


DRIFT_WORDS: Mapping[str, Words] = {
    "undecided": lambda v: f"{said(v['image'])} was let in by no decision{_instead(v)}{_who(v)}",
    "moved-tag": lambda v: (
        f"{said(v['image'])} now names {said(v['digest'])}, and {said(v['decided'])} was decided"
    ),
    "absent-image": lambda v: f"{said(v['image'])} names no image{_instead(v)}{_who(v)}",
    "spec-differs": lambda v: (
        f"{said(v['workload'])} was set to {said(v['image'])}"
        f"{', and the tree says ' + said(v['wanted']) if 'wanted' in v else _instead(v)}{_who(v)}"
    ),
    "not-synced": lambda v: (
        f"the tree says {said(v['wanted'])}, and {said(v['workload'])} still says {said(v['image'])}{_who(v)}"
    ),
    "not-rolled-out": lambda v: (
        f"{said(v['workload'])} says {said(v['image'])}, and "
        + (
            f"its pods run {v.listed('found')}"
            if "found" in v
            else f"is {said(v['verdict'])}: {said(v['reason'])}"
        )
    ),
}

_HOW: Mapping[str, str] = {
    "undecided": "put back what was decided",
    "moved-tag": "pin what it names now and decide about it, or go back",
    "absent-image": "go back to what is there",
    "spec-differs": "put back what was decided",
    "not-synced": "sync it with the tool that does, then look again",
    "not-rolled-out": "see why",
}
