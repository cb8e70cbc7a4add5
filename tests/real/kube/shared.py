"""Clusters that test processes share: the first brings one up, it ends when the last has let go of it, or died.

Who uses a cluster holds a shared lock on a file. A process of its own, the keeper, waits for the exclusive lock and
then ends the cluster: the kernel frees the locks of what was killed, so no interrupted run leaves a cluster behind.
Whole test runs on one machine share in the same way.
"""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.kube.cluster import SCRIPT, Own, identified, lives

# One place for every run on this machine, as the ports and bridges are the machine's.
_ROOT = Path(tempfile.gettempdir()) / "ldmrelease-kube"


@contextmanager
def joined(index: int, *, kube_proxy: bool = False) -> Iterator[Own]:
    """The cluster with this index, up for as long as the block lasts; raises NoCluster, BuildFailed."""
    _ROOT.mkdir(mode=0o700, exist_ok=True)
    cluster = Own(_ROOT / f"c{index}", index)
    with Path(f"{cluster.directory}.users").open("w") as users:
        with _alone("bring-up"):
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for a keeper that is ending it
            if not (cluster.healthy and lives(_keeper_file(cluster))):
                _bring_up(cluster, kube_proxy=kube_proxy)
        yield cluster


@contextmanager
def turn(cluster: Own) -> Iterator[None]:
    """Nobody else's turn with this cluster meanwhile: for tests that disturb it."""
    with _alone(f"turn-{cluster.index}"):
        yield


@contextmanager
def _alone(what: str) -> Iterator[None]:
    with (_ROOT / f"{what}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _bring_up(cluster: Own, *, kube_proxy: bool) -> None:
    try:
        cluster.up(kube_proxy=kube_proxy)
        _start_keeper(cluster)
    except BaseException:
        cluster.down()
        raise


def _start_keeper(cluster: Own) -> None:
    if lives(_keeper_file(cluster)):
        return
    keeper = subprocess.Popen(
        [str(SCRIPT), "keep", str(cluster.directory), str(cluster.index)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _keeper_file(cluster).write_text(identified(keeper.pid))


def _keeper_file(cluster: Own) -> Path:
    return Path(f"{cluster.directory}.keeper")
