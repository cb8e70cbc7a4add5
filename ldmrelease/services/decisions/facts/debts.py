"""The reviews that a place still owes."""

from ldmrelease.domain.facts import DebtFact
from ldmrelease.services.acts.debts import debt_facts, debts_at
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> tuple[DebtFact, ...]:
    """Those that nobody has paid, oldest first."""
    return debt_facts(debts_at(inquiry.release.context, inquiry.question.place))
