"""A night for people: a row for each image at each place, from when to when, and for each gap."""

from collections.abc import Iterable

from ldmrelease.answers.dayobs import DayobsAnswer
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Place
from ldmrelease.render.places import approved_cell, nowhere, release_cell, with_foreign
from ldmrelease.render.tables import Cell, Colour, table
from ldmrelease.services.inventory.dayobs_stretches import PlaceStretch, RanFor, UnobservedFor

_SPARE = ("image", "component", "state", "approved by")


def dayobs_text(
    answer: DayobsAnswer, rows: Iterable[PlaceStretch], unseen: Iterable[Place] = (), at: str | None = None
) -> str:
    """The table under the line that says which night it is; without a row, at which places nobody looked all the night,
    of those `at` a target.
    """
    told = list(rows)
    known = f", by what was known at {answer.known}" if answer.known else ""
    title = f"night {answer.dayobs}: {answer.begin} to {answer.end}{known}"
    if not told:
        return f"{title}\n{nowhere(unseen, at)}"
    headers = ["place", "component", "image", "release", "from", "to", "state", "approved by"]
    cells = [_ran(each, answer.end) if isinstance(each, RanFor) else _gap(each) for each in told]
    images = [each.image for each in told if isinstance(each, RanFor)]
    return f"{title}\n{with_foreign(table(headers, cells, spare=_SPARE), images)}"


def _ran(row: RanFor, end: str) -> list[str | Cell]:
    image = row.image
    return [
        str(image.place),
        f"{image.product}/{image.component}",
        image.spelling,
        release_cell(image),
        spell(row.start),
        _until(row, end),
        image.state,
        approved_cell(image),
    ]


def _until(row: RanFor, end: str) -> str:
    """Until when; where it went at some time between two observations, both."""
    until = spell(row.end)
    if row.gone:
        return f"{until} (gone)" if row.image.last == until else f"{row.image.last}, gone by {until}"
    return f"{until} (still there)" if until == end else until


def _gap(row: UnobservedFor) -> list[str | Cell]:
    state = "unobserved" if row.last is not None else "not yet observed"
    looked = [f"last at {spell(row.last)}"] if row.last is not None else []
    looked += [f"next at {spell(row.next)}"] if row.next is not None else []
    told = Cell(state, Colour.yellow)
    return [str(row.place), "", "", told, spell(row.start), spell(row.end), Cell(", ".join(looked)), ""]
