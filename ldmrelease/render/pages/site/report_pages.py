"""The pages of reports: status, timeline, availability, metrics; and the index of the search."""

import json
from collections.abc import Callable, Iterator

import msgspec

from ldmrelease.answers.availability import (
    AvailableReleaseAnswer,
    LevelAvailabilityAnswer,
    availability_answers,
)
from ldmrelease.answers.metrics import LevelMetricsAnswer, metrics_answers
from ldmrelease.answers.periods import DistributionAnswer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import span
from ldmrelease.answers.timelines import TimelineAnswer, timeline_answer
from ldmrelease.domain.times import spell
from ldmrelease.render.pages.elements import Tone, badge, quiet, time_element
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.site.content import (
    INDEX,
    SCRIPT,
    STYLE,
    PageContent,
    Picture,
    Section,
    joined,
    listing,
    page_file,
    rows_table,
    sentence,
    site_style,
    template_source,
)
from ldmrelease.render.pages.site.links import Links
from ldmrelease.render.pages.site.page_addresses import (
    night_address,
    person_address,
    place_address,
    promotion_address,
    release_address,
)
from ldmrelease.render.pages.site.release_pages import status_table
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.render.pages.tables import Table
from ldmrelease.services.milestones.enclave_sites import sites_of
from ldmrelease.services.reports.availability_report import availability_report
from ldmrelease.services.reports.delivery_metrics import delivery_metrics
from ldmrelease.services.reports.site_folder import SiteFile
from ldmrelease.services.reports.timelines import timeline


def report_files(data: SiteData) -> Iterator[SiteFile]:
    """All of them, with the site's style and scripts."""
    yield SiteFile(STYLE, site_style().encode(), site_style)
    yield SiteFile(SCRIPT, template_source("search.js").encode(), lambda: template_source("search.js"))
    yield _index_file(data)
    yield from _timeline_files(data)
    yield from _component_files(data)
    yield from _availability_files(data)
    yield _metrics_file(data)
    yield _search_file(data)


def _index_file(data: SiteData) -> SiteFile:
    head = data.record.head

    def make() -> PageContent:
        links = data.links("index.html")
        table = status_table(data.status, links, release=True)
        lead = ["What runs, what is under way, and what was pinned lately."]
        sections = [Section("Releases", table=table._replace(empty="Nothing runs, or is under way."))]
        return PageContent("Status", sections, "", lead, has_search=True)

    footer = f"As of {spell(data.record.now)}: the ledger has {head.size:,} events."
    return page_file("index.html", (data.status, head), make, footer)


def _picture(address: str, picture: str, alternative: str) -> Picture:
    """A picture with its size, by the points that it is drawn in."""
    width, height = (
        float(picture.partition(f'{each}="')[2].partition("pt")[0]) for each in (" width", " height")
    )
    return Picture(address, alternative, round(width * 4 / 3), round(height * 4 / 3))


def _drawn(draw: Callable[[], str]) -> str | None:
    """A plot; None where matplotlib is not installed, and tables have to do."""
    try:
        return draw()
    except ModuleNotFoundError:
        return None


def _period(data: SiteData) -> Markup:
    return sentence("From {} to {}.", time_element(data.period.begin), time_element(data.period.end))


def _timeline_files(data: SiteData) -> Iterator[SiteFile]:
    from ldmrelease.render.pages.plots import timeline_plot  # noqa: PLC0415 - matplotlib, where it is drawn

    told = timeline_answer(timeline(data.deployments, data.period))
    inputs = msgspec.json.encode(told)
    drawn = _once(lambda: _drawn(lambda: timeline_plot(told)))

    def make() -> PageContent:
        picture = drawn()
        words = "Bars for each place: what ran from when to when; hatched where nobody knows. The table says the same."
        shown = [_picture("timeline.svg", picture, words)] if picture is not None else []
        sections = [Section(picture=each) for each in shown]
        sections.append(Section("In words", table=_timeline_table(told, data.links("timeline.html"))))
        return PageContent("Timeline", sections, "", [_period(data)])

    yield from _with_picture("timeline", inputs, make, drawn)


