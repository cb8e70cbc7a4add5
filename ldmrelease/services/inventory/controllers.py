"""What the GitOps controllers of places say: read beside their pods, with the same connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.cluster.gitops.controller_reader import ControllerReader, FoundController
from ldmrelease.cluster.gitops.sync_status import SyncStatus, UnreadableController
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.workload_selection import ArgoCd

if TYPE_CHECKING:
    from ldmrelease.cluster.objects.workloads import Workload
    from ldmrelease.domain.topology import Application
    from ldmrelease.targets.connections import ClusterConnections


class KeptBy(Struct, frozen=True):
    """A controller's object, and the workloads of a place that it keeps, by their keys."""

    status: SyncStatus
    workloads: tuple[str, ...]


class PlaceControllers(Struct, frozen=True):
    """What keeps the workloads of a place. `unheard`: who had to answer, and did not."""

    kept: tuple[KeptBy, ...] = ()
    unheard: tuple[Unavailable, ...] = ()


class Controllers:
    """Reads the objects of controllers, each once, for one thread."""

    def __init__(self, clusters: ClusterConnections) -> None:
        self._clusters = clusters
        self._readers: dict[tuple[object, ArgoCd], ControllerReader] = {}

    def of(self, application: Application, workloads: Iterable[Workload]) -> PlaceControllers:
        """Those of a place. Whoever is looked for where it usually is and is not there is no fault; whom the workspace
        names has to answer."""
        if application.target.capabilities.writes_directly:
            return PlaceControllers()
        found = list(workloads)
        argo_cd = argo_cd_of(application)
        try:
            reader = self._reader(application, argo_cd)
            read = reader.of(each.manifest for each in found)
            keys = {each.key: reader.key_of(each.manifest) for each in found}
        except (ClusterError, BadAccess) as error:
            return PlaceControllers((), (_unavailable(argo_cd, error),) if argo_cd.stated else ())
        kept = tuple(
            KeptBy(status, tuple(each for each, own in keys.items() if own == name))
            for name, status in read.items()
            if isinstance(status, SyncStatus)
        )
        return PlaceControllers(kept, tuple(_unread(read.values())) if argo_cd.stated else ())

    def forget(self) -> None:
        """Read everything anew at the next look."""
        self._readers.clear()

    def _reader(self, application: Application, argo_cd: ArgoCd) -> ControllerReader:
        assert application.workloads is not None
        key = (application.workloads.cluster, argo_cd)
        if key not in self._readers:
            cluster = self._clusters.open(application.workloads.cluster)
            self._readers[key] = ControllerReader(
                cluster, self._clusters.open(argo_cd.cluster), argo_cd.namespace
            )
        return self._readers[key]


def argo_cd_of(application: Application) -> ArgoCd:
    """Where Argo CD is looked for: where the workspace says, else in its usual namespace of the same cluster."""
    assert application.workloads is not None
    return application.argo_cd or ArgoCd(application.workloads.cluster)


def _unavailable(argo_cd: ArgoCd, error: ClusterError | BadAccess) -> Unavailable:
    if isinstance(error, BadAccess):
        return Unavailable(argo_cd.cluster.context, f"{error.reason}; {error.hint}")
    return error.unavailable


def _unread(found: Iterable[FoundController]) -> Iterable[Unavailable]:
    for each in found:
        if isinstance(each, UnreadableController) and each.controller == "argo-cd":
            yield Unavailable(each.object, each.reason)
