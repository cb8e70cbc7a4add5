"""Status, availability, metrics, timelines and nights for people."""

from collections.abc import Iterable, Iterator, Sequence

from ldmrelease.answers.availability import AvailableReleaseAnswer, LevelAvailabilityAnswer
from ldmrelease.answers.metrics import LevelMetricsAnswer
from ldmrelease.answers.nights import AllowanceAnswer, NightAnswer, NightChangeAnswer, NightWaitAnswer
from ldmrelease.answers.overlays import OverlayAnswer
from ldmrelease.answers.periods import CoverageAnswer, DistributionAnswer, UnobservedAnswer
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.text import counted, few, listed, short, span
from ldmrelease.answers.status import StatusAnswer
from ldmrelease.answers.timelines import ImageThereAnswer, TimelineAnswer
from ldmrelease.render.tables import Cell, Colour, table

_TimelineRow = tuple[str, str, str | Cell, str, str, str | Cell]
_UNOBSERVED = Cell("unobserved", Colour.yellow)
_NOBODY = Cell("nobody (outside ldmrelease)", Colour.grey)
_VERDICTS = {"refused": Colour.red, "undecided": Colour.yellow, "waiting": Colour.yellow}
_PRESENCES = {
    "running": Cell("runs", Colour.green),
    "partly": Cell("runs in part", Colour.yellow),
    "unobserved": Cell("unobserved", Colour.yellow),
    "gone": Cell("gone", Colour.grey),
    "never": Cell("", None),
}


def status_table(rows: Sequence[StatusAnswer]) -> str:
    """Releases by environment: what runs or was decided, since when, and what is next."""
    if not rows:
        return "nothing runs, is under way, or was pinned lately; `--all` shows what there was"
    cells: dict[tuple[str | Cell, ...], list[str]] = {}
    for each in rows:
        waits = [f"until {each.until}"] if each.until is not None else []
        who = ": ".join([*waits, *([listed(each.who)] if each.who else [])])
        key = (each.release, _verdict(each), each.since or "", who, each.next or "")
        same = (*key[:4], "") if each.presence == "never" and each.promotion is None else key
        cells.setdefault(same, []).append(each.environment)
    told = [(key[0], few(environments, 4), *key[1:]) for key, environments in cells.items()]
    lines = table(
        ["release", "environment", "verdict", "since", "waits", "next"], told, spare=("since", "waits")
    )
    asked = any(each.presence == "never" and each.promotion is None for each in rows)
    return (
        f"{lines}\nnext, where nobody has asked: ldmrelease check RELEASE --target ENVIRONMENT"
        if asked
        else lines
    )


def _verdict(each: StatusAnswer) -> Cell:
    there = _PRESENCES[each.presence]
    if each.presence == "partly":
        there = Cell(f"runs at {each.running} of {each.places}", Colour.yellow)
    if each.promotion is None:
        return there if there.text else Cell("not asked for", Colour.grey)
    verdict = each.verdict or each.state or ""
    # What has come through is told by the decision; what has not, by where it is.
    state = each.state if each.state is not None and each.state != "succeeded" else verdict
    told = verdict if each.presence in ("running", "gone") and each.state == "succeeded" else state
    words = ", ".join(part for part in (there.text, str(told)) if part)
    if each.overlay is not None:
        return Cell(f"{words} ({each.promotion}), {_mark(each.overlay)}", Colour.red)
    colour = _VERDICTS.get(str(told), there.colour)
    return Cell(f"{words} ({each.promotion})", colour)


def _mark(overlay: OverlayAnswer) -> str:
    return overlay_mark(overlay.kind, overlay.name)


