"""Pages of people, and their list."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ldmrelease.render.pages.elements import code, time_element
from ldmrelease.render.pages.site.content import PageContent, Section, listing, page_file, state_badge
from ldmrelease.render.pages.site.page_addresses import person_address
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.services.reports.promotion_records import PromotionRecord
from ldmrelease.services.reports.site_folder import SiteFile

SHOWN = 100
"""How many promotions and releases a person's page shows, of the newest."""


def people_files(data: SiteData) -> Iterator[SiteFile]:
    """A page for everybody who has a key, asked for something or pinned something; and their list."""
    asked: dict[str, list[PromotionRecord]] = defaultdict(list)
    for each in data.deployments.promotions.values():
        asked[each.by].append(each)
    pinned: dict[str, list[str]] = defaultdict(list)
    for release, revisions in data.record.pins.items():
        for person in dict.fromkeys(each.by for each in revisions):
            pinned[person].append(release)
    people = data.people
    counts = [(name, len(asked[name]), len(pinned[name])) for name in people]
    yield _list_file(data, counts)
    for name in people:
        yield _person_file(data, name, asked[name][-SHOWN:], pinned[name][-SHOWN:])


def _list_file(data: SiteData, counts: list[tuple[str, int, int]]) -> SiteFile:
    address = "people/index.html"

    def make() -> PageContent:
        links = data.links(address)
        rows = [(links.person(name), promotions, pinned) for name, promotions, pinned in counts]
        caption = "Who has a key, asked for something, or pinned something"
        columns = ("Person", "Promotions", "Releases pinned")
        return PageContent("People", [listing("", caption, columns, rows, "Nobody is known.")])

    return page_file(address, counts, make)


def _person_file(data: SiteData, name: str, own: list[PromotionRecord], pins: list[str]) -> SiteFile:
    address = person_address(name)
    held = [each for each in data.keyring.keys if each.person == name]
    known = [each for each in data.keyring.identities if each.person == name]

    def make() -> PageContent:
        links = data.links(address)
        keys = [
            (code(each.id), ", ".join(each.roles), code(each.keyid), time_element(each.not_before))
            for each in held
        ]
        identities = [
            (code(each.id), ", ".join(each.roles), code(each.subject), time_element(each.not_before))
            for each in known
        ]
        asked = [
            (
                links.promotion(each.id),
                links.release(each.name),
                each.target,
                state_badge(each.state),
                time_element(each.requested),
            )
            for each in reversed(own)
        ]
        pinned = [(links.release(each),) for each in reversed(pins)]
        newest = f"The newest, {SHOWN} at most"
        columns = ("Promotion", "Release", "Target", "State", "Asked")
        return PageContent(
            name,
            [
                listing(
                    "Keys", "In the trust document", ("Key", "Roles", "Fingerprint", "From"), keys, "No key."
                ),
                *_identities(identities),
                listing("Promotions", newest, columns, asked, "Nothing was asked for."),
                listing("Releases", newest, ("Release",), pinned, "Nothing was pinned."),
            ],
            "Person",
        )

    promotions = [(each.id, each.name, each.target, each.state, each.requested) for each in own]
    return page_file(address, (name, promotions, pins, held, known), make)


def _identities(rows: Sequence[Sequence[object]]) -> list[Section]:
    """Nothing where nobody signs without a key."""
    columns = ("Identity", "Roles", "Subject", "From")
    caption = "OIDC identities in the trust document"
    return [listing("Identities", caption, columns, rows, "")] if rows else []
