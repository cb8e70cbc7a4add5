"""What runs where, in the manner of figure 1 of LDM-564: sites as boxes, enclaves in them, and their services."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ldmrelease.domain.enclaves import Enclave, SiteOfEnclaves
from ldmrelease.domain.topology import Place
from ldmrelease.render.pages.drawings import as_svg, colour, drawing
from ldmrelease.render.pages.inert import inert

_WIDTH = 7.1
"""Inches: what is between the margins of A4."""
_COLUMNS = 2
_LINE = 0.155
_SIZE = 7
_MOST = 58
_UNOBSERVED = "unobserved"
NOTHING = ("nothing seen",)
"""Of a place that was observed, and where no image was."""
TITLE = "Components as deployed"
Told = Mapping[Place, Sequence[str]]


def components_svg(sites: Sequence[SiteOfEnclaves], told: Told) -> str:
    """The picture, light or dark as its reader's. Raises `ModuleNotFoundError` without matplotlib."""
    height = sum(_height_of(each, told) for each in sites) + 0.2
    with drawing(_WIDTH, height) as (figure, axes):
        figure.set_layout_engine("none")
        axes.set_position((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, _WIDTH)
        axes.set_ylim(height, 0)
        top = 0.1
        for each in sites:
            _draw_site(axes, each, told, top)
            top += _height_of(each, told)
        return as_svg(figure, TITLE, description(sites, told))


def description(sites: Sequence[SiteOfEnclaves], told: Told) -> str:
    """What the picture shows, in words."""
    parts = []
    for site in sites:
        for enclave in site.enclaves:
            lines = "; ".join(text for text, _ in _lines(enclave, told) if enclave.places)
            parts.append(f"{site.title}, {enclave.title}: {lines or 'no places of this workspace'}.")
    return " ".join(parts)


def _rows(site: SiteOfEnclaves) -> list[Sequence[Enclave]]:
    return [site.enclaves[at : at + _COLUMNS] for at in range(0, len(site.enclaves), _COLUMNS)]


def _height_of_row(row: Sequence[Enclave], told: Told) -> float:
    return max(len(list(_lines(each, told))) for each in row) * _LINE + 0.38


def _height_of(site: SiteOfEnclaves, told: Told) -> float:
    return 0.42 + sum(_height_of_row(each, told) + 0.08 for each in _rows(site))


def _draw_site(axes: Any, site: SiteOfEnclaves, told: Told, top: float) -> None:
    _box(axes, (0.05, top, _WIDTH - 0.1, _height_of(site, told) - 0.1), "paper", "quiet")
    axes.text(0.15, top + 0.17, inert(site.title), fontsize=9, fontweight="bold", va="center")
    at = top + 0.3
    width = (_WIDTH - 0.3) / _COLUMNS
    for row in _rows(site):
        height = _height_of_row(row, told)
        for column, enclave in enumerate(row):
            _draw_enclave(axes, enclave, told, (0.15 + column * width, at, width - 0.08, height))
        at += height + 0.08


def _draw_enclave(axes: Any, enclave: Enclave, told: Told, area: tuple[float, float, float, float]) -> None:
    _box(axes, area, "series0" if enclave.places else "paper", "line")
    left, top, _, _ = area
    axes.text(left + 0.08, top + 0.15, inert(enclave.title), fontsize=8, fontweight="bold", va="center")
    for number, (text, is_unobserved) in enumerate(_lines(enclave, told)):
        paint = colour("bad" if is_unobserved else "ink" if enclave.places else "quiet")
        y = top + 0.34 + number * _LINE
        axes.text(left + 0.08, y, inert(_short(text)), fontsize=_SIZE, color=paint, va="center")


def _box(axes: Any, area: tuple[float, float, float, float], fill: str, edge: str) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - where it is drawn

    left, top, width, height = area
    axes.add_patch(
        Rectangle((left, top), width, height, facecolor=colour(fill), edgecolor=colour(edge), linewidth=0.8)
    )


def _lines(enclave: Enclave, told: Told) -> Iterator[tuple[str, bool]]:
    """A line for each service, with what runs there, then for each place of none; and whether it is unobserved."""
    for each in enclave.services:
        states = dict.fromkeys(state for place in each.places for state in told.get(place, NOTHING))
        shown = f"{each.title}: {', '.join(states)}" if states else each.title
        yield shown, any(state.endswith(_UNOBSERVED) for state in states)
    for place in enclave.others:
        states = dict.fromkeys(told.get(place, NOTHING))
        yield f"{place}: {', '.join(states)}", any(state.endswith(_UNOBSERVED) for state in states)


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 3].rstrip()}..."