def _timeline_table(told: TimelineAnswer, links: Links) -> Table:
    rows: list[tuple[str, tuple[object, ...]]] = []
    for each in told.stretches:
        start, image = each.interval.start, each.image
        shown = (
            links.place(each.place),
            f"{image.product}/{image.component}",
            links.release(image.release, image.spelling),
            time_element(start),
            time_element(each.interval.end),
            links.promotion(image.promotion),
        )
        rows.append((start, shown))
    for missed in told.unobserved:
        start, end = time_element(missed.interval.start), time_element(missed.interval.end)
        gap = (links.place(missed.place), "", badge("unobserved"), start, end, "")
        rows.append((missed.interval.start, gap))
    columns = ("Place", "Component", "Release", "From", "To", "Approved by")
    newest = [row for _, row in sorted(rows, key=lambda each: each[0], reverse=True)]
    return rows_table("The newest first", columns, newest, "Nothing was seen.")


def _with_picture(
    name: str, inputs: bytes, make: Callable[[], PageContent], drawn: Callable[[], str | None]
) -> Iterator[SiteFile]:
    yield page_file(f"{name}.html", inputs.decode(), make)
    if has_plots():
        yield SiteFile(f"{name}.svg", inputs, lambda: drawn() or "")


def has_plots() -> bool:
    """Whether plots are drawn here; without matplotlib a site has their tables alone."""
    from importlib.util import find_spec  # noqa: PLC0415 - once in a site

    return find_spec("matplotlib") is not None


def _component_files(data: SiteData) -> Iterator[SiteFile]:
    from ldmrelease.render.pages.components import NOTHING, components_svg  # noqa: PLC0415 - as above

    sites = sites_of(data.deployments.topology)
    inputs = repr((sites, data.running)).encode("utf-8", "backslashreplace")
    drawn = _once(lambda: _drawn(lambda: components_svg(sites, data.running)))

    def make() -> PageContent:
        picture, links = drawn(), data.links("components.html")
        words = (
            "Sites with their enclaves, and in them services with what runs there. The table says the same."
        )
        shown = [Section(picture=_picture("components.svg", picture, words))] if picture is not None else []
        rows = [
            (
                site.title,
                enclave.title,
                links.place(place),
                ", ".join(data.running.get(place, NOTHING)),
            )
            for site in sites
            for enclave in site.enclaves
            for place in enclave.places
        ]
        columns = ("Site", "Enclave", "Place", "What was observed there")
        table = rows_table("Places by enclave", columns, rows, "No place is said to be in an enclave.")
        return PageContent("Components", [*shown, Section("In words", table=table)])

    yield from _with_picture("components", inputs, make, drawn)


def _once(make: Callable[[], str | None]) -> Callable[[], str | None]:
    made: list[str | None] = []

    def get() -> str | None:
        if not made:
            made.append(make())
        return made[0]

    return get


def _availability_files(data: SiteData) -> Iterator[SiteFile]:
    from ldmrelease.render.pages.plots import availability_plot  # noqa: PLC0415 - as above

    levels = availability_answers(availability_report(data.deployments, data.period), data.period)
    inputs = msgspec.json.encode(levels)
    drawn = _once(lambda: _drawn(lambda: availability_plot(levels)))

    def make() -> PageContent:
        links, picture = data.links("availability.html"), drawn()
        words = (
            "A point for each release at a place, by the time from its tag; a line for what the policy asks."
        )
        shown = [_picture("availability.svg", picture, words)] if picture is not None else []
        sections = [Section(table=_levels(levels)), *(Section(picture=each) for each in shown)]
        sections += [Section(each.level, table=_releases(each, links)) for each in levels if each.releases]
        lead = ["How long after its tag each release was there.", _period(data)]
        return PageContent("Availability", sections, "", lead)

    yield from _with_picture("availability", inputs, make, drawn)


def _levels(levels: list[LevelAvailabilityAnswer]) -> Table:
    rows = [
        (
            each.level,
            span(each.asked) if each.asked is not None else quiet("nothing"),
            each.met, each.missed, each.not_yet, each.unknown, each.unlimited, *_spread(each.seconds),
        )
        for each in levels
    ]  # fmt: skip
    columns = (
        "Level",
        "Asked",
        "Met",
        "Missed",
        "Not yet",
        "Unknown",
        "No limit",
        "Median",
        "p90",
        "Longest",
    )
    return rows_table("Releases at places, by level", columns, rows, "There is no level.")


def _spread(told: DistributionAnswer | None) -> tuple[object, ...]:
    if told is None:
        return (quiet("unknown"),) * 3
    return span(told.median), span(told.p90), span(told.greatest)


