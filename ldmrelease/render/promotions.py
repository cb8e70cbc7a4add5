"""Promotions for people: what became of a request, what to do next, and the whole story of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ldmrelease.answers.decisions import NONE_BLOCKED
from ldmrelease.answers.sentences.causes import availability_words, cause_words, waits_words
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.interruptions import busy_words, interrupted_words
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.target_refusals import (
    failure_words,
    preflight_words,
    refusal_words,
)
from ldmrelease.answers.sentences.text import (
    command_line,
    differ,
    indented,
    listed,
    moment,
    said,
    same_told,
    short,
)
from ldmrelease.domain.decision import FOUND, Verdict
from ldmrelease.domain.events.promotion import DecisionStage, PromotionState
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId
from ldmrelease.render.changes import done_text
from ldmrelease.render.decisions import decision_text, each_once, overlay_lines, verdict_line
from ldmrelease.render.tables import Cell, Colour, painted, table

if TYPE_CHECKING:
    from ldmrelease.answers.overlays import OverlayAnswer
    from ldmrelease.answers.promotion_rows import PromotionRowAnswer
    from ldmrelease.services.decisions.decide import Decided, Unagreed
    from ldmrelease.services.inventory.drift_report import Blocked
    from ldmrelease.services.promotions.earliest import EarliestTimes
    from ldmrelease.services.promotions.preflight import PreflightFailed, RefusedPlace
    from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
    from ldmrelease.services.promotions.report import PlaceReport, PromotionReport, StepReport
    from ldmrelease.services.promotions.submit import NothingToDo

_COLOURS = {
    PromotionState.SUCCEEDED: Colour.green,
    PromotionState.WAITING: Colour.yellow,
    PromotionState.RUNNING: Colour.yellow,
    PromotionState.SUPERSEDED: Colour.grey,
    PromotionState.ABORTED: Colour.grey,
}


def state_cell(state: str) -> Cell:
    """A state with its colour."""
    colour = _COLOURS.get(PromotionState(state), Colour.red) if state in set(PromotionState) else Colour.red
    return Cell(state, colour)


def outcome_text(outcome: PromotionOutcome, now: datetime) -> str:
    """What a promotion has done, where it was left, and the next command."""
    cell = state_cell(str(outcome.state))
    lines = [*map(done_text, outcome.changes)]
    lines += [f"promotion {outcome.promotion}: {painted(cell.text, cell.colour)}{_why(outcome, now)}"]
    if outcome.interrupted is not None:
        lines.append(f"interrupted: {interrupted_words(outcome.interrupted)}")
    if outcome.busy is not None:
        lines.append(busy_words(outcome.busy))
    lines += [f"notice: {refusal_words(each)}" for each in outcome.notices]
    lines += [f"next: {each}" for each in _next(outcome)]
    return "\n".join(lines)


def _why(outcome: PromotionOutcome, now: datetime) -> str:
    cause = outcome.cause
    if outcome.state is PromotionState.WAITING:
        return _waits(cause, now)
    words = cause_words(cause)
    return f": {words}" if words else ""


def _waits(cause: Mapping[str, Any], now: datetime) -> str:
    words = waits_words(cause, now)
    since = " " if cause.get("until") or cause.get("who") else ": "
    return f"{since}{words}" if words else ""


def _next(outcome: PromotionOutcome) -> Iterator[str]:
    name = outcome.promotion
    match outcome.state:
        case PromotionState.WAITING if outcome.cause.get("code") == "open-release":
            yield command_line(outcome.cause["values"]["next"])
        case PromotionState.WAITING:
            yield f"ldmrelease resume {name} (or `ldmrelease resume --all` from cron)"
        case PromotionState.REFUSED | PromotionState.UNDECIDED:
            yield f"ldmrelease promotions show {name}"
        case PromotionState.HALTED | PromotionState.STUCK:
            yield f"ldmrelease promotions show {name}"
        case _ if not outcome.state.ended:
            yield f"ldmrelease resume {name}"


def nothing_text(answer: NothingToDo, name: str, intent: Intent, alias: str | None) -> str:
    """That everything is as asked for already."""
    places = listed(answer.places)
    match intent:
        case Intent.ALIAS:
            what = f"{alias} means {name} at {places} already"
        case Intent.RETIRE:
            what = f"{name} is not at {places}"
        case _:
            what = f"{name} is at {places} already, {_with_receipts(answer)}"
    return f"nothing to do: {what}; nothing was written"


def _with_receipts(answer: NothingToDo) -> str:
    without = (
        f"scaled to zero at {listed(answer.scaled_to_zero)}: nothing is to run there, so there is no receipt"
        if answer.scaled_to_zero
        else ""
    )
    if len(answer.scaled_to_zero) == len(answer.places):
        return without
    return f"with a receipt{'; ' + without if without else ''}"


def look_text(
    decided: Sequence[Decided], default_product: str | None, blocked: Sequence[Mapping[str, Blocked]] = ()
) -> str:
    """The decisions of a look, place by place, and for each what is not advised by requirement: each of it once."""
    told = zip(decided, each_once(blocked or [NONE_BLOCKED] * len(decided)), strict=True)
    return "\n\n".join(decision_text(each.decision, default_product, why) for each, why in told)


def hypothetical_text(local: Unagreed) -> str:
    """In front of a decision: what of it nobody has agreed to; empty where there is nothing."""
    unsigned = ""
    if local.document:
        unsigned = (
            f"hypothetical: the trust document is not signed: {printable(local.document)}; nothing acts on what is "
            "decided by it\n`ldmrelease trust show` says who has signed, `ldmrelease trust sign` signs it\n"
        )
    told = ""
    if local.levels:
        told += (
            f"hypothetical: the policy of {', '.join(local.levels)} differs from what the trust document records; "
            "nothing acts on what it decides\n"
        )
    if local.environments:
        told += (
            f"hypothetical: the targets of {', '.join(local.environments)} differ from what the trust document "
            "records; nothing is written or signed there\n"
        )
    if local.products:
        told += (
            f"hypothetical: {differ('product', local.products)} from what the trust document records; "
            "nothing is written or signed about it\n"
        )
    if local.checks:
        told += (
            f"hypothetical: {differ('check', local.checks)} from what the trust document records; "
            "it is not run, and only results of what it records count\n"
        )
    advice = "`ldmrelease trust agree` shows what differs and records it\n" if told else ""
    return f"{unsigned}{told}{advice}"


def preflight_text(failed: PreflightFailed) -> str:
    """That places cannot be written as asked, or cannot be asked."""
    from ldmrelease.answers.findings import is_undecided  # noqa: PLC0415 - knows what targets answer

    kind = "undecided" if is_undecided(failed.places[0].refusal) else "refused"
    return f"{kind}: {preflight_words(failed)}; nothing was written"


def left_out_texts(places: Sequence[RefusedPlace]) -> list[str]:
    """The places that are left out of an answer about others, in one text; none where there is none."""
    from ldmrelease.answers.findings import is_undecided  # noqa: PLC0415 - as above

    told = [(each, is_undecided(each.refusal)) for each in places]
    groups = ((Verdict.UNDECIDED, True), (Verdict.REFUSED, False))
    lines = [
        f"{painted(str(verdict).upper(), Colour.red)}: {line}"
        for verdict, undecided in groups
        for line in same_told(
            (each.place, refusal_words(each.refusal)) for each, so in told if so is undecided
        )
    ]
    return ["\n".join(lines)] if lines else []


def earliest_lines(times: EarliestTimes, now: datetime) -> list[str]:
    """When the last place of a plan can be entered at the earliest; nothing where that is now."""
    place, last = [*times.items()][-1]
    if last.barred is not None:
        return [
            f"earliest at the last place: not known, since {last.barred} waits for {listed(last.requirements)}"
        ]
    if last.time is None or last.time <= now:
        return []
    return [f"earliest at the last place: {place} {moment(last.time, now)}"]


def _pending(requirement: str) -> str:
    return "the complete release, asked for again" if requirement == "complete" else requirement


def _marked(state: Cell, overlay: OverlayAnswer | None) -> Cell:
    """A state, and beside it that less was asked for."""
    if overlay is None:
        return state
    return Cell(f"{state.text}, {overlay_mark(overlay.kind, overlay.name)}", Colour.red)


def promotions_table(rows: Iterable[PromotionRowAnswer]) -> str:
    """The list of promotions."""
    cells: list[list[str | Cell]] = [
        [
            each.promotion,
            _marked(state_cell(each.state), each.overlay),
            each.intent or "",
            each.release or "",
            each.target or "",
            each.by or "",
            each.requested,
            ", ".join([*([each.until] if each.until else []), *each.who, *map(_pending, each.pending)]),
        ]
        for each in rows
    ]
    if not cells:
        return "no promotions"
    headers = ["promotion", "state", "intent", "release", "target", "by", "requested", "waits for"]
    return table(headers, cells, spare=("intent", "requested", "by"))


def report_text(
    report: PromotionReport,
    default_product: str | None,
    now: datetime,
    blocked: Mapping[str, Blocked] = NONE_BLOCKED,
) -> str:
    """A promotion from request to receipts; `blocked` is what its last decision does not advise, by requirement."""
    request = report.request
    cell = state_cell(report.state)
    lines = [
        *overlay_lines(request.overlay),
        f"promotion {report.promotion}: {painted(cell.text, cell.colour)}{_report_cause(report, now)}",
        f"  {_intent(request.intent, request.alias)} {request.product}/{request.tag} ({short(request.release)}) "
        f"at {said(request.target)}",
        f"  requested {moment(report.requested)} by {said(report.requester)}"
        + (f": {said(request.reason)}" if request.reason else ""),
    ]
    for place in report.places:
        lines += [
            "",
            f"{place.place} (level {place.level}): {place.state}",
            *indented(_place_lines(place), 2),
        ]
    lines += _decision_lines(report, default_product, blocked)
    if report.receipts:
        lines += ["", "receipts:"]
        lines += [f"  {each.place} {each.component}: {each.envelope}" for each in report.receipts]
    if report.next:
        lines += ["", f"next: {' '.join(report.next)}"]
    return "\n".join(lines)


def _intent(intent: Intent, alias: str | None) -> str:
    return f"alias {alias} to" if alias else str(intent)


def _report_cause(report: PromotionReport, now: datetime) -> str:
    if report.state == PromotionState.WAITING:
        return _waits(report.cause, now)
    words = cause_words(report.cause)
    return f": {words}" if words else ""


def _place_lines(place: PlaceReport) -> Iterator[str]:
    for step in place.steps:
        if step.state != "open":
            yield f"{step.state:8} {_named(step)}"


def _named(step: StepReport) -> str:
    name = _what(step)
    if step.state == "failed":
        return f"{name}: {failure_words(str(step.result.get('code', '')), step.result)}"
    if step.result.get("skipped") in _UNSIGNED:
        return f"{name}: {_UNSIGNED[step.result['skipped']]}"
    noted = _noted(step.result)
    return f"{name}: {noted}" if noted else name


_STEPS = {
    StepKind.CLAIM: "claim the place",
    StepKind.COPY: "copy images to the site's registry",
    StepKind.PROPOSE: "propose the settings for review",
    StepKind.MERGE: "wait until it is merged",
    StepKind.WITHDRAW: "withdraw the proposal",
    StepKind.PULL: "fetch images on the nodes",
    StepKind.APPLY: "write the settings",
    StepKind.SETTLE: "verify that it is there",
    StepKind.RECEIPT: "sign receipts",
    StepKind.PUBLISH: "attach the receipts to the images",
    StepKind.RESTORE: "put back what was there before",
    StepKind.FREE: "release the claim",
}


def _what(step: StepReport) -> str:
    """What a step does, in plain words."""
    parsed = StepId.parse(step.step)
    return f"run the check {parsed.check}" if parsed.check else _STEPS[parsed.kind]


_STAGES = {
    DecisionStage.ASK: "at the request",
    DecisionStage.ENTER: "under the lock",
    DecisionStage.CONFIRM: "after it ran there",
}


_UNSIGNED = {
    "scaled-to-zero": "none signed, since nothing runs there (scaled to zero)",
    FOUND: "none signed, since it had only been found there: nobody has decided about it",
    "no-receipts": "nothing to publish",
}


def _noted(result: Mapping[str, Any]) -> str:
    """What a done step recorded that is worth a word."""
    notes = {key: result[key] for key in ("result", "revision", "found", "skipped") if result.get(key)}
    left = result.get("left")
    parts = [said(notes)] if notes else []
    parts += [f"without {listed(left)}"] if isinstance(left, Mapping) and left else []
    measured = availability_words(result.get("availability"))
    parts += [f"({measured})"] if measured else []
    return " ".join(parts)


def _decision_lines(
    report: PromotionReport, default_product: str | None, blocked: Mapping[str, Blocked]
) -> list[str]:
    """The last decision in full, earlier ones in a line."""
    lines: list[str] = []
    for number, ruled in enumerate(report.decisions, 1):
        told = decision_text(ruled.decision, default_product, blocked)
        if number < len(report.decisions):
            told = verdict_line(ruled.decision)
        when = f"{_STAGES[DecisionStage(ruled.stage)]}, {moment(ruled.decision.now)}"
        lines += ["", f"decided {when} {ruled.digest}", *told.splitlines()]
    return lines
