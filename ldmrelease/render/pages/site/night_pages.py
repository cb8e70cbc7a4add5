"""Pages of nights, and their list."""

from collections.abc import Iterator

from ldmrelease.answers.sentences.text import span
from ldmrelease.render.pages.elements import quiet, time_element
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.site.content import (
    PageContent,
    joined,
    listing,
    page_file,
    sentence,
)
from ldmrelease.render.pages.site.links import Links
from ldmrelease.render.pages.site.page_addresses import night_address
from ldmrelease.render.pages.site.place_pages import image_name
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.services.reports.nights import Allowance, NightChange, NightLog
from ldmrelease.services.reports.site_folder import SiteFile
from ldmrelease.services.reports.stretches import PlaceImage


def night_files(data: SiteData) -> Iterator[SiteFile]:
    """A page for each night of the period, and their list."""
    for log in data.nights:
        yield _night_file(data, log)
    yield _list_file(data)


def _night_file(data: SiteData, log: NightLog) -> SiteFile:
    address = night_address(log.night)
    return page_file(address, log, lambda: _night(log, data.links(address)))


def _night(log: NightLog, links: Links) -> PageContent:
    ran = [
        (
            links.place(each.place),
            f"{each.image.product}/{each.image.component}",
            image_name(each.image, links),
            time_element(each.begin),
            time_element(each.end),
            _allowed(each.allowance, links),
        )
        for each in log.images
    ]
    waits = [
        (
            links.promotion(each.promotion),
            links.release(each.release),
            links.place(each.wait.place),
            links.person(each.by),
            time_element(each.wait.begin),
            time_element(each.wait.end) if each.wait.end is not None else quiet("not in this night"),
        )
        for each in log.waits
    ]
    gaps = [
        (
            links.place(each.place),
            time_element(each.period.begin),
            time_element(each.period.end),
            span(each.period.seconds),
        )
        for each in log.unobserved
    ]
    begin, end = time_element(log.period.begin), time_element(log.period.end)
    lead: list[object] = [sentence("From {} to {}.", begin, end)]
    if not log.complete:
        lead.append("Not every place was seen since its end: there may be more to know.")
    changed = ("Place", "Component", "Gone", "Come", "Seen", "Allowed by")
    there = ("Place", "Component", "Release", "From", "To", "Allowed by")
    waited = ("Promotion", "Release", "Place", "Asked by", "From", "To")
    return PageContent(
        log.night,
        [
            listing(
                "Changes",
                "Since the night before",
                changed,
                [_change(each, links) for each in log.changes],
                "Nothing changed.",
            ),
            listing("What ran", "As it was seen without a gap", there, ran, "Nothing was seen to run."),
            listing("What waited", "Promotions", waited, waits, "Nothing waited."),
            listing(
                "Unobserved", "When nobody knows", ("Place", "From", "To", "For"), gaps, "There is no gap."
            ),
        ],
        "Night",
        lead,
    )


def _change(each: NightChange, links: Links) -> tuple[object, ...]:
    told = each.change

    def images(side: tuple[PlaceImage, ...]) -> Markup:
        return joined([image_name(image, links) for image in side]) or quiet("nothing")

    seen = time_element(told.time)
    return (
        links.place(told.place),
        f"{told.product}/{told.component}",
        images(told.gone),
        images(told.come),
        seen if told.joined else sentence("between {} and {}", time_element(told.last), seen),
        _allowed(each.allowance, links),
    )


def _allowed(told: Allowance | None, links: Links) -> Markup:
    if told is None:
        return links.promotion(None)
    verdict = quiet("not decided")
    if told.verdict is not None:
        verdict = links.decision(told.decision, str(told.verdict))
    return sentence("{} by {}: {}", links.promotion(told.promotion), links.person(told.by), verdict)


def _list_file(data: SiteData) -> SiteFile:
    address = "nights/index.html"
    rows = [(each.night, len(each.changes), len(each.waits), each.coverage) for each in data.nights]

    def make() -> PageContent:
        links = data.links(address)
        shown = []
        for night, changes, waits, seen in rows:
            whole = seen.seen + seen.unobserved + seen.pending
            missed = f"{seen.unobserved / whole:.0%}" if whole else ""
            shown.append((links.night(night), changes, waits, missed))
        columns = ("Night", "Changes", "Waits", "Unobserved")
        text = "A night is named after the day on which it begins, and runs from noon to noon, UTC."
        nights = listing("", "The newest first", columns, shown, "Nothing was seen in these nights.")
        return PageContent("Nights", [nights], "", [text])

    return page_file(address, rows, make)
