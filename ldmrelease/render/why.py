"""Why something runs, on a page: what it is, who asked, what was decided on which evidence, and what came of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ldmrelease.answers.acts import release_acts_answer
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.text import counted, listed, moment, said, short
from ldmrelease.domain.decision import IN_THE_WAY, Finding, Outcome
from ldmrelease.render.acts import acts_sections
from ldmrelease.render.decisions import decision_source, finding_lines, overlay_lines
from ldmrelease.render.tables import Colour, painted
from ldmrelease.services.audit.promotion_reason import DecisionReason, PromotionReason, StatementUsed
from ldmrelease.services.audit.why import FirstSeen, WhyPlace, WhyReason
from ldmrelease.services.inventory.where import PlaceComponent

_VERBS = {"promote": "promote", "rollback": "go back to", "alias": "move a name to", "retire": "take away"}
_SINCE = {"holds": "held now", "reviews owed": "review"}
"""What stands in front of acts that are of now, and not only later than a decision."""
_BEHIND = "            "


def why_text(places: Sequence[WhyPlace], now: datetime) -> str:
    """Each place with its reasons, as of a time."""
    return "\n\n".join("\n".join(_place(each, now)) for each in places) or "no place is meant"


def _place(place: WhyPlace, now: datetime) -> Iterator[str]:
    yield _heading(place)
    if not place.reasons and place.observed is not None and place.speaks:
        yield "  nothing of what is asked about was seen there"
    for each in place.reasons:
        yield from _reason(each, place.moment or now)
    for other in place.others:
        yield f"  since then  {other.promotion} brought {other.release}: {other.state}"


def _heading(place: WhyPlace) -> str:
    told = f"{place.place} (level {place.level})" if place.level else str(place.place)
    if place.moment is None:
        return told
    if place.observed is None:
        return f"{told}: {painted('never observed', Colour.yellow)} up to {moment(place.moment)}"
    if not place.speaks:
        after = f", and next at {moment(place.next)}" if place.next is not None else ""
        gap = f"observed at {moment(place.observed)}{after}: too far apart to say what ran"
        return f"{told} at {moment(place.moment)}: {painted('unobserved', Colour.yellow)}; {gap}"
    return f"{told} at {moment(place.moment)}, as observed at {moment(place.observed)}"


def _reason(reason: WhyReason, now: datetime) -> Iterator[str]:
    for each in reason.images:
        yield f"  {_image(each)}"
    if reason.promotion is not None:
        yield from _promotion(reason.promotion, now, found=reason.found)
    elif reason.images:
        yield from _undecided(reason.first)


def _image(row: PlaceComponent) -> str:
    release = f"{row.release} ({row.named})" if row.release is not None else "no release that is pinned"
    return f"{row.product}/{row.component}  {said(row.spelling)}  {short(row.digest)}  {release}, since {row.since}"


def _undecided(first: FirstSeen | None) -> Iterator[str]:
    yield f"  {painted('WITHOUT A DECISION', Colour.red)}: nobody asked ldmrelease for it"
    if first is None:
        return
    where = f"committed at {short(first.revision)}" if first.basis == "committed" else "running"
    back = "; a promotion that did not succeed put it back" if first.cause == "restore" else ""
    yield f"  seen first  {moment(first.seen)}, {said(where)}{back}"
    if first.by is not None:
        yield f"  changed     by {said(first.by)} at {said(first.changed)}, commit {said(first.commit)}"


def _promotion(promotion: PromotionReason, now: datetime, *, found: bool) -> Iterator[str]:
    yield from (f"  {each}" for each in overlay_lines(promotion.overlay))
    verb = _VERBS.get(promotion.intent, promotion.intent)
    reason = f": {said(promotion.reason)}" if promotion.reason else ""
    yield (
        f"  asked       {moment(promotion.requested)} by {said(promotion.by)} ({promotion.promotion}): {verb} "
        f"{promotion.release} at {promotion.target}{reason}"
    )
    if found:
        told = painted("FOUND, NOT DECIDED", Colour.yellow)
        yield f"  {told}: it ran here before and no policy had let it in; whoever asked answers for it"
    known: set[str] = set()
    for each in promotion.decisions:
        yield from _decision(each, known)
    if promotion.written is not None:
        yield f"  written     {moment(promotion.written)}"
    if promotion.restored is not None:
        yield f"  restored    {moment(promotion.restored)}: what was there before was put back"
    yield from _receipts(promotion)
    yield f"  state       {promotion.state}"
    for later in promotion.later:
        yield f"  since then  {_statement(later)}"
    for name, lines in acts_sections(release_acts_answer(promotion.release, promotion.acts, now)):
        yield from (f"  {_SINCE.get(name, 'since then'):<11} {line}" for line in lines)


def _receipts(promotion: PromotionReason) -> Iterator[str]:
    for each in promotion.receipts:
        yield f"  receipt     {each.component}: {short(each.subject)}, signed {each.time}, {short(each.digest)}"
    if promotion.without_receipt is not None:
        yield f"  receipt     none: {promotion.without_receipt}"


def _decision(reason: DecisionReason, known: set[str]) -> Iterator[str]:
    """A decision; what was satisfied, and is of one that was told before, is not told again."""
    decision = reason.decision
    before = f", after {counted(reason.earlier, 'other decision')}" if reason.earlier else ""
    yield f"  decided     {reason.stage}: {str(decision.verdict).upper()}{before}"
    yield f"{_BEHIND}  {decision_source(decision, reason.digest)}"
    product = decision.name.partition("/")[0]
    for each in _told(decision.findings):
        if each.requirement in known and each.outcome is Outcome.SATISFIED:
            continue
        known.add(each.requirement)
        yield from (f"{_BEHIND}{line}" for line in finding_lines(each, decision.now, product))
        for evidence in each.evidence:
            used = reason.statements.get(evidence)
            if used is not None:
                yield f"{_BEHIND}              {_statement(used)}"


def _told(findings: Iterable[Finding]) -> list[Finding]:
    """What stood in the way first."""
    return sorted(findings, key=lambda each: each.outcome not in IN_THE_WAY)


def _statement(used: StatementUsed) -> str:
    fact = used.fact
    what = listed([f"{fact.type} {fact.check}" if fact.check else fact.type])
    result = f" {fact.result}" if fact.result else ""
    who = (
        f"by {said(used.person)} ({said(fact.signer)})"
        if used.person is not None
        else "by nobody that is known"
    )
    does_not = f", {why_not(fact.code)}" if not fact.counted and fact.code else ""
    return f"{what}{result}, signed {who}, taken in {moment(fact.received)}{does_not}, {short(fact.evidence)}"
