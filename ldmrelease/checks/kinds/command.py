"""A check that is a local process."""

from ldmrelease.checks.command import run_command
from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.cluster.client.api import Api
from ldmrelease.domain.topology import Check

TRAITS = Traits(has_command=True, about_place=True)


def cluster_needs(_check: Check) -> ClusterNeeds | None:
    """It is run here."""
    return None


def is_ready(_api: Api, _needs: ClusterNeeds) -> bool:
    """It needs no cluster."""
    return True


def run(this: CheckRun) -> ExecutedRun:
    """Run it in the workspace's folder. One that was killed is run again from its beginning."""
    return ExecutedRun(run_command(this.check, this.variables, this.folder))


def clean_up(_left: Leftovers) -> None:
    """A process leaves nothing."""
