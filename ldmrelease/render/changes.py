"""What a request changes at its places, for people: before it is done, and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import few, indented, listed, said, short
from ldmrelease.domain.facts import Intent
from ldmrelease.render.tables import Colour, painted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldmrelease.services.promotions.changes import PlaceChange

_DONE = {
    Intent.PROMOTE: "PROMOTED",
    Intent.ROLLBACK: "ROLLED BACK",
    Intent.ALIAS: "MOVED",
    Intent.RETIRE: "RETIRED",
}
_MOST = 5
"""Images that are told of one release."""
_HOW = {
    "scaled-to-zero": " (scaled to zero: nothing runs there)",
    "scheduled": " (the next Job runs it)",
}


def done_text(change: PlaceChange) -> str:
    """`PROMOTED w.2023.15 -> w.2023.16  usdfdev/batch`"""
    done, how = painted(_DONE[change.intent], Colour.green), _HOW.get(change.state, "")
    if not change.written:
        return f"UNCHANGED {said(str(change.after))}  {change.place} ({_there(change)}){how}"
    if change.menu:
        return f"{done} {_names(change)}  {change.place}{_dropped(change, 'dropped')}"
    return f"{done} {_names(change)}  {change.place}{how}"


def planned_text(changes: Iterable[PlaceChange]) -> str:
    """What would be written, a line for each place."""
    return "\n".join(["changes:", *indented(planned_lines(changes), 2)])


def planned_lines(changes: Iterable[PlaceChange]) -> list[str]:
    """The same without a title: `usdfdev/batch: w.2023.15 -> w.2023.16`."""
    return [line for each in changes for line in (f"{each.place}: {_planned(each)}", *_unrendered(each))]


def _unrendered(change: PlaceChange) -> list[str]:
    return [
        f"{change.place}: {said(where)} was not rendered, so only its settings are known: {said(why)}"
        for where, why in change.unrendered
    ]


def _planned(change: PlaceChange) -> str:
    if not change.written:
        return f"{said(str(change.after))} ({_there(change)}: only its receipt is missing)"
    if change.intent is Intent.RETIRE:
        return f"- {said(str(change.before))}"
    if change.menu:
        return f"{_names(change)}{_dropped(change, 'drops')}{_set(change)}"
    unknown = "" if change.before is not None or change.alias else "? -> "
    return f"{unknown}{_names(change)}{' (older than what runs)' if change.older else ''}"


def _names(change: PlaceChange) -> str:
    # A menu may spell what an alias means now as the alias itself.
    names = [each for each in (change.before, change.after) if each is not None and each != change.alias]
    alias = f"{change.alias}{' ->' if len(names) == 1 else ':'} " if change.alias else ""
    added = "+ " if change.menu else ""
    within = _images(change) if change.before == change.after else ""
    return said(added + alias) + " -> ".join(dict.fromkeys(map(said, names))) + within


def _images(change: PlaceChange) -> str:
    """The images that differ within one release, such as builds of a cycle."""
    told = [f"{each.component} {_image(each.before)} -> {_image(each.after)}" for each in change.images]
    return f" ({few(told, _MOST)})" if told else ""


def _image(text: str | None) -> str:
    tag, at, digest = (text or "nothing").partition("@")
    return f"{said(short(tag))}{at}{short(digest)}"


def _there(change: PlaceChange) -> str:
    return f"it was {'in the menu' if change.menu else 'written there'} already"


def _set(change: PlaceChange) -> str:
    sets = f"; sets {listed(change.sets)}" if change.sets else ""
    if not change.dropdown:
        return sets
    return f"{sets} (this is pulled in advance; what users may start says dropdownMenu: {listed(change.dropdown)})"


def _dropped(change: PlaceChange, verb: str) -> str:
    return f" ({verb} {listed(change.dropped)})" if change.dropped else ""
