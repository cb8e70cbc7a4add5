"""Pages of promotions, of their decisions, and of the evidence behind those."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ldmrelease.answers.decisions import RequirementFindingAnswer, decision_answer
from ldmrelease.answers.people import with_people
from ldmrelease.answers.sentences.text import command_line
from ldmrelease.render.pages.elements import badge, code, command, digest, quiet, time_element, whole_digest
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.site.content import (
    PageContent,
    Section,
    joined,
    listing,
    page_file,
    pages_of_list,
    rows_table,
    sentence,
    state_badge,
)
from ldmrelease.render.pages.site.links import Links
from ldmrelease.render.pages.site.page_addresses import (
    decision_address,
    evidence_address,
    promotion_address,
)
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.services.reports.promotion_records import PromotionRecord, StageRuling
from ldmrelease.services.reports.site_folder import SiteFile
from ldmrelease.services.reports.site_record import TakenStatement

ON_A_LIST = 200


def promotion_files(data: SiteData) -> Iterator[SiteFile]:
    """Pages of promotions, their lists, and decisions."""
    known = list(data.deployments.promotions.values())
    for each in known:
        yield _promotion_file(data, each)
    lists = [known[at : at + ON_A_LIST] for at in range(0, len(known), ON_A_LIST)] or [[]]
    for number, own in enumerate(lists, 1):
        yield _list_file(data, number, len(lists), own)
    for promotion, ruling in data.decisions():
        yield _decision_file(data, promotion, ruling)


def _promotion_file(data: SiteData, told: PromotionRecord) -> SiteFile:
    address = promotion_address(told.id)
    return page_file(address, told, lambda: _promotion(data, told, data.links(address)))


def _promotion(data: SiteData, told: PromotionRecord, links: Links) -> PageContent:
    facts: list[tuple[str, object]] = [
        ("State", state_badge(told.state)),
        *([("Because", told.cause)] if told.cause else []),
        ("Release", links.release(told.name)),
        ("Intent", f"{told.intent} {told.alias}" if told.alias else str(told.intent)),
        ("Target", told.target),
        ("Asked by", sentence("{} at {}", links.person(told.by), time_element(told.requested))),
        ("Reason", told.reason or quiet("none given")),
        ("Ended", time_element(told.ended) if told.ended else quiet("not yet")),
        ("Release digest", digest(told.release)),
    ]
    places = [
        (
            links.place(each),
            _when(told.applied.get(each), "not yet"),
            _when(told.settled.get(each), ""),
            _when(told.restored.get(each), ""),
        )
        for each in told.places
    ]
    decisions = [
        (
            links.decision(each.decision, str(each.stage)),
            links.place(each.place),
            badge(str(each.verdict)),
            time_element(each.time),
            _waits(data, each.until, each.who),
        )
        for each in told.decisions
    ]
    waits = [
        (
            links.place(each.place),
            time_element(each.begin),
            time_element(each.end) if each.end is not None else badge("waiting"),
            _waits(data, each.until, each.who),
            each.code or "",
        )
        for each in told.waits
    ]
    columns = ("Stage", "Place", "Verdict", "Made", "Waits")
    return PageContent(
        told.id,
        [
            Section(facts=facts),
            listing("Places", "How far it came", ("Place", "Written", "Seen to run", "Put back"), places),
            listing(
                "Decisions", "In the order in which they were made", columns, decisions, "None was made."
            ),
            listing(
                "Waits",
                "When it stood still",
                ("Place", "From", "To", "Waited", "For what"),
                waits,
                "It did not wait.",
            ),
        ],
        "Promotion",
    )


def _when(moment: datetime | None, instead: str) -> Markup:
    return time_element(moment) if moment is not None else quiet(instead)


def _waits(data: SiteData, until: datetime | None, who: Sequence[str]) -> Markup:
    parts = [sentence("until {}", time_element(until))] if until is not None else []
    parts += [sentence("for {}", ", ".join(with_people(data.keyring, who)))] if who else []
    return joined(parts, " ")


def _list_address(number: int, lists: int) -> str:
    return "promotions/index.html" if number == lists else f"promotions/list-{number}.html"


def _list_file(data: SiteData, number: int, lists: int, own: Sequence[PromotionRecord]) -> SiteFile:
    address = _list_address(number, lists)
    inputs = [(each.id, each.name, each.target, each.state, each.by, each.requested) for each in own]
    untrusted = data.deployments.untrusted if number == lists else ()

    def make() -> PageContent:
        links = data.links(address)
        rows = [
            (
                links.promotion(each.id),
                links.release(each.name),
                each.target,
                state_badge(each.state),
                links.person(each.by),
                time_element(each.requested),
            )
            for each in reversed(own)
        ]
        columns = ("Promotion", "Release", "Target", "State", "Asked by", "Asked")
        text = pages_of_list(number, lists, address, _list_address)
        if untrusted:
            text.append(f"Left out, since an event of theirs does not count: {', '.join(untrusted)}.")
        table = rows_table("The newest first", columns, rows, "Nothing was asked for yet.")
        return PageContent("Promotions", [Section(text=text, table=table)])

    return page_file(address, (inputs, number, lists, untrusted), make)


def _decision_file(data: SiteData, promotion: PromotionRecord, ruling: StageRuling) -> SiteFile:
    address = decision_address(ruling.decision)
    evidence = [each.blob for each in data.record.evidence_of(promotion.name)]
    inputs = (promotion.id, promotion.name, ruling, evidence)
    return page_file(address, inputs, lambda: _decision(data, promotion, ruling, data.links(address)))


def _decision(data: SiteData, promotion: PromotionRecord, ruling: StageRuling, links: Links) -> PageContent:
    told = decision_answer(data.decision(ruling.decision), ruling.decision)
    facts: list[tuple[str, object]] = [
        ("Verdict", badge(str(told.verdict))),
        ("Release", links.release(told.release)),
        ("Place", links.place(told.place)),
        ("Level", told.level),
        ("Promotion", sentence("{}, stage {}", links.promotion(promotion.id), str(ruling.stage))),
        ("Asked by", links.person(promotion.by)),
        ("As of", time_element(told.now)),
        (
            "Valid until",
            time_element(told.valid_until) if told.valid_until else quiet("nothing ends it by itself"),
        ),
        ("Decision", whole_digest(told.digest)),
        ("Facts", whole_digest(told.facts)),
        ("Policy", whole_digest(told.policy)),
        ("Release digest", whole_digest(told.release_digest)),
        ("Engine", code(told.engine)),
    ]
    blobs = _statements_by_id(data, promotion.name)
    replayed = code(command_line(("ldmrelease", "promotions", "replay", promotion.id)))
    rows = [_finding(data, each, blobs, links) for each in told.findings]
    columns = ("Requirement", "Outcome", "Why", "Evidence", "Who, and what next")
    return PageContent(
        f"{told.release} at {told.place}",
        [Section(facts=facts), Section("Findings", table=rows_table("Each requirement", columns, rows, ""))],
        "Decision",
        [sentence("{} makes it again from the facts that the ledger keeps.", replayed)],
    )


def _finding(
    data: SiteData, each: RequirementFindingAnswer, blobs: dict[str, str], links: Links
) -> tuple[object, ...]:
    evidence = [
        links.evidence(blobs[name], name[:19]) if name in blobs else code(name[:19]) for name in each.evidence
    ]
    then = [sentence("{}", ", ".join(with_people(data.keyring, each.who)))] if each.who else []
    then += [command(command_line(each.next))] if each.next else []
    return (each.requirement, badge(str(each.outcome)), each.sentence, joined(evidence), joined(then, ": "))


def _statements_by_id(data: SiteData, name: str) -> dict[str, str]:
    """What decisions call a statement, with its envelope's digest."""
    found = {}
    for each in data.record.evidence_of(name):
        fact = data.evaluated(each, name).fact
        found[fact.evidence] = found[each.blob] = each.blob
    return found


