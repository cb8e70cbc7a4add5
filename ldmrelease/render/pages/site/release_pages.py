"""Pages of releases, and their lists."""

from collections.abc import Iterator, Sequence

from ldmrelease.answers.sentences.text import command_line
from ldmrelease.render.pages.elements import Tone, badge, code, command, digest, quiet, time_element
from ldmrelease.render.pages.site.act_pages import release_act_sections
from ldmrelease.render.pages.site.content import (
    PageContent,
    Section,
    joined,
    page_file,
    pages_of_list,
    rows_table,
    sentence,
    state_badge,
)
from ldmrelease.render.pages.site.links import Links
from ldmrelease.render.pages.site.page_addresses import release_address
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.render.pages.tables import Table
from ldmrelease.services.reports.release_status import Presence, ReleaseStatus
from ldmrelease.services.reports.site_folder import SiteFile

ON_A_LIST = 200
"""Releases on a page of the list. Pages are filled from the oldest on, so that a new release changes the last one."""


def release_files(data: SiteData) -> Iterator[SiteFile]:
    """A page for each release, the pages of their list, and the way in."""
    for name in data.record.pins:
        yield _release_file(data, name)
    names = list(data.record.pins)
    lists = [names[at : at + ON_A_LIST] for at in range(0, len(names), ON_A_LIST)] or [[]]
    for number, own in enumerate(lists, 1):
        yield _list_file(data, number, len(lists), own)


def _release_file(data: SiteData, name: str) -> SiteFile:
    address = release_address(name)
    inputs = (
        data.record.pins[name],
        data.status_of[name],
        data.promotions_of[name],
        data.record.evidence_of(name),
        data.stretches_of[name],
        data.acts_of[name],
    )
    return page_file(address, inputs, lambda: _release(data, name, data.links(address)))


def _release(data: SiteData, name: str, links: Links) -> PageContent:
    newest = data.record.pins[name][-1]
    release = data.release(newest.pin.document)
    facts: list[tuple[str, object]] = [
        ("Product", code(newest.pin.product)),
        ("Tag", code(newest.pin.tag)),
        ("Kind", release.kind),
        ("Complete", "yes" if newest.pin.complete else f"no: {', '.join(release.missing)}"),
        ("Digest", digest(newest.pin.digest)),
        ("Pinned", sentence("{} by {}", time_element(newest.time), links.person(newest.by))),
    ]
    parts = rows_table(
        "What it consists of",
        ("Component", "Kind", "As tagged", "Source", "Digest"),
        [
            (each.name, each.kind, code(each.spelling), each.source, digest(each.digest))
            for each in release.components
        ],
        "No component is pinned yet.",
    )
    sections = [
        Section(facts=facts),
        Section("Where it stands", table=status_table(data.status_of[name], links, release=False)),
        Section("Promotions", table=_promotions(data, name, links)),
        Section("Where it ran", table=_ran(data, name, links)),
        *release_act_sections(data.acts_of[name]),
        Section("Evidence", table=_evidence(data, name, links)),
        Section("Components", table=parts),
    ]
    if len(data.record.pins[name]) > 1:
        sections.append(Section("Revisions", table=_revisions(data, name, links)))
    return PageContent(name, sections, "Release")


def status_table(rows: Sequence[ReleaseStatus], links: Links, *, release: bool) -> Table:
    """Where releases stand; with a column for the `release` where there are several. What nobody has asked for is told
    of all its environments at once.
    """
    shown: dict[tuple[object, ...], list[str]] = {}
    for each in rows:
        shown.setdefault(_standing(each, links), []).append(each.environment)
    told = [(", ".join(environments), *standing[1:]) for standing, environments in shown.items()]
    columns = ["Environment", "Presence", "Verdict", "Since", "Next"]
    if release:
        told = [(standing[0], *row) for standing, row in zip(shown, told, strict=True)]
        columns = ["Release", *columns]
    empty = "It runs nowhere, and nobody has asked for it."
    return rows_table("By environment, as of the last observations", columns, told, empty)


