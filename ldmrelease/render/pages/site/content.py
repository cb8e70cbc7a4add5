"""What a page of a site consists of, and how it is put into the site's frame."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.render.pages.elements import Tone, badge, link
from ldmrelease.render.pages.inert import finalized
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.page import PACKAGE, environment, site_page, style
from ldmrelease.render.pages.site.page_addresses import relative
from ldmrelease.render.pages.tables import Table
from ldmrelease.services.reports.site_folder import SiteFile

STYLE, SCRIPT, INDEX = "assets/style.css", "assets/search.js", "assets/index.js"
NAVIGATION = (
    ("Status", "index.html"),
    ("Releases", "releases/index.html"),
    ("Places", "places/index.html"),
    ("Components", "components.html"),
    ("Promotions", "promotions/index.html"),
    ("Acts", "acts.html"),
    ("Nights", "nights/index.html"),
    ("Timeline", "timeline.html"),
    ("Availability", "availability.html"),
    ("Metrics", "metrics.html"),
    ("People", "people/index.html"),
)


class Picture(NamedTuple):
    """A picture of the site, with what it shows in words."""

    address: str
    alternative: str
    width: int
    height: int


class Section(NamedTuple):
    """A part of a page: text, names and what they are, a table, a picture; any of them may be missing."""

    heading: str = ""
    text: Sequence[object] = ()
    facts: Sequence[tuple[str, object]] = ()
    table: Table | None = None
    picture: Picture | None = None


MOST_ROWS = 500
"""Rows of a table that are shown, of the newest."""


def rows_table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str = ""
) -> Table:
    """A table of as many rows as a page bears; how many are left out is said."""
    if len(rows) > MOST_ROWS:
        caption = f"{caption}; {MOST_ROWS} of {len(rows):,} are shown"
    return Table(caption, columns, rows[:MOST_ROWS], empty)


def listing(
    heading: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str = ""
) -> Section:
    """A part that is a table; `empty` is the sentence where there are no rows."""
    return Section(heading, table=rows_table(caption, columns, rows, empty))


class PageContent(NamedTuple):
    """A page: its title, what kind of thing that is, and its parts."""

    title: str
    sections: Sequence[Section]
    kind: str = ""
    lead: Sequence[object] = ()
    has_search: bool = False


def page_file(address: str, inputs: object, make: Callable[[], PageContent], footer: str = "") -> SiteFile:
    """A page at an address; `inputs` is everything that its content follows from."""
    # What is made of values alone is spelled alike wherever it is made.
    told = repr((inputs, footer)).encode("utf-8", "backslashreplace")
    return SiteFile(address, told, lambda: in_frame(address, make(), footer))


def in_frame(address: str, content: PageContent, footer: str) -> str:
    """The HTML of a page."""
    search = content.has_search
    return site_page(
        "site.html",
        relative(STYLE, address),
        relative(SCRIPT, address) if search else None,
        page=content,
        navigation=_navigation(address),
        index_address=relative(INDEX, address) if search else None,
        told=footer,
    )


@cache
def site_style() -> str:
    """The style sheet of a site."""
    return style() + template_source("site.css")


@cache
def template_source(name: str) -> str:
    """A file of the templates as it stands."""
    from jinja2 import PackageLoader  # noqa: PLC0415 - for pages alone

    return PackageLoader(PACKAGE, "templates").get_source(environment(), name)[0]


def frame_digest() -> str:
    """What all pages are made with: another one makes all of them anew."""
    names = ("base.html", "macros.html", "site.html", "style.css", "site.css", "search.js")
    return hashlib.sha256("\0".join(map(template_source, names)).encode()).hexdigest()


def _navigation(address: str) -> list[tuple[str, str, bool]]:
    return [(name, relative(to, address), to == address) for name, to in NAVIGATION]


def state_badge(state: PromotionState) -> Markup:
    """Where a promotion is."""
    if not state.ended:
        return badge(str(state), Tone.WAITING)
    return badge(str(state), _ENDS.get(state, Tone.BAD))


_ENDS = {PromotionState.SUCCEEDED: Tone.GOOD, PromotionState.SUPERSEDED: Tone.NEUTRAL}


def joined(parts: Iterable[Any], separator: str = ", ") -> Markup:
    """Markup and text, one after the other."""
    shown: list[Any] = [finalized(each) for each in parts]
    return Markup(separator).join(shown)


def sentence(template: str, *parts: object) -> Markup:
    """A text of ours with markup and text of elsewhere put in."""
    return Markup(template).format(*map(finalized, parts))


def pages_of_list(
    number: int, lists: int, address: str, address_of: Callable[[int, int], str]
) -> list[object]:
    """Links to the other pages of a list, the newest first; none where it has one page."""
    if lists == 1:
        return []
    shown = [
        link(relative(address_of(each, lists), address), f"Page {each}") if each != number else f"Page {each}"
        for each in range(lists, 0, -1)
    ]
    return [joined(shown)]