def _releases(level: LevelAvailabilityAnswer, links: Links) -> Table:
    def key(each: AvailableReleaseAnswer) -> tuple[int, str]:
        return -(each.seconds or 0), each.release

    rows = [
        (
            links.release(each.release),
            links.place(each.place),
            badge("overdue" if each.overdue else each.outcome, _OUTCOMES.get(each.outcome, Tone.NEUTRAL)),
            span(each.seconds) if each.seconds is not None else quiet("unknown"),
            _known(each.tagged, each.tagged_by),
            _known(each.available, each.available_by),
            links.promotion(each.promotion),
        )
        for each in sorted(level.releases, key=key)
    ]
    columns = ("Release", "Place", "Outcome", "Took", "Tagged", "There", "Promotion")
    return rows_table("The longest first", columns, rows, "")


def _known(moment: str | None, by: str | None) -> object:
    return sentence("{} ({})", time_element(moment), by) if moment is not None else quiet("not known")


_OUTCOMES = {"met": Tone.GOOD, "missed": Tone.BAD, "not-yet": Tone.WAITING, "unknown": Tone.WAITING}


def _metrics_file(data: SiteData) -> SiteFile:
    levels = metrics_answers(
        delivery_metrics(data.deployments, data.period), data.period, len(data.deployments.untrusted)
    )

    def make() -> PageContent:
        links = data.links("metrics.html")
        columns = ("Level", "Deployments", "A week", "Lead time", "Change failures", "Time to restore")
        levels_row = ("Figure", *(each.level for each in levels))
        unknown = list(zip(_LEFT_OUT, *(_gaps(each, links) for each in levels), strict=True))
        sections = [
            listing("", "By level", columns, [_figures(each) for each in levels], "There is no level."),
            listing("What is not known", "What the figures leave out", levels_row, unknown),
        ]
        return PageContent("Metrics", sections, "", ["The four figures of DORA.", _period(data)])

    return page_file("metrics.html", levels, make)


def _figures(each: LevelMetricsAnswer) -> tuple[object, ...]:
    rate = each.change_failure
    return (
        each.level,
        each.deployments,
        each.deployments_per_week if each.deployments_per_week is not None else quiet("unknown"),
        _median(each.lead_time.seconds) if each.deployments else quiet("no deployments"),
        f"{rate.failed} of {rate.changes} ({rate.rate:.0%})"
        if rate.rate is not None
        else quiet("no changes"),
        _median(each.time_to_restore.seconds) if rate.failed else quiet("no failures"),
    )


def _median(told: DistributionAnswer | None) -> object:
    return f"{span(told.median)} (p90 {span(told.p90)})" if told is not None else quiet("unknown")


_LEFT_OUT = (
    "Lead times counted from a pin",
    "Deployments without a time of the tag",
    "Changes that are not decided yet",
    "Failures without a way back on record",
    "Changes that no promotion made",
    "Time in which nobody saw its places",
    "Releases that failed",
)


def _gaps(each: LevelMetricsAnswer, links: Links) -> tuple[object, ...]:
    whole = each.coverage.seen + each.coverage.unobserved + each.coverage.pending
    return (
        each.lead_time.by_pin,
        each.lead_time.unknown,
        each.change_failure.open,
        each.time_to_restore.unrestored,
        each.outside,
        f"{each.coverage.unobserved / whole:.0%}" if whole else quiet("all"),
        joined([links.release(name) for name in each.change_failure.releases]) or quiet("none"),
    )


def _search_file(data: SiteData) -> SiteFile:
    """A script that gives the index to the one that searches: a page that is a file may not read another file."""
    entries = [
        (f"night {each.night}", "what ran, and what changed", night_address(each.night))
        for each in data.nights
    ]
    entries += [(str(each), "place", place_address(each)) for each in data.deployments.places]
    entries += [(name, "release", release_address(name)) for name in reversed(list(data.record.pins))]
    entries += [
        (each.id, f"promotion of {each.name} to {each.target}", promotion_address(each.id))
        for each in reversed(data.deployments.promotions.values())
    ]
    entries += [(name, "person", person_address(name)) for name in data.people]
    shown = [(printable(name)[:200], printable(what)[:300], address) for name, what, address in entries]
    text = json.dumps(shown, separators=(",", ":")).replace("<", "\\u003c").replace("],[", "],\n[")
    return SiteFile(INDEX, text.encode(), lambda: f"window.ldmreleaseIndex={text};\n")