def availability_text(levels: Sequence[LevelAvailabilityAnswer]) -> str:
    """Level by level, then what stands out, by name."""
    rows = [
        (
            each.level,
            span(each.asked) if each.asked is not None else "nothing",
            str(each.met),
            Cell(str(each.missed), Colour.red if each.missed else None),
            str(each.not_yet),
            str(each.unknown),
            *_spread(each.seconds),
        )
        for each in levels
    ]
    headers = ["level", "asked", "met", "missed", "not yet", "unknown", "median", "p90", "longest"]
    lines = [_period(each.period.start, each.period.end) for each in levels[:1]]
    lines.append(table(headers, rows, spare=("p90",)))
    for each in levels:
        lines += [f"{each.level}, far longer than most: {_named(row)}" for row in each.outliers]
        lines += [f"{each.level}, missed: {_named(row)}" for row in each.releases if row.outcome == "missed"]
        lines += [
            f"{each.level}, overdue: {row.release} at {row.place}, which {row.promotion} has not brought there yet"
            for row in each.releases
            if row.overdue
        ]
    pins = sum(row.tagged_by == "pin" for each in levels for row in each.releases)
    if pins:
        lines.append(
            f"{counted(pins, 'time is', 'times are')} counted from the pin, since no image says when it was built"
        )
    return "\n".join(lines)


def _named(row: AvailableReleaseAnswer) -> str:
    return f"{row.release} at {row.place}, {span(row.seconds)} after {row.tagged} ({row.tagged_by})"


def _spread(told: DistributionAnswer | None) -> tuple[str, str, str]:
    return (span(told.median), span(told.p90), span(told.greatest)) if told is not None else ("", "", "")


def _period(begin: str, end: str) -> str:
    return f"from {begin} to {end}"


def metrics_text(levels: Sequence[LevelMetricsAnswer]) -> str:
    """Level by level, then what is not known."""
    rows = [
        (
            each.level,
            f"{each.deployments} ({each.deployments_per_week} a week)",
            _median(each.lead_time.seconds, each.deployments, "no deployments"),
            _rate(each),
            _median(each.time_to_restore.seconds, each.change_failure.failed, "no failures"),
        )
        for each in levels
    ]
    headers = ["level", "deployments", "lead time", "change failures", "time to restore"]
    lines = [_period(each.period.start, each.period.end) for each in levels[:1]]
    lines.append(table(headers, rows))
    for each in levels:
        lines += [f"{each.level}: {word}" for word in _not_known(each)]
    if levels and levels[0].untrusted:
        lines.append(
            f"left out: {counted(levels[0].untrusted, 'promotion')} with events that do not count; "
            "`ldmrelease ledger verify` says why"
        )
    return "\n".join(lines)


def _median(told: DistributionAnswer | None, number: int, none: str) -> str:
    if told is not None:
        return f"{span(told.median)} (p90 {span(told.p90)})"
    return "unknown" if number else none


def _rate(each: LevelMetricsAnswer) -> str:
    told = each.change_failure
    return f"{told.failed} of {told.changes} ({told.rate:.0%})" if told.rate is not None else "no changes"


def _not_known(each: LevelMetricsAnswer) -> Iterator[str]:
    lead, failed = each.lead_time, each.change_failure
    if lead.by_pin:
        yield f"{counted(lead.by_pin, 'lead time is', 'lead times are')} counted from the pin"
    if lead.unknown:
        yield f"{counted(lead.unknown, 'deployment')} without a time of the tag"
    if failed.releases:
        yield f"failed: {few(list(failed.releases))}"
    if failed.open:
        yield f"{counted(failed.open, 'change is', 'changes are')} not decided yet"
    if each.time_to_restore.unrestored:
        yield f"{counted(each.time_to_restore.unrestored, 'failure')} without a recorded way back"
    if each.outside:
        yield f"{counted(each.outside, 'change')} that no promotion made, and no deployment here"
    if each.coverage.unobserved:
        yield f"unobserved for {_share(each.coverage)} of the time of its {counted(each.places, 'place')}"


def _share(seen: CoverageAnswer) -> str:
    whole = seen.seen + seen.unobserved + seen.pending
    return f"{seen.unobserved / whole:.0%}" if whole else "all"


