"""Check runs that were registered before they started, each with its result."""

from ldmrelease.domain.facts import RunFact
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.decisions.facts.statements import in_stream_order
from ldmrelease.services.evidence.registered_runs import registered_runs


def gather(inquiry: Inquiry) -> tuple[RunFact, ...]:
    """The registered runs, each with its first result: a second one of the same run hides nothing."""
    return inquiry.release.once(_runs)


def _runs(about: ReleaseInquiry) -> tuple[RunFact, ...]:
    results: dict[str, str] = {}
    for each in sorted(about.once(in_stream_order), key=lambda fact: fact.received):
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
        for order, act in enumerate(registered_runs(about.context, about.pinned))
    )
