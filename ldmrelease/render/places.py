"""Places for people: what runs where, what ran there, which names stand for what, what an observation saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.findings import foreign_findings
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.text import counted, few, listed, said, short
from ldmrelease.domain.site_registry import FOREIGN_IMAGE
from ldmrelease.domain.times import spell_seconds
from ldmrelease.projections.naming import NamedBy
from ldmrelease.render.tables import Cell, Colour, table
from ldmrelease.services.inventory.where import UNOBSERVED, PlaceComponent, UnobservedPlace

if TYPE_CHECKING:
    from ldmrelease.domain.events.place import Observation, ObservedImage
    from ldmrelease.domain.topology import Place
    from ldmrelease.services.inventory.aliases import AliasOf
    from ldmrelease.services.inventory.history import HistoryEntry
    from ldmrelease.services.inventory.where import PlaceRow

_STATES = {UNOBSERVED: Colour.yellow, FOREIGN_IMAGE: Colour.red}


_EMPTY = "''"
_UNKNOWN = "unknown (deployed outside ldmrelease)"


NO_PLACES = "the workspace has no environments yet: there is no place to look at"


def where_table(rows: Iterable[PlaceComponent | UnobservedPlace]) -> str:
    """What runs where, since when, and what approved it."""
    told = list(rows)
    cells = [_running(each) if isinstance(each, PlaceComponent) else _unseen(each) for each in told]
    headers = ["place", "level", "component", "image", "release", "since", "state", "approved by"]
    seen = (each for each in told if isinstance(each, PlaceComponent))
    return with_foreign(table(headers, cells, spare=("level", "image", "since", "component")), seen)


def nowhere_text(rows: Iterable[PlaceRow], at: str | None) -> str:
    """That nothing of what is meant was seen at the places of these rows, `at` a target or anywhere."""
    unseen = [each.place for each in rows if isinstance(each, UnobservedPlace) or each.state == UNOBSERVED]
    return nowhere(unseen, at)


def nowhere(unseen: Iterable[Place], at: str | None = None) -> str:
    """The same; where a place was not looked at, nobody can say what is there."""
    told = f"not deployed {'anywhere' if at is None else f'at {said(at)}'}"
    names = list(dict.fromkeys(str(each) for each in unseen))
    return f"{told}, as far as was observed; unobserved: {few(names)}" if names else told


def with_foreign(text: str, rows: Iterable[PlaceComponent | HistoryEntry]) -> str:
    """The table, and below it what is, or was, of another repository than the component's."""
    notes = [
        f"{found.code}: {each.place} {each.product}/{each.component}: {found.sentence}"
        for each in rows
        for found in foreign_findings(each.foreign, gone=getattr(each, "ended", None) is not None)
    ]
    return "\n".join([text, *dict.fromkeys(notes)])


def _running(each: PlaceComponent) -> list[str | Cell]:
    names = f" = {listed(each.aliases)}" if each.aliases else ""
    return [
        str(each.place),
        each.level,
        f"{each.product}/{each.component}",
        each.spelling + names,
        release_cell(each),
        each.since,
        Cell(_state(each), _STATES.get(each.state)),
        approved_cell(each),
    ]


def _state(each: PlaceComponent) -> str:
    """Of a time in the past, with when somebody looked next, where that makes a difference."""
    if each.state == UNOBSERVED and each.next is not None:
        return f"{UNOBSERVED} from {each.last} to {each.next}"
    return f"{each.state}, gone by {each.next}" if each.gone else each.state


def release_cell(each: PlaceComponent) -> str | Cell:
    """What an image is called; its digest where it has no name."""
    return _named(each) or Cell(short(each.digest) or "no such image", Colour.yellow)


def approved_cell(each: PlaceComponent) -> str | Cell:
    """The promotion that let an image in."""
    if each.promotion is not None and each.found:
        return Cell(f"{each.promotion} (found, not decided)", Colour.yellow)
    if each.promotion is not None:
        return f"{each.promotion} at {each.allowed}"
    if each.under_way is not None:
        return Cell(f"{each.under_way} (under way)", Colour.yellow)
    return Cell(_UNKNOWN, Colour.grey)


def _named(each: PlaceComponent | HistoryEntry) -> str | None:
    """A release without a mark was admitted there."""
    if each.release is None:
        return None
    marks = [f"revision {each.revision}"] if each.rebuilt else []
    marks += [str(each.named)] if each.named is not NamedBy.ADMITTED else []
    return f"{each.release} ({', '.join(marks)})" if marks else each.release


def _unseen(each: UnobservedPlace) -> list[str | Cell]:
    told = "never observed" if each.next is None else f"not yet observed, first at {each.next}"
    state = Cell(told, Colour.yellow)
    return [str(each.place), each.level, "", "", "", "", state, ""]


def history_table(rows: Sequence[HistoryEntry]) -> str:
    """What ran there and when; gaps are told as what was seen of the time."""
    if not rows:
        return "nothing was observed"
    cells = [
        (
            each.place,
            f"{each.product}/{each.component}",
            each.spelling,
            _named(each) or short(each.digest),
            each.first,
            each.last,
            spell_seconds(each.observed),
            _end(each),
        )
        for each in rows
    ]
    headers = ["place", "component", "image", "release", "from", "last seen", "seen for", "end"]
    return with_foreign(table(headers, cells, spare=("image", "seen for", "component", "last seen")), rows)


def _end(each: HistoryEntry) -> str | Cell:
    end = each.ended or "is there"
    if each.overlay is None:
        return end
    return Cell(f"{end}; came as {overlay_mark(each.overlay.kind, each.overlay.name)}", Colour.red)


def observation_text(observation: Observation) -> str:
    """What was seen at a place, in a line."""
    if not observation.images:
        return f"{observation.place}: nothing ({observation.basis})"
    # The images of a menu are of one component; those of a service say which is which.
    several = len({each.component for each in observation.images}) > 1
    images = [
        f"{f'{each.component} ' if several else ''}{short(each.spelling) or _EMPTY}{_image_note(each)}"
        for each in observation.images
    ]
    seen = (
        listed(images)
        if len(images) < 4
        else f"{listed(images[:3])} and {counted(len(images) - 3, 'more', 'more')}"
    )
    names = "".join(f", {alias} = {tag}" for alias, tag in sorted(observation.aliases.items()))
    return f"{observation.place}: {seen}{names} ({observation.basis})"


def _image_note(image: ObservedImage) -> str:
    if not image.digest:
        return f" ({image.state or 'no such image'})"
    if image.foreign is not None:
        return f" ({FOREIGN_IMAGE})"
    return f" ({image.state})" if image.state is not None else ""


def aliases_table(rows: Sequence[AliasOf]) -> str:
    """Which names stand for what, menu by menu."""
    if not rows:
        return "no menu has aliases"
    cells = [
        (str(each.place), each.alias, each.tag or Cell("nothing", Colour.grey), each.release or "")
        for each in rows
    ]
    return table(["place", "alias", "image", "release"], cells)