def timeline_table(told: TimelineAnswer) -> str:
    """Places, one after the other, each from the beginning of the period to its end."""
    rows: dict[str, list[_TimelineRow]] = {place: [] for place in told.places}
    for each in told.stretches:
        until = f"{each.interval.end} (there still)" if each.last else each.interval.end
        name, image = f"{each.image.product}/{each.image.component}", _name(each.image)
        by = each.image.promotion or _NOBODY
        rows[each.place].append((each.place, name, image, each.interval.start, until, by))
    for missed in told.unobserved:
        gap = (missed.place, "", _UNOBSERVED, missed.interval.start, missed.interval.end, "")
        rows[missed.place].append(gap)
    cells = [row for place in rows.values() for row in sorted(place, key=lambda each: each[3])]
    if not cells:
        return "no place is meant"
    return table(["place", "component", "release", "from", "to", "approved by"], cells, spare=("component",))


def _name(image: ImageThereAnswer) -> str | Cell:
    if image.release is None:
        return Cell(image.spelling or short(image.digest or ""), Colour.yellow)
    return image.release if image.named == "admitted" else f"{image.release} ({image.named})"


def night_text(log: NightAnswer) -> str:
    """What ran, what changed, what waited, and what nobody saw."""
    lines = [f"night {log.night}: {_period(log.interval.start, log.interval.end)}"]
    if not log.complete:
        lines.append("not every place was seen since its end: there may be more to know")
    cells = [
        (
            each.place,
            f"{each.image.product}/{each.image.component}",
            _name(each.image),
            each.interval.start,
            each.interval.end,
            _allowed(each.allowed),
        )
        for each in log.ran
    ]
    headers = ["place", "component", "release", "from", "to", "allowed by"]
    lines += ["", table(headers, cells, spare=("component",)) if cells else "nothing was seen to run"]
    lines += ["", *_section("changes since the night before", map(_change_line, log.changes))]
    lines += _section("waited", map(_wait_line, log.waits))
    lines += _section("unobserved", map(_missed_line, log.unobserved))
    return "\n".join(lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return [f"{title}:", *(f"  {each}" for each in told)] if told else [f"{title}: nothing"]


def _allowed(told: AllowanceAnswer | None) -> str | Cell:
    if told is None:
        return _NOBODY
    when = f"admitted {told.admitted}" if told.admitted is not None else "under way"
    verdict = f"{told.verdict}, " if told.verdict is not None else ""
    words = f"{told.promotion} by {told.by} ({verdict}{when})"
    return words if told.overlay is None else Cell(f"{_mark(told.overlay)} {words}", Colour.red)


def _change_line(each: NightChangeAnswer) -> str:
    gone = listed([_plain(image) for image in each.gone])
    come = listed([_plain(image) for image in each.come])
    when = f"seen at {each.time}" if each.joined else f"between {each.last} and {each.time}, unobserved"
    why = ""
    if each.allowed is not None:
        reason = f": {each.allowed.reason}" if each.allowed.reason else ""
        mark = f"{_mark(each.allowed.overlay)} " if each.allowed.overlay is not None else ""
        why = f"; {mark}{each.allowed.intent} {each.allowed.promotion} by {each.allowed.by}{reason}"
    elif each.come:
        why = "; by nobody we know of"
    return f"{each.place} {each.component}: {gone} -> {come}, {when}{why}"


def _plain(image: ImageThereAnswer) -> str:
    return image.release or image.spelling or short(image.digest or "")


def _wait_line(each: NightWaitAnswer) -> str:
    what = [f"until {each.until}"] if each.until is not None else []
    what += [f"for {listed(each.who)}"] if each.who else []
    what += [each.code] if each.code is not None else []
    why = f", waiting {' '.join(what)}" if what else ""
    end = f"to {each.end}" if each.end is not None else "on"
    return f"{each.promotion} ({each.release} at {each.place}, by {each.by}): from {each.begin} {end}{why}"


def _missed_line(each: UnobservedAnswer) -> str:
    return f"{each.place}: {_period(each.interval.start, each.interval.end)} ({span(each.seconds)})"
