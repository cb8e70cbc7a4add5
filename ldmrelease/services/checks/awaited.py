"""Runs whose results somebody else is still to sign."""

from ldmrelease.checks.registry import traits
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.topology import Check
from ldmrelease.services.evidence.collect import collect, evaluate_statements, subjects_of
from ldmrelease.services.evidence.registered_runs import check_fact, registered_runs
from ldmrelease.services.needs import PromotionPlanning
from ldmrelease.services.releases.pin import Pinned


def awaited_run(
    context: PromotionPlanning, check: Check, environment: str, pinned: Pinned
) -> RunRegistration | None:
    """The newest run of a reported check that has no result yet and is not due, which another would only double.

    Raises `RegistryError`.
    """
    if traits(check.kind).run_by_us:
        return None
    now, definition = context.now(), check_fact(check).digest
    open_runs = [
        each
        for each in registered_runs(context, pinned)
        if (each.check, each.check_digest, each.environment) == (check.name, definition, environment)
        and now < each.deadline
    ]
    if not open_runs:
        return None
    statements = collect(context, subjects_of(context.workspace, pinned))
    told = {
        each.fact.run
        for _, each in evaluate_statements(context, pinned, statements, now)
        if each.fact.counted
    }
    return next((each for each in reversed(open_runs) if each.run not in told), None)
