"""Statements about the release, its images or its content, as they count now."""

from ldmrelease.domain.facts import StatementFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.evidence.collect import (
    CollectedStatement,
    collect,
    evaluate_statements,
    subjects_of,
)
from ldmrelease.trust.evaluate import EvaluatedStatement


def gather(inquiry: Inquiry) -> tuple[StatementFact, ...]:
    """Each statement as it counts, in the order of intake. Raises `RegistryError`."""
    return inquiry.release.once(_in_order_of_intake)


def _in_order_of_intake(about: ReleaseInquiry) -> tuple[StatementFact, ...]:
    seen = about.once(in_stream_order)
    return tuple(sorted(seen, key=lambda fact: (fact.received, fact.evidence, fact.blob)))


def in_stream_order(about: ReleaseInquiry) -> list[StatementFact]:
    """The same in the order of the ledger's streams, which tells what came first in one second."""
    return [each.fact for _, each in about.once(evaluated)]


def evaluated(about: ReleaseInquiry) -> list[tuple[CollectedStatement, EvaluatedStatement]]:
    """The statements themselves, what the ledger does not have yet among them, each as it counts."""
    context = about.context
    taken = collect(context, subjects_of(context.workspace, about.pinned))
    return evaluate_statements(context, about.pinned, taken, about.now)
