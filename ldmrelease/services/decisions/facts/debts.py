"""The reviews that a place still owes."""

from ldmrelease.domain.facts import DebtFact
from ldmrelease.services.acts.debts import debts_at
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> tuple[DebtFact, ...]:
    """Those that nobody has paid, oldest first."""
    owed = debts_at(inquiry.release.context, inquiry.question.place)
    return tuple(
        DebtFact(each.owed.promotion, each.owed.overlay.name, each.owed.person, each.due)
        for each in owed
        if not each.paid
    )
