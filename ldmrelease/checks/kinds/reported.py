"""A check that somebody else runs, who signs its result."""

from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.checks.outcome import said_nothing
from ldmrelease.cluster.client.api import Api
from ldmrelease.domain.topology import Check

TRAITS = Traits(run_by_us=False)


def cluster_needs(_check: Check) -> ClusterNeeds | None:
    """Whoever runs it sees to that."""
    return None


def is_ready(_api: Api, _needs: ClusterNeeds) -> bool:
    """Whoever runs it sees to that."""
    return True


def run(this: CheckRun) -> ExecutedRun:
    """It has a run only once somebody reports it."""
    return ExecutedRun(said_nothing("not-started", f"{this.check.name} is run and reported by somebody else"))


def clean_up(_left: Leftovers) -> None:
    """Nothing of it is ours."""
