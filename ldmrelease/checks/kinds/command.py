"""A check that is a local process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.checks.check_files import LinkedFolder, LinkedOut, TooManyFiles, check_files
from ldmrelease.checks.interface import CheckRun, ClusterNeeds, ExecutedRun, Leftovers, Traits

if TYPE_CHECKING:
    from ldmrelease.checks.outcome import RunOutcome
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
    """Run it in the workspace's folder. One that was killed is run again from its beginning.

    The files that the check is registered with have to be there from its beginning to its end.
    """
    if _has_changed(this):
        return ExecutedRun(_changed("before it began"))
    from ldmrelease.checks.local_process import run_command  # noqa: PLC0415 - whoever asks for its traits runs none

    ran = run_command(this.check, this.variables, this.folder)
    return ExecutedRun(_changed("while it ran") if _has_changed(this) else ran)


def _has_changed(this: CheckRun) -> bool:
    try:
        return check_files(this.check, this.folder) != this.check.contents
    except (OSError, TooManyFiles, LinkedFolder, LinkedOut):
        return True


def _changed(when: str) -> RunOutcome:
    from ldmrelease.checks.outcome import said_nothing  # noqa: PLC0415 - as above

    return said_nothing("files-changed", f"a file that the check runs was changed {when}")


def clean_up(_left: Leftovers) -> None:
    """A process leaves nothing."""
