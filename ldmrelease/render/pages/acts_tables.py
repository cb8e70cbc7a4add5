"""Tables of what people did about a release, for pages."""

from collections.abc import Iterable

from ldmrelease.answers.acts import ReviewOwedAnswer
from ldmrelease.answers.approvals import GivenApprovalAnswer
from ldmrelease.answers.holds import HoldAnswer
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.text import few
from ldmrelease.answers.waivers import WaiverAnswer
from ldmrelease.render.acts import (
    EVERYWHERE,
    basis_words,
    hold_state_words,
    review_state_words,
)
from ldmrelease.render.pages.elements import Tone, badge, code, joined, quiet, time_element
from ldmrelease.render.pages.markup import Markup
from ldmrelease.render.pages.tables import Table


def approvals_table(found: Iterable[GivenApprovalAnswer]) -> Table:
    """Who approved, in which role, where, when and on what, and whether it counts."""
    rows = [
        (
            code(each.approval),
            each.scope or quiet("not known"),
            ", ".join(each.persons) or quiet("nobody known"),
            ", ".join(each.roles),
            time_element(each.given),
            time_element(each.expires),
            "; ".join(filter(None, [basis_words(each), each.source, each.reason])),
            badge("in order", Tone.NEUTRAL) if each.counted is None else _counts(each.counted, each.sentence),
        )
        for each in found
    ]
    columns = ("Approval", "Where", "By", "As", "Given", "Until", "On what", "Counted")
    return Table("Approvals that were given", columns, rows, "Nobody has approved it.")


def waivers_table(found: Iterable[WaiverAnswer]) -> Table:
    """Who waived what where, until when, and whether it counts."""
    rows = [
        (
            code(each.waiver),
            each.place,
            each.requirement or quiet("not known"),
            each.person or quiet("nobody known"),
            time_element(each.given),
            time_element(each.expires),
            few(each.failing),
            each.reason or "",
            _counts(each.counted, each.sentence),
        )
        for each in found
    ]
    columns = ("Waiver", "Where", "Requirement", "By", "Given", "Until", "Covers", "Reason", "Counted")
    return Table("Waivers", columns, rows, "Nothing was waived.")


def holds_table(found: Iterable[HoldAnswer], empty: str) -> Table:
    """What is held where, by whom and why, and what became of it."""
    rows = [
        (
            code(each.hold),
            hold_words(each),
            ", ".join(each.scopes) or EVERYWHERE,
            each.person,
            time_element(each.since),
            each.reason,
            badge(hold_state_words(each), Tone.BAD if each.state == "stands" else Tone.NEUTRAL),
        )
        for each in found
    ]
    return Table(
        "Freezes and recalls", ("Hold", "What", "Where", "By", "Since", "Reason", "State"), rows, empty
    )


def reviews_table(found: Iterable[ReviewOwedAnswer]) -> Table:
    """What was let in for less than everybody is asked, and who has looked at it since."""
    rows = [
        (
            code(each.promotion),
            each.release,
            each.place,
            overlay_badge(each),
            each.person,
            time_element(each.since),
            each.reason or "",
            badge(review_state_words(each), _debt_tone(each)),
        )
        for each in found
    ]
    columns = ("Promotion", "Release", "Place", "Let in as", "By", "At", "Reason", "Review")
    return Table(
        "Compressed and emergency promotions", columns, rows, "None let it in for less than is asked."
    )


def hold_words(each: HoldAnswer) -> str:
    """What is held: a freeze, or a recall of something."""
    named = [each.release or ", ".join(each.subjects), f"({each.component})" if each.component else ""]
    condition = f"where {each.predicate}" if each.predicate else ""
    back = "rollbacks pass" if each.lets_back else ""
    return " ".join(filter(None, [each.kind, *named, condition, back]))


def overlay_badge(each: ReviewOwedAnswer) -> Markup:
    """How it was let in."""
    return badge(overlay_mark(each.overlay.kind, each.overlay.name), Tone.BAD)


def _debt_tone(each: ReviewOwedAnswer) -> Tone:
    return Tone.GOOD if each.paid else Tone.BAD if each.overdue else Tone.WAITING


def _counts(counted: bool, why: str | None) -> Markup:
    """A badge, and why not."""
    if counted:
        return badge("counts", Tone.GOOD)
    return joined(badge("does not count", Tone.BAD), why or "")
