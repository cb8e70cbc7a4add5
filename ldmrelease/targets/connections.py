"""The clusters that targets are written in: opened once, and their errors as answers."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from ldmrelease.cluster.client.api import Api, Observer, open_api
from ldmrelease.cluster.client.errors import (
    Absent,
    BadAccess,
    ClusterError,
    Forbidden,
    Invalid,
)
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets.results import Refusal, RefusedError

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
        case Absent():
            return Refusal("vanished", {"file": error.where, "found": error.reason})
        case Invalid():
            return Refusal("not-accepted", {"file": error.where, "found": error.reason})
    return None
