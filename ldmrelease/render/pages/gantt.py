"""Milestones over time, in the manner of figures 2 and 3 of LDM-564: when each was due, and when it was completed."""

import base64
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ldmrelease.answers.milestones import MilestoneAnswer, MilestonesAnswer
from ldmrelease.render.pages.drawings import as_svg, colour, drawing, real_colours
from ldmrelease.render.pages.elements import Tone, badge
from ldmrelease.render.pages.inert import inert
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.page import single_page
from ldmrelease.render.pages.tables import Table

_WIDTH = 12.0
_ROW = 0.28
_MARGIN = timedelta(days=60)
_TITLE = 58
TITLE = "Test milestones: due and completed"


def gantt_svg(milestones: MilestonesAnswer, at: date) -> str:
    """The picture as SVG, light or dark as its reader's. Raises `ModuleNotFoundError` without matplotlib."""
    with drawing(_WIDTH, _height(milestones)) as (figure, axes):
        _draw(axes, milestones, at)
        return as_svg(figure, TITLE, _description(milestones, at))


def gantt_png(milestones: MilestonesAnswer, at: date) -> bytes:
    """The picture as PNG, on light paper. Raises `ModuleNotFoundError`."""
    with real_colours(), drawing(_WIDTH, _height(milestones)) as (figure, axes):
        _draw(axes, milestones, at)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=144, metadata={"Software": "ldmrelease"})
        return out.getvalue()


def gantt_page(milestones: MilestonesAnswer, at: date, document: str) -> str:
    """The picture with the table that it shows, as one self-contained page. Raises `ModuleNotFoundError`."""
    picture = base64.b64encode(gantt_svg(milestones, at).encode()).decode()
    table = Table(
        f"Milestones of {document}",
        ("Code", "Title", "Due", "Completed", "State"),
        [
            (each.code, each.title, each.due or "", each.completed or "", badge(*_badge(each, at)))
            for each in milestones
        ],
        "There are no milestones.",
    )
    return single_page(
        "milestones.html",
        document=document,
        at=str(at),
        picture=Markup(f"data:image/svg+xml;base64,{picture}"),
        description=_description(milestones, at),
        table=table,
    )


def state_of(each: MilestoneAnswer, at: date) -> str:
    """`completed`, `completed late`, `overdue` or `to come`, as of a day."""
    day = str(at)
    if each.completed is not None and each.completed <= day:
        return "completed late" if each.due is not None and each.completed > each.due else "completed"
    return "overdue" if each.due is not None and each.due < day else "to come"


def _badge(each: MilestoneAnswer, at: date) -> tuple[str, Tone | None]:
    state = state_of(each, at)
    tones = {
        "completed": Tone.GOOD,
        "completed late": Tone.GOOD,
        "overdue": Tone.BAD,
        "to come": Tone.WAITING,
    }
    return state, tones[state]


def _height(milestones: Sequence[MilestoneAnswer]) -> float:
    return 1.3 + _ROW * max(1, len(milestones))


def _description(milestones: MilestonesAnswer, at: date) -> str:
    states = [state_of(each, at) for each in milestones]
    told = ", ".join(f"{states.count(each)} {each}" for each in dict.fromkeys(states))
    signs = "A diamond is when one is due, a dot when it was completed."
    return f"{len(milestones)} milestones as of {at}: {told}. {signs}"


def _draw(axes: Any, milestones: MilestonesAnswer, at: date) -> None:
    for row, each in enumerate(milestones):
        _draw_row(axes, row, each, at)
    axes.set_yticks(range(len(milestones)), [_label(each) for each in milestones], fontsize=7.5)
    axes.set_ylim(max(1, len(milestones)) - 0.4, -0.9)
    axes.set_xlim(*_range(milestones, at))
    axes.axvline(_day(at), color=colour("ink"), linewidth=1.0, linestyle=(0, (4, 3)))
    axes.text(_day(at), -0.75, f" {at}", fontsize=7.5, color=colour("ink"), ha="left", va="center")
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8, top=True, labeltop=True)
    axes.grid(axis="x", linewidth=0.5)
    axes.set_axisbelow(True)
    _legend(axes)


def _draw_row(axes: Any, row: int, each: MilestoneAnswer, at: date) -> None:
    due, done = _parsed(each.due), _parsed(each.completed)
    state = state_of(each, at)
    if done is not None and done > at:
        done = None
    paint = colour({"overdue": "bad", "to come": "waiting"}.get(state, "good"))
    end = done or (at if state == "overdue" else None)
    if due is not None and end is not None and end != due:
        style = "solid" if end > due else (0, (1, 1.5))
        line = colour("bad") if end > due else colour("good")
        axes.hlines(row, _day(min(due, end)), _day(max(due, end)), color=line, linewidth=2.2, linestyle=style)
    if due is not None:
        axes.plot(
            [_day(due)],
            [row],
            marker="D",
            markersize=5.5,
            markerfacecolor=colour("paper"),
            markeredgecolor=paint,
        )
    if done is not None:
        axes.plot([_day(done)], [row], marker="o", markersize=5.5, color=colour("good"))


def _legend(axes: Any) -> None:
    paper, ink = colour("paper"), colour("ink")
    axes.plot([], [], "D", markerfacecolor=paper, markeredgecolor=ink, label="due")
    axes.plot([], [], "o", color=colour("good"), label="completed")
    axes.plot([], [], color=colour("bad"), linewidth=2.2, label="late")
    axes.plot([], [], color=colour("good"), linewidth=2.2, linestyle=(0, (1, 1.5)), label="before it was due")
    axes.legend(loc="lower left", fontsize=8, frameon=True, facecolor=paper, edgecolor=colour("line"))


def _range(milestones: MilestonesAnswer, at: date) -> tuple[datetime, datetime]:
    days = [_parsed(text) for each in milestones for text in (each.due, each.completed)]
    known = [each for each in days if each is not None] or [at]
    return _day(min(known) - _MARGIN), _day(max(*known, at) + _MARGIN)


def _label(each: MilestoneAnswer) -> str:
    title = each.title if len(each.title) <= _TITLE else f"{each.title[: _TITLE - 3].rstrip()}..."
    return inert(f"{title}  {each.code}")


def _parsed(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


def _day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
