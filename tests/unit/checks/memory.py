"""A kind of check that runs nothing: what comes of it is in the variables that it is told."""

from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.checks.outcome import judge_output, said_nothing
from ldmrelease.cluster.client.api import Api
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Check

TRAITS = Traits(has_command=True)
LEFT: set[str] = set()
"""The runs that have left something."""

AWAY = "away"
"""As a check's command: nobody can be asked."""


def cluster_needs(_check: Check) -> ClusterNeeds | None:
    """None."""
    return None


def is_ready(_api: Api, _needs: ClusterNeeds) -> bool:
    """It needs no cluster."""
    return True


def run(this: CheckRun) -> ExecutedRun | Unavailable:
    """What its command says: `exit STATUS`, a text, `late` or `away`."""
    if this.check.command == (AWAY,):
        return Unavailable("memory", "away", passes=True)
    if this.check.command == ("late",):
        return ExecutedRun(said_nothing("deadline", ""))
    status, *lines = this.check.command
    LEFT.add(this.run)
    ran = judge_output(this.check.tests, int(status), "\n".join(lines))
    return ExecutedRun(ran, lambda: LEFT.discard(this.run))


def clean_up(left: Leftovers) -> None:
    """Forget the promotion's runs."""
    LEFT.difference_update(each.run for each in left.runs)
