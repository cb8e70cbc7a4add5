"""Check runs that were registered before they started, each with its result."""

from collections.abc import Iterable

from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.facts import RunFact, StatementFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.decisions.facts.statements import in_stream_order
from ldmrelease.services.evidence.registered_runs import registered_runs


def gather(inquiry: Inquiry) -> tuple[RunFact, ...]:
    """The registered runs, each with its first result: a second one of the same run hides nothing."""
    return inquiry.release.once(_runs)


def _runs(about: ReleaseInquiry) -> tuple[RunFact, ...]:
    return run_facts(registered_runs(about.context, about.pinned), about.once(in_stream_order))


def run_facts(
    registered: Iterable[RunRegistration], statements: Iterable[StatementFact]
) -> tuple[RunFact, ...]:
    """Runs in the order of their registration, each with its first result among statements in the order of streams."""
    results: dict[str, str] = {}
    for each in sorted(statements, key=lambda fact: fact.received):
        if each.run is not None and each.counted:
            results.setdefault(each.run, each.evidence)
    return tuple(
        RunFact(
            run=act.run,
            check=act.check,
            check_digest=act.check_digest,
            environment=act.environment,
            subjects=act.subjects,
            registered=act.registered,
            deadline=act.deadline,
            evidence=results.get(act.run),
            cluster_uid=act.cluster_uid,
            order=order,
        )
        for order, act in enumerate(registered)
    )
