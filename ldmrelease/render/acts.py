"""What people did about a release, a line for each act."""

from collections.abc import Iterator

from ldmrelease.answers.acts import ReleaseActsAnswer, ReviewOwedAnswer
from ldmrelease.answers.approvals import GivenApprovalAnswer
from ldmrelease.answers.holds import HoldAnswer
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.text import few, listed, said
from ldmrelease.answers.waivers import WaiverAnswer

EVERYWHERE = "everywhere"


def acts_sections(found: ReleaseActsAnswer) -> Iterator[tuple[str, list[str]]]:
    """Each kind of act with its lines."""
    yield "approvals", [approval_line(each) for each in found.approvals]
    yield "waivers", [waiver_line(each) for each in found.waivers]
    yield "holds", [hold_line(each) for each in found.holds]
    yield "reviews owed", [review_line(each) for each in found.debts]


def approval_line(each: GivenApprovalAnswer) -> str:
    """Who approved where, as what, when, until when, on what basis, and whether it counts."""
    by = listed(map(said, each.persons)) or "nobody that is known"
    roles = f" ({', '.join(map(said, each.roles))})" if each.roles else ""
    source = f", seen as {said(each.source)}" if each.source else ""
    reason = f": {said(each.reason)}" if each.reason else ""
    return (
        f"{said(each.approval)} at {said(each.scope or '?')} by {by}{roles}, given {each.given}, until {each.expires}"
        f"{source}{reason}; on {basis_words(each)}; {counted_words(each)}"
    )


def counted_words(each: GivenApprovalAnswer) -> str:
    """Whether it counts, and why not; without a decision nobody can tell of one that is in order."""
    if each.counted is None:
        return IN_ORDER
    return "counts" if each.counted else f"does not count: {each.sentence}"


IN_ORDER = "signed and in time; whether it still counts, a decision says"
"""Of an approval that no decision at hand has judged."""


def basis_words(each: GivenApprovalAnswer) -> str:
    """How many requirements an approval was given on, and those that were not satisfied then."""
    if not each.basis:
        return "no findings"
    open_then = [f"{one.requirement} {one.outcome}" for one in each.basis if one.outcome != "satisfied"]
    told = f"{len(each.basis)} findings"
    return f"{told}, of which open: {few(open_then)}" if open_then else f"{told}, all satisfied"


def waiver_line(each: WaiverAnswer) -> str:
    """What is waived where, by whom, until when, what it covers, and whether it counts."""
    counts = "counts" if each.counted else f"does not count: {each.sentence}"
    return (
        f"{said(each.waiver)} of {said(each.requirement or '?')} at {said(each.place or '?')} by "
        f"{said(each.person or 'nobody that is known')}, given {each.given}, until {each.expires}: "
        f"{said(each.reason or '')}; it covers {few(each.failing)}; {counts}"
    )


def hold_line(each: HoldAnswer) -> str:
    """What is held where, by whom, since when, and what became of it."""
    where = listed(map(said, each.scopes)) if each.scopes else EVERYWHERE
    condition = f" where {said(each.predicate)}" if each.predicate else ""
    return (
        f"{said(each.hold)} {each.kind}{condition}, {where}, by {said(each.person)} since {each.since}: "
        f"{said(each.reason)}; {hold_state_words(each)}"
    )


def hold_state_words(each: HoldAnswer) -> str:
    """Until when a hold stands, or who lifted it and why."""
    if each.lifted is not None:
        return f"lifted by {said(each.lifted.person)} at {each.lifted.time}: {said(each.lifted.reason)}"
    until = f" until {each.end}" if each.end is not None else ""
    begin = f" from {each.start}" if each.start is not None and each.state == "to-come" else ""
    return f"{each.state}{begin}{until}"


def review_line(each: ReviewOwedAnswer) -> str:
    """What was let in for less where, by whom, and who has looked at it since."""
    reason = f": {said(each.reason)}" if each.reason else ""
    return (
        f"{each.promotion} at {each.place}, {overlay_mark(each.overlay.kind, each.overlay.name)}, by "
        f"{said(each.person)} at {each.since}{reason}; {review_state_words(each)}"
    )


def review_state_words(each: ReviewOwedAnswer) -> str:
    """Whether somebody has reviewed it, or until when somebody has to."""
    told = [
        f"{'accepted' if one.accepted else 'rejected'} by {said(one.person)} at {one.time}: {said(one.reason)}"
        for one in each.reviews
    ]
    if not each.paid:
        told.append(f"OVERDUE since {each.due}" if each.overdue else f"to be reviewed by {each.due}")
    if each.unasked:
        told.append(f"out of reach then: {listed(map(said, each.unasked))}")
    return "; ".join(told)
