"""Plots of reports as SVG. The same data stands in a table beside each of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ldmrelease.answers.availability import LevelAvailabilityAnswer
from ldmrelease.answers.places import IntervalAnswer
from ldmrelease.answers.timelines import StretchAnswer, TimelineAnswer
from ldmrelease.domain.times import instant
from ldmrelease.render.pages.drawings import as_svg, colour, drawing, series
from ldmrelease.render.pages.inert import inert

_Row = tuple[str, str]
"""A place, and a component that was there."""
_WIDTH = 10.0
_ROW = 0.34
_MOST_ROWS = 80
_MOST_BARS = 2_000
_THICK = 0.72
"""How much of its row a bar takes."""
_HALF = 0.5
_HOUR = 3600


def timeline_plot(told: TimelineAnswer) -> str:
    """Places over time: a bar for each release, hatched where nobody knows. Raises `ModuleNotFoundError`."""
    rows = _rows(told)
    begin, end = instant(told.period.start), instant(told.period.end)
    with drawing(_WIDTH, 1.2 + _ROW * max(1, len(rows))) as (figure, axes):
        for missed in told.unobserved[-_MOST_BARS:]:
            for at in (at for at, (place, _) in enumerate(rows) if place == missed.place):
                _bar(axes, (at, 1.0), missed.interval, colour("paper"), hatched=True)
        turns: dict[_Row, dict[str, int]] = {}
        newest = sorted(told.stretches, key=lambda each: each.interval.start)[-_MOST_BARS:]
        for each, lane in _lanes(newest, rows):
            turn = turns.setdefault(_row_of(each), {})
            _bar(axes, lane, each.interval, series(turn.setdefault(_tag(each), len(turn))))
            _label(axes, lane, each, begin, end)
        axes.set_yticks(range(len(rows)), [_shown(f"{place}  {name}".strip(), 44) for place, name in rows])
        axes.set_xlim(begin, end)
        axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", linewidth=0.6)
        axes.set_axisbelow(True)
        title = "What ran where, over time"
        words = f"{len(rows)} rows from {told.period.start} to {told.period.end}; hatched is unobserved."
        if len(told.stretches) > _MOST_BARS:
            words += f" The newest {_MOST_BARS:,} of {len(told.stretches):,} bars are drawn."
        return as_svg(figure, title, words)


def _row_of(each: StretchAnswer) -> _Row:
    return each.place, f"{each.image.product}/{each.image.component}"


def _lanes(
    stretches: Sequence[StretchAnswer], rows: Sequence[_Row]
) -> Iterator[tuple[StretchAnswer, tuple[float, float]]]:
    """Each bar with its middle and its height: images that were there side by side share the height of their row."""
    number = {row: at for at, row in enumerate(rows)}
    lanes: dict[_Row, list[list[StretchAnswer]]] = {}
    for each in stretches:
        if _row_of(each) in number:
            known = lanes.setdefault(_row_of(each), [])
            free = next((lane for lane in known if lane[-1].interval.end <= each.interval.start), None)
            if free is None:
                known.append([each])
            else:
                free.append(each)
    for row, known in lanes.items():
        height = 1.0 / len(known)
        for at, lane in enumerate(known):
            middle = number[row] + _THICK * (height * (at + 0.5) - 0.5)
            yield from ((each, (middle, height)) for each in lane)


def _rows(told: TimelineAnswer) -> list[_Row]:
    """Place by place, a row for each component that was there; the first eighty."""
    found: dict[_Row, None] = {}
    for place in told.places:
        own = [each.image for each in told.stretches if each.place == place]
        names = sorted({f"{each.product}/{each.component}" for each in own}) or [""]
        found |= dict.fromkeys((place, name) for name in names)
    return list(found)[:_MOST_ROWS]


def _bar(
    axes: Any, lane: tuple[float, float], interval: IntervalAnswer, fill: str, *, hatched: bool = False
) -> None:
    begin, until = instant(interval.start), instant(interval.end)
    axes.barh(
        lane[0],
        until - begin,
        left=begin,
        height=_THICK * lane[1],
        color=fill,
        edgecolor=colour("line") if hatched else colour("quiet"),
        linewidth=0.5,
        hatch="////" if hatched else None,
    )


def _label(axes: Any, lane: tuple[float, float], each: StretchAnswer, begin: datetime, end: datetime) -> None:
    """The release on its bar, if the bar is long enough for it."""
    start, until = instant(each.interval.start), instant(each.interval.end)
    text, size = _shown(_tag(each), 40), 7.5 if lane[1] > _HALF else 5.5
    # Of a ledger that is a moment old there is no time to draw.
    share = (until - start) / (end - begin) if end > begin else 0
    if share * 110 > len(text) and lane[1] >= _HALF:
        middle = start + (until - start) / 2
        axes.text(middle, lane[0], text, ha="center", va="center", fontsize=size, clip_on=True)


def _tag(each: StretchAnswer) -> str:
    return (each.image.release or each.image.spelling or each.image.digest or "").rpartition("/")[2]


def _shown(text: str, longest: int = 40) -> str:
    told = inert(text)
    return told if len(told) <= longest else f"{told[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def availability_plot(levels: Sequence[LevelAvailabilityAnswer]) -> str:
    """Hours from tag to there, a point for each release at a place, a line for what each policy asks. Raises
    `ModuleNotFoundError`.
    """
    shown = [each for each in levels if each.seconds is not None]
    with drawing(_WIDTH, 1.4 + 0.8 * max(1, len(shown))) as (figure, axes):
        longest = 1.0
        for at, level in enumerate(shown):
            for outcome, name, marker in _MARKS:
                hours = [
                    each.seconds / _HOUR
                    for each in level.releases
                    if each.seconds is not None and each.outcome == outcome
                ]
                longest = max([longest, *hours])
                axes.plot(
                    hours, [at] * len(hours), marker, color=colour(name), markersize=6, linestyle="none"
                )
            if level.asked is not None:
                longest = max(longest, level.asked / _HOUR)
                axes.vlines(level.asked / _HOUR, at - 0.35, at + 0.35, color=colour("ink"), linewidth=1.5)
        axes.set_yticks(range(len(shown)), [_shown(each.level) for each in shown])
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.1, longest * 1.5)
        axes.set_ylim(max(1, len(shown)) - 0.5, -0.5)
        ticks = [each for each in (0, 1, 4, 8, 24, 72, 168, 720, 2160) if each <= longest * 1.5]
        axes.set_xticks(ticks, [_hours(each) for each in ticks])
        axes.minorticks_off()
        axes.set_xlabel("from tag to there")
        axes.grid(axis="x", linewidth=0.6)
        words = "; ".join(f"{each.level}: {each.met} met, {each.missed} missed" for each in levels)
        return as_svg(figure, "How long after its tag each release was there", inert(words))


_MARKS = (("met", "good", "o"), ("missed", "bad", "X"), ("unlimited", "quiet", "D"))


def _hours(number: int) -> str:
    return f"{number} h" if number < 24 else f"{number // 24} d"
