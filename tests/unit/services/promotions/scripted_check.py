"""A kind of check that runs nothing: a test says what comes of it. Still at work it says so once, as a Job does."""

from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.checks.outcome import judge_output
from ldmrelease.cluster.client.api import Api
from ldmrelease.domain.topology import Check

NAME = "scripted"
TRAITS = Traits(has_command=True)


class Script:
    """What every run says from now on."""

    passes = True


def cluster_needs(_check: Check) -> ClusterNeeds | None:
    """None."""
    return None


def is_ready(_api: Api, _needs: ClusterNeeds) -> bool:
    """It needs no cluster."""
    return True


def run(this: CheckRun) -> ExecutedRun:
    """What the script says."""
    this.heartbeat()
    return ExecutedRun(judge_output(this.check.tests, 0 if Script.passes else 1, ""))


def clean_up(_left: Leftovers) -> None:
    """Nothing was left."""
