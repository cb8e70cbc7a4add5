"""Pages of places, and their list."""

from collections.abc import Iterator

from ldmrelease.answers.sentences.text import short
from ldmrelease.domain.dayobs import dayobs_of
from ldmrelease.domain.topology import Application
from ldmrelease.render.pages.elements import badge, code, digest, quiet, time_element
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.site.act_pages import place_act_sections, place_acts
from ldmrelease.render.pages.site.content import (
    PageContent,
    Section,
    joined,
    listing,
    page_file,
    rows_table,
    sentence,
)
from ldmrelease.render.pages.site.links import Links
from ldmrelease.render.pages.site.page_addresses import place_address
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.render.pages.tables import Table
from ldmrelease.services.reports.site_folder import SiteFile
from ldmrelease.services.reports.stretches import PlaceImage, SeenChange, Stretch, unobserved


def place_files(data: SiteData) -> Iterator[SiteFile]:
    """A page for each place, and their list."""
    for application in data.deployments.topology.applications:
        yield _place_file(data, application)
    yield _list_file(data)


def _place_file(data: SiteData, application: Application) -> SiteFile:
    place = application.place
    record = data.deployments.places[place]
    address = place_address(place)
    stretches = [each for each in record.stretches if each.end >= data.period.begin]
    changes = [each for each in record.changes if data.period.has(each.time)]
    gaps = unobserved(record, data.period, data.record.now)
    acts = place_acts(data, application)
    allowed = [data.allowance(place, each.image.promotion) for each in stretches]

    def make() -> PageContent:
        links = data.links(address)
        facts = [
            ("Level", application.level),
            ("Runs", ", ".join(application.runs)),
            ("Observed", time_element(record.last)),
        ]
        return PageContent(
            str(place),
            [
                Section(facts=facts),
                *place_act_sections(acts),
                Section("What runs there now", table=_now([each for each in stretches if each.last], links)),
                Section("Changes", table=_changes(changes, links)),
                Section("What ran there", table=_ran(data, stretches, links)),
                Section(
                    "Unobserved",
                    table=rows_table(
                        "Times in which nobody knows what ran there",
                        ("From", "To"),
                        [(time_element(each.begin), time_element(each.end)) for each in gaps],
                        "There is no gap.",
                    ),
                ),
            ],
            "Place",
        )

    return page_file(
        address, (application.level, application.runs, stretches, changes, gaps, allowed, acts), make
    )


def image_name(image: PlaceImage, links: Links) -> Markup:
    """A release, or what else is known of an image, as it is spelled there."""
    found = links.release(image.release, image.spelling or image.digest)
    return found if image.named == "admitted" else sentence("{} ({})", found, str(image.named))


def _now(stretches: list[Stretch], links: Links) -> Table:
    rows = [
        (
            f"{each.image.product}/{each.image.component}",
            image_name(each.image, links),
            code(short(each.image.spelling)),
            digest(each.image.digest or None),
            badge(each.image.state),
            time_element(each.begin),
            links.promotion(each.image.promotion),
        )
        for each in stretches
    ]
    columns = ("Component", "Release", "Image", "Digest", "State", "Seen since", "Approved by")
    return rows_table("As the newest observation saw it", columns, rows, "Nothing was seen there.")


def _changes(changes: list[SeenChange], links: Links) -> Table:
    rows = [
        (
            time_element(each.time),
            links.night(dayobs_of(each.time)),
            f"{each.product}/{each.component}",
            joined([image_name(image, links) for image in each.gone]) or quiet("nothing"),
            joined([image_name(image, links) for image in each.come]) or quiet("nothing"),
            links.promotion(next((image.promotion for image in each.come if image.promotion), None))
            if each.last is not None
            else quiet("first seen"),
        )
        for each in reversed(changes)
    ]
    columns = ("Seen", "Night", "Component", "Gone", "Come", "Approved by")
    return rows_table("The newest first", columns, rows, "Nothing has changed.")


def _ran(data: SiteData, stretches: list[Stretch], links: Links) -> Table:
    rows = []
    for each in reversed(stretches):
        allowed = data.allowance(each.place, each.image.promotion)
        rows.append(
            (
                f"{each.image.product}/{each.image.component}",
                image_name(each.image, links),
                time_element(each.begin),
                time_element(each.end),
                links.promotion(each.image.promotion),
                links.decision(allowed.decision, str(allowed.verdict or ""))
                if allowed is not None
                else quiet("none"),
            )
        )
    columns = ("Component", "Release", "From", "To", "Approved by", "Decision")
    return rows_table(
        "As it was seen without a gap, the newest first", columns, rows, "Nothing was seen there."
    )


def _list_file(data: SiteData) -> SiteFile:
    now = {
        str(place): [each.image for each in record.stretches if each.last]
        for place, record in data.deployments.places.items()
    }
    levels = {str(each.place): each.level for each in data.deployments.topology.applications}
    address = "places/index.html"

    def make() -> PageContent:
        links = data.links(address)
        rows = [
            (
                links.place(place),
                levels[place],
                joined([image_name(each, links) for each in images]) or quiet("nothing"),
            )
            for place, images in now.items()
        ]
        columns = ("Place", "Level", "Runs, as last seen")
        return PageContent("Places", [listing("", "By environment", columns, rows, "There is no place.")])

    return page_file(address, (now, levels), make)
