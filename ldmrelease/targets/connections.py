"""What targets are reached by: clusters, each opened once, and memory; and a cluster's errors as answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.cluster.client.errors import (
    BadAccess,
    ClusterError,
    Forbidden,
    Invalid,
    ObjectNotFound,
)
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.gitops import GitOps
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Topology
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets.git.git_remote import GitRemote, open_repository
from ldmrelease.targets.git.ssh_hosts import ruled
from ldmrelease.targets.memory_files import MemoryFiles
from ldmrelease.targets.results import Refusal, RefusedError

if TYPE_CHECKING:
    from ldmrelease.cluster.client.api import Api, Observer

TRIES = 100
"""How often a write is tried against others who change the same object, such as an autoscaler."""

T = TypeVar("T")


class ClusterConnections:
    """Opens each cluster once, for any number of threads.

    root: where relative kubeconfig files start. observer: told of every request that changes something.
    """

    def __init__(self, root: Path, observer: Observer | None = None) -> None:
        self._root = root
        self._observer = observer
        self._opened: dict[ClusterAccess, Api] = {}
        self._opening = threading.Lock()
        self._uids: dict[ClusterAccess, str] = {}

    def open(self, access: ClusterAccess) -> Api:
        """The cluster's API server. Raises BadAccess and ClusterUnreachable."""
        from ldmrelease.cluster.client.api import open_api  # noqa: PLC0415 - most are asked for no cluster

        with self._opening:
            if access not in self._opened:
                self._opened[access] = open_api(self._located(access), observer=self._observer)
            return self._opened[access]

    def uid(self, access: ClusterAccess) -> str:
        """The UID of its kube-system namespace, which tells clusters apart. Raises BadAccess, ClusterError."""
        if access not in self._uids:
            self._uids[access] = self.open(access).cluster_uid()
        return self._uids[access]

    def _located(self, access: ClusterAccess) -> ClusterAccess:
        if access.kubeconfig is None:
            return access
        return replace(access, kubeconfig=str(self._root / Path(access.kubeconfig).expanduser()))


class Connections:
    """Everything that one run has opened, for any number of threads and all its places.

    root: where relative paths start. observer: told of every change. gitops: how repositories are reached and written.
    topology: the places that may be asked about, whose branches one look at a repository sees.
    """

    def __init__(
        self,
        root: Path,
        observer: Observer | None = None,
        gitops: GitOps | None = None,
        topology: Topology | None = None,
    ) -> None:
        self.clusters = ClusterConnections(root, observer)
        self.memory = MemoryFiles()
        self._gitops = gitops or GitOps()
        self._root = root
        self._observer = observer
        self._topology = topology
        self._repositories: dict[str, GitRemote] = {}
        self._opening = threading.Lock()
        self._made: dict[str, object] = {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is made once for the run, and keeps what it has found: `make` is called by the first who asks."""
        with self._opening:
            if name not in self._made:
                self._made[name] = make()
            return cast(T, self._made[name])

    def repository(self, spec: str) -> GitRemote:
        """A repository, opened once. Raises `RefusedError` (`no-repository`), and `GitError` where git cannot say."""
        with self._opening:
            if spec not in self._repositories:
                opened = open_repository(spec, self._root, self._observer)
                if opened.look is not None and self._topology is not None:
                    opened.look.expect(_branches(self._topology, spec))
                self._repositories[spec] = ruled(opened, self._gitops.of(spec), self._root)
            return self._repositories[spec]

    def renew(self) -> None:
        """Time has passed since remote repositories were looked at: whoever asks next looks again."""
        with self._opening:
            for each in self._repositories.values():
                each.renew()


def _branches(topology: Topology, repository: str) -> set[str]:
    located = (each.target.location for each in topology.applications)
    return {
        f"refs/heads/{each.branch}"
        for each in located
        if isinstance(each, GitFile) and each.repository == repository
    }


class Access(Struct, frozen=True):
    """How targets are reached: the workspace's directory (relative ones start there, mirrors of remotes are kept in
    its `.ldmrelease/git`), who is told around every change (for tests that kill), and what is open already."""

    workspace: Path
    observer: Observer | None = None
    opened: Connections | None = None

    def cluster(self, access: ClusterAccess) -> Api:
        """A cluster's API server, opened once. Raises BadAccess and ClusterUnreachable."""
        return (self.opened or Connections(self.workspace, self.observer)).clusters.open(access)

    def repository(self, spec: str) -> GitRemote:
        """A git repository, opened once. Raises `RefusedError` and `GitError`."""
        return (self.opened or Connections(self.workspace, self.observer)).repository(spec)

    @property
    def memory(self) -> MemoryFiles:
        """The texts in memory; none where nothing was opened."""
        return self.opened.memory if self.opened is not None else MemoryFiles()

    def tell(self, phase: str, what: str) -> None:
        """Tell the observer, if there is one."""
        if self.observer is not None:
            self.observer(phase, what)


def answer(act: Callable[[], T]) -> T | Refusal | Unavailable:
    """What `act` answers; its errors as values."""
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal
    except BadAccess as error:
        return Refusal("no-cluster", {"where": error.where, "found": error.reason, "hint": error.hint})
    except ClusterError as error:
        return refusal_of(error) or error.unavailable


def refusal_of(error: ClusterError) -> Refusal | None:
    """What an API server refused for good; None where it may do it another time."""
    match error:
        case Forbidden():
            values = {
                "verb": error.verb,
                "resource": error.resource,
                "namespace": error.namespace,
                "message": error.message,
            }
            return Refusal("forbidden", {"file": error.where, **values})
        case ObjectNotFound():
            return Refusal("vanished", {"file": error.where, "found": error.reason})
        case Invalid():
            return Refusal("not-accepted", {"file": error.where, "found": error.reason})
    return None
