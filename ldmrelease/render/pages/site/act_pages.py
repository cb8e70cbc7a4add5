"""What people did: the page of all of it, and the parts of it on pages of releases and places."""

from collections.abc import Iterator

from ldmrelease.answers.acts import ReleaseActsAnswer, ReviewOwedAnswer
from ldmrelease.answers.holds import HoldAnswer
from ldmrelease.domain.scopes import ActScope
from ldmrelease.domain.topology import Application
from ldmrelease.render.pages.acts_tables import (
    approvals_table,
    holds_table,
    reviews_table,
    waivers_table,
)
from ldmrelease.render.pages.site.content import PageContent, Section, page_file, rows_table
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.render.pages.tables import Table
from ldmrelease.services.reports.site_folder import SiteFile

ADDRESS = "acts.html"
_OPEN = ("stands", "to-come")

PlaceActs = tuple[tuple[HoldAnswer, ...], tuple[ReviewOwedAnswer, ...]]
"""Holds that stand at a place or will begin, and reviews that were ever owed there."""


def act_files(data: SiteData) -> Iterator[SiteFile]:
    """The page of what stands: holds, reviews that are owed, and which releases somebody approved or waived for."""
    stand = [each for each in data.holds if each.state in _OPEN]
    over = [each for each in data.holds if each.state not in _OPEN]
    about = [
        (name, acts)
        for name, acts in reversed(data.acts_of.items())
        if acts.approvals or acts.waivers or acts.holds or acts.debts
    ]

    def make() -> PageContent:
        return PageContent(
            "Acts",
            [
                Section("Holds that stand", table=holds_table(stand, "Nothing is frozen or recalled.")),
                Section("Reviews owed", table=reviews_table(each for each in data.debts if not each.paid)),
                Section("By release", table=_by_release(data, about)),
                Section("Holds that are over", table=holds_table(over, "None was lifted, or has ended.")),
                Section("Reviewed", table=reviews_table(each for each in data.debts if each.paid)),
            ],
            lead=["What people decided: approvals, waivers, freezes, recalls and reviews."],
        )

    yield page_file(ADDRESS, (stand, over, data.debts, about), make)


def _by_release(data: SiteData, about: list[tuple[str, ReleaseActsAnswer]]) -> Table:
    links = data.links(ADDRESS)
    rows = [
        (
            links.release(name),
            ", ".join(
                f"{', '.join(each.persons)} at {each.scope}"
                for each in acts.approvals
                if each.counted is not False
            ),
            str(sum(each.counted is False for each in acts.approvals)),
            ", ".join(f"{each.requirement} at {each.place}" for each in acts.waivers if each.counted),
            ", ".join(f"{each.hold} ({each.state})" for each in acts.holds),
            ", ".join(f"{each.promotion} at {each.place}" for each in acts.debts if not each.paid),
        )
        for name, acts in about
    ]
    columns = ("Release", "Approved by", "Approvals that do not count", "Waived", "Recalled", "Reviews owed")
    caption = "The newest first; what each says is on the page of the release"
    return rows_table(caption, columns, rows, "Nobody has approved, waived or recalled anything.")


def release_act_sections(acts: ReleaseActsAnswer) -> Iterator[Section]:
    """What people did about a release; a kind of act that there is not takes no room."""
    if acts.holds:
        yield Section("Recalls", table=holds_table(acts.holds, ""))
    if acts.approvals:
        yield Section("Approvals", table=approvals_table(acts.approvals))
    if acts.waivers:
        yield Section("Waivers", table=waivers_table(acts.waivers))
    if acts.debts:
        yield Section("Reviews", table=reviews_table(acts.debts))


def place_acts(data: SiteData, application: Application) -> PlaceActs:
    """What people decided about a place."""
    holds = tuple(each for each in data.holds if each.state in _OPEN and _is_at(each, application))
    debts = tuple(each for each in data.debts if each.place == str(application.place))
    return holds, debts


def place_act_sections(acts: PlaceActs) -> Iterator[Section]:
    """The same on the page of the place."""
    holds, debts = acts
    if holds:
        yield Section("Holds", table=holds_table(holds, ""))
    if debts:
        yield Section("Reviews", table=reviews_table(debts))


def _is_at(hold: HoldAnswer, application: Application) -> bool:
    scopes = map(ActScope.parse, hold.scopes)
    return not hold.scopes or any(each.covers(application.place, application.level) for each in scopes)