def evidence_files(data: SiteData) -> Iterator[SiteFile]:
    """A page for each statement that was taken in."""
    taken: dict[str, list[TakenStatement]] = {}
    for each in data.record.statements.values():
        for statement in each:
            taken.setdefault(statement.blob, []).append(statement)
    for blob, statements in taken.items():
        yield _evidence_file(data, blob, statements)


def _evidence_file(data: SiteData, blob: str, taken: list[TakenStatement]) -> SiteFile:
    address = evidence_address(blob)
    releases = list(
        dict.fromkeys(name for each in taken for name in data.record.releases_with.get(each.subject, ()))
    )
    first = min(taken, key=lambda each: each.sequence)

    def make() -> PageContent:
        links = data.links(address)
        seen = data.evaluated(first, releases[0] if releases else None)
        fact = seen.fact
        why = fact.code if not fact.counted else None
        facts: list[tuple[str, object]] = [
            ("Counts", badge("counted") if fact.counted else badge(why or "not counted")),
            ("Result", badge(fact.result.lower()) if fact.result else quiet("none")),
            ("Check", code(fact.check)),
            ("Failed tests", ", ".join(fact.failed_tests) or quiet("none")),
            ("Signed by", fact.signer or quiet("nobody we know")),
            ("Roles", ", ".join(fact.roles) or quiet("none")),
            ("Ran in", fact.environment or quiet("not said")),
            ("Claimed time", time_element(fact.claimed)),
            ("Received", time_element(first.time)),
            (
                "About",
                joined([links.release(each) for each in releases]) or quiet("no release that is pinned"),
            ),
            ("Subjects", joined([whole_digest(each) for each in fact.subjects], " ")),
            ("Envelope", whole_digest(blob)),
        ]
        return PageContent(fact.check or fact.type or "Statement", [Section(facts=facts)], "Evidence")

    return page_file(address, (taken, releases), make)
