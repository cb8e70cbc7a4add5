"""Predicates of statements that people sign by hand, from a few arguments."""

from typing import Any

from ldmrelease.domain.predicates.test_result import (
    FAILED,
    PASSED,
    CheckUsed,
    Outcomes,
    RunDone,
    write_result,
)
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Check, ComponentKind
from ldmrelease.services.evidence.registered_runs import check_fact, registered_runs
from ldmrelease.services.needs import EvidenceSources
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.signing import require_agreed_checks


def provenance(context: EvidenceSources, pinned: Pinned, builder: str | None) -> dict[str, Any]:
    """Who built it, from what: SLSA provenance v1 with the builder's URI, the tag and the configuration's commit."""
    base, release = context.topology.base_uri, pinned.release
    commits = [
        {"uri": each.source, "digest": {"gitCommit": each.digest.removeprefix("gitCommit:")}}
        for each in release.components
        if each.kind is ComponentKind.CONFIGURATION
    ]
    return {
        "buildDefinition": {
            "buildType": f"{base}/build/v1",
            "externalParameters": {"product": release.product, "tag": release.tag},
            "resolvedDependencies": commits,
        },
        "runDetails": {
            "builder": {"id": builder or f"{base}/builders/ci"},
            "metadata": {"finishedOn": spell(context.now())},
        },
    }


def check_result(
    context: EvidenceSources, pinned: Pinned, check: Check, failed: tuple[str, ...], run: str | None
) -> dict[str, Any]:
    """The result of a check: it passed but for the tests that failed. With `run`, of that registered run.

    Raises `UnagreedCheck`, `LookupError` for a run that is not registered, `ValueError` for a result that contradicts
    itself.
    """
    require_agreed_checks(context.workspace, (check.name,))
    unknown = sorted(set(failed) - set(check.tests))
    if unknown:
        raise ValueError(
            f"the check {check.name} declares no test {unknown[0]!r}; it has {', '.join(check.tests)}"
        )
    passed = tuple(each for each in check.tests if each not in failed)
    registered = next((each for each in registered_runs(context, pinned) if each.run == run), None)
    if run is not None and registered is None:
        raise LookupError(run)
    now = context.now()
    done = RunDone(
        run=run or f"by-hand-{spell(now)}",
        started=registered.registered if registered is not None else now,
        finished=now,
        environment=registered.environment if registered is not None else None,
        cluster_uid=registered.cluster_uid if registered is not None else None,
    )
    used = CheckUsed(check.name, check_fact(check).digest)
    return write_result(used, FAILED if failed else PASSED, Outcomes(passed=passed, failed=failed), done)
