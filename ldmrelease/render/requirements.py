"""What a level demands, in words: each requirement with the sentence that it comes from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.requirements import requirement_words
from ldmrelease.answers.sentences.text import any_of, counted, listed, span
from ldmrelease.domain.level import KEPT_RULE, Ask, Recalled, Unmanaged, WaiverLimits
from ldmrelease.domain.overlays import OverlayKind
from ldmrelease.domain.times import spell

if TYPE_CHECKING:
    from ldmrelease.domain.level import Level, LevelOverlay, Requirement

_WIDTH = 110
_ASKS = {
    Ask.ALWAYS: "Somebody confirms each change here; where nobody can be asked it takes --yes.",
    Ask.TERMINAL: "Somebody confirms each change here that is asked for on a terminal.",
}


def level_words(level: Level, environment: str | None = None) -> str:
    """A level as a text for people; with an environment, what that asks beyond its level is taken in already."""
    where = f" in {environment}" if environment else ""
    lines = [f"{level.name}{where}, version {level.version} ({level.digest})", *_source(level.source, "  ")]
    lines += ["", f"Accepts tags of kind {listed(level.accepts)}."]
    if level.excludes:
        lines.append(f"Excludes tags of kind {listed(level.excludes)} by name.")
    if level.availability is not None:
        lines.append(f"A release should run here within {span(level.availability)} of its tag (reported).")
    if level.ask is not Ask.NEVER:
        lines.append(_ASKS[level.ask])
    if level.unmanaged is Unmanaged.REFUSED:
        lines.append("A gate refuses images that no product of the workspace declares.")
    if level.recalled is Recalled.BLOCKED:
        lines.append("What runs and is recalled may not start again, where admission asks.")
    if level.waivers != WaiverLimits():
        most = counted(level.waivers.number, "waiver")
        lines.append(
            f"At most {most} of a release may be in use at a place, each for {span(level.waivers.life)}."
        )
    lines += _part("Before anything is touched:", level.enter)
    lines += _part("After it runs there:", level.confirm)
    if environment is None:
        for name, own in level.environments.items():
            if own.excludes:
                lines += ["", f"In {name}, tags of kind {listed(own.excludes)} are excluded."]
            lines += _part(f"In {name}, before anything is touched, also:", own.enter)
            lines += _part(f"In {name}, after it runs there, also:", own.confirm)
    overlays = [*level.compressions.values(), *([level.emergency] if level.emergency is not None else [])]
    for each in overlays:
        lines += ["", *_overlay(each)]
    return "\n".join(lines)


def _part(title: str, requirements: Iterable[Requirement]) -> list[str]:
    lines = [line for each in requirements for line in _requirement(each)]
    return ["", title, *lines] if lines else []


def _overlay(overlay: LevelOverlay) -> list[str]:
    """What is asked less, of whom, and what that owes."""
    emergency = overlay.kind is OverlayKind.EMERGENCY
    title = "In an emergency" if emergency else f"Compressed as {overlay.name}"
    lines = [f"{title}, asked for by {any_of(overlay.by)}:"]
    if overlay.keep is not None:
        lines.append(f"  Nothing stands in the way but {listed([KEPT_RULE, *overlay.keep])}.")
    elif overlay.drop:
        lines.append(
            f"  {listed(overlay.drop)} {'does' if len(overlay.drop) == 1 else 'do'} not stand in the way."
        )
    for name, own in overlay.shorten.items():
        asked = listed(
            f"{key.rstrip('_').replace('_', '-')} {_said(key, value)}" for key, value in own.items()
        )
        lines.append(f"  {name} is asked with {asked}.")
    if overlay.lasts is not None:
        lines.append(f"  It holds for {span(overlay.lasts)}.")
    if overlay.environments is not None:
        lines.append(f"  Only in {listed(overlay.environments)}.")
    lines.append(f"  A review is owed within {span(overlay.review_within)}.")
    return lines


def _said(key: str, value: object) -> str:
    """A parameter's value; those that are times are seconds."""
    timed = key == "for_" or key.endswith("age") or key == "grace"
    return span(value) if timed and isinstance(value, int) else str(value)


def _requirement(requirement: Requirement) -> list[str]:
    lines = [f"  {requirement.id}", *_wrapped(requirement_words(requirement), "    ")]
    if requirement.enforce_from is not None:
        lines.append(f"    Until {spell(requirement.enforce_from)} it is reported and does not refuse.")
    if requirement.waivable_by:
        lines.append(f"    May be waived by: {', '.join(requirement.waivable_by)}.")
    return lines + _source(requirement.source, "    ")


def _source(source: str | None, indent: str) -> list[str]:
    return _wrapped(f"From {source}", indent) if source else []


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(printable(text), _WIDTH, initial_indent=indent, subsequent_indent=indent)
