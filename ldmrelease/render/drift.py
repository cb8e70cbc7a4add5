"""Desired, decided and observed for people, and what to do where they differ."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.advice import not_advised_words
from ldmrelease.answers.sentences.drift import (
    SETTLE_SWITCH,
    drift_words,
    fix_words,
    settled_words,
    switched_off_words,
    unknown_words,
    unrendered_words,
)
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import Values, listed, said, same_told, short
from ldmrelease.render.tables import Cell, Colour, painted, table

if TYPE_CHECKING:
    from ldmrelease.answers.drift import HeldNowAnswer
    from ldmrelease.services.audit.unknown_states import UnknownState
    from ldmrelease.services.inventory.comparison import DesiredImage, LiveComponent, RunningImage
    from ldmrelease.services.inventory.drift_report import DriftFinding, DriftReport
    from ldmrelease.services.inventory.live import UnavailablePlace, UnrenderedPlace
    from ldmrelease.services.inventory.switched_off import SwitchedOffApplication

Words = Callable[[Values], str]


def live_table(rows: Sequence[LiveComponent]) -> str:
    """Desired, decided and observed, a line for each setting or container."""
    if not rows:
        return "not deployed anywhere"
    headers = ["place", "component", "at", "desired", "decided", "observed", "state"]
    return table(headers, [_line(each) for each in rows], spare=("at", "decided", "desired"))


def drift_text(report: DriftReport) -> str:
    """Every difference, where it is, and the next command; first of how many places that can be said."""
    lines = [*map(_difference, report.drift), *map(_switched_off, report.switched_off)]
    if report.is_whole:
        return "\n".join(lines) or "no drift was found"
    of = f"{report.answered} of {report.places} places answered"
    if not report.unreachable:
        of += ", and not all was rendered in time"
    if lines:
        return "\n".join([f"{of}; not all that differs may be known:", *lines])
    return f"{of}, {'no drift was found there' if report.answered else 'nothing is known'}"


def held_now_lines(held: Iterable[HeldNowAnswer]) -> str:
    """A line for each recall that what is committed or runs falls under, below the differences."""
    found = [
        f"held: {each.place} {each.product}/{each.component} {'in git' if each.desired else 'runs'}: {each.sentence}"
        for each in held
    ]
    return "".join(f"\n{each}" for each in found)


def unrendered_lines(missed: Iterable[UnrenderedPlace]) -> list[str]:
    """What was not rendered, and why: a line for each reason, with the places that only their settings say."""
    return same_told(
        (each.place, f"known by its settings alone: {unrendered_words(why)}")
        for each in missed
        for why in each.why
    )


def _switched_off(found: SwitchedOffApplication) -> str:
    words = f"{painted('switched-off', Colour.red)}: {found.place}: {switched_off_words(found)}"
    return f"{words}\n  {SETTLE_SWITCH}"


def missed_lines(missed: Iterable[UnavailablePlace]) -> list[str]:
    """The places that could not be looked at, and why: a line for each reason."""
    return same_told(
        (each.place, f"unreachable: {'; '.join(refusal_words(why) for why in each.why)}") for each in missed
    )


def unknown_lines(unknown: Iterable[UnknownState]) -> list[str]:
    """What is known otherwise of states that nobody could ask for, and who could look."""
    return [line for each in unknown for line in _unknown(each)]


def _unknown(found: UnknownState) -> list[str]:
    words = f"{found.place}: {found.state}: {unknown_words(found.code, found.values)}"
    return [words, *([f"  who could settle it: {settled_words(found.settlers)}"] if found.settlers else [])]


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
    words = f"{painted(found.code, Colour.red)}: {where}: {drift_words(found.code, found.values)}"
    lines = [words, f"  {_next(found)}"]
    if found.settlers:
        lines.append(f"  who could settle it: {settled_words(found.settlers)}")
    return "\n".join(lines)


def _next(found: DriftFinding) -> str:
    if found.blocked is not None:
        return not_advised_words(found.blocked)
    command = f": {shlex.join(found.fix)}" if found.fix else ""
    return f"{fix_words(found.code, found.values, found.fix)}{command}"