def _standing(each: ReleaseStatus, links: Links) -> tuple[object, ...]:
    verdict: object = quiet("not asked for")
    following = each.next
    if each.promotion is not None:
        word = str(each.verdict or each.state)
        told = links.decision(each.decision, word) if each.decision is not None else word
        verdict = sentence("{} ({})", told, links.promotion(each.promotion))
    elif each.presence is Presence.NEVER:
        following = (*each.next[:-1], "ENVIRONMENT")
    waits = [sentence("until {}", time_element(each.until))] if each.until is not None else []
    waits += [sentence("for {}", ", ".join(each.who))] if each.who else []
    presence = f"{each.presence} at {each.running} of {each.places}" if each.running else str(each.presence)
    return (
        links.release(each.release),
        badge(presence, _TONES.get(each.presence, Tone.NEUTRAL)),
        verdict,
        time_element(each.since) if each.since is not None else "",
        joined([*waits, *([command(command_line(following))] if following else [])], ": "),
    )


_TONES = {
    Presence.RUNNING: Tone.GOOD,
    Presence.PARTLY: Tone.WAITING,
    Presence.UNOBSERVED: Tone.WAITING,
}


def _promotions(data: SiteData, name: str, links: Links) -> Table:
    rows = [
        (
            links.promotion(each.id),
            str(each.intent),
            each.target,
            state_badge(each.state),
            links.person(each.by),
            time_element(each.requested),
            each.reason or "",
        )
        for each in reversed(data.promotions_of[name])
    ]
    columns = ("Promotion", "Intent", "Target", "State", "Asked by", "Asked", "Reason")
    return rows_table(
        "What was asked for with it, the newest first", columns, rows, "Nobody has asked for it."
    )


def _ran(data: SiteData, name: str, links: Links) -> Table:
    rows = [
        (
            links.place(each.place),
            f"{each.image.product}/{each.image.component}",
            time_element(each.begin),
            sentence("{} (still there)", time_element(each.end)) if each.last else time_element(each.end),
            links.promotion(each.image.promotion),
        )
        for each in data.stretches_of[name]
    ]
    columns = ("Place", "Component", "From", "To", "Approved by")
    return rows_table("As it was seen without a gap", columns, rows, "It was seen nowhere.")


def _evidence(data: SiteData, name: str, links: Links) -> Table:
    rows = []
    for each in data.record.evidence_of(name):
        fact = data.evaluated(each, name).fact
        rows.append(
            (
                links.evidence(each.blob, fact.check or fact.type or "statement"),
                badge(fact.result.lower()) if fact.result is not None else "",
                fact.signer or quiet("nobody we know"),
                "counted" if fact.counted else badge(fact.code or "not counted"),
                time_element(each.time),
            )
        )
    columns = ("Statement", "Result", "Signed by", "Counts", "Received")
    return rows_table("What was said of it, and taken in", columns, rows, "No statement was taken in.")


def _revisions(data: SiteData, name: str, links: Links) -> Table:
    rows = [
        (
            str(each.pin.revision),
            digest(each.pin.digest),
            time_element(each.time),
            links.person(each.by),
            each.pin.reason or "",
        )
        for each in data.record.pins[name]
    ]
    return rows_table("The tag was pinned again", ("Revision", "Digest", "Pinned", "By", "Reason"), rows, "")


def _list_address(number: int, lists: int) -> str:
    return "releases/index.html" if number == lists else f"releases/list-{number}.html"


def _list_file(data: SiteData, number: int, lists: int, names: Sequence[str]) -> SiteFile:
    address = _list_address(number, lists)
    rows = [(name, data.record.pins[name][-1].time, _where(data, name)) for name in reversed(names)]

    def make() -> PageContent:
        links = data.links(address)
        shown = [
            (links.release(name), time_element(pinned), ", ".join(there) or quiet("nowhere"))
            for name, pinned, there in rows
        ]
        table = rows_table(
            "The newest first", ("Release", "Pinned", "Runs in"), shown, "Nothing is pinned yet."
        )
        text = pages_of_list(number, lists, address, _list_address)
        return PageContent("Releases", [Section(text=text, table=table)])

    return page_file(address, (rows, number, lists), make)


def _where(data: SiteData, name: str) -> tuple[str, ...]:
    return tuple(each.environment for each in data.status_of[name] if each.running)
