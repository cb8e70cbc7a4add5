"""A check in a container on a Docker engine of this machine: about the release's images alone."""

from functools import partial

from ldmrelease.checks.docker_engine import remove_container, run_container
from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits
from ldmrelease.checks.outcome import RunOutcome
from ldmrelease.cluster.client.api import Api
from ldmrelease.domain.topology import Check

TRAITS = Traits(runs_image=True)


def cluster_needs(_check: Check) -> ClusterNeeds | None:
    """It is run here."""
    return None


def is_ready(_api: Api, _needs: ClusterNeeds) -> bool:
    """It needs no cluster."""
    return True


def run(this: CheckRun) -> ExecutedRun:
    """Run it, or adopt its container."""
    image = this.image(False)
    if isinstance(image, RunOutcome):
        return ExecutedRun(image)
    done = run_container(image, deadline=this.left(), progress=this.waits)
    return ExecutedRun(done.ran, partial(_remove, this.run), image.image)


def clean_up(left: Leftovers) -> None:
    """Remove the containers of the promotion's runs in this environment."""
    names = {each.name for each in left.checks}
    for each in left.runs:
        if each.check in names and each.environment == left.environment:
            remove_container(each.run)


def _remove(run: str) -> None:
    remove_container(run)
