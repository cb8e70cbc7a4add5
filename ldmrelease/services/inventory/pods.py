"""What the containers of places run, asked of their clusters; safe in any thread."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ldmrelease.cluster.objects.owners import image_owner
from ldmrelease.cluster.objects.pods import digest_named
from ldmrelease.cluster.objects.workloads import VOLUME, Workload
from ldmrelease.cluster.rollout.snapshot import ContainerSnapshot, WorkloadSnapshot, snapshot
from ldmrelease.cluster.rollout.status import Healthy as RanOut
from ldmrelease.cluster.rollout.status import NodesNotReady, ScaledToZero, Scheduled, status_name
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.deployments.asking import asked
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.inventory.controllers import Controllers, PlaceControllers
from ldmrelease.services.inventory.foreign import foreign_in_workload
from ldmrelease.services.inventory.trees import RunningContainer, TargetFailure
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.targets.connections import ClusterConnections, answer
from ldmrelease.targets.results import Refusal, require_none
from ldmrelease.targets.stores.field_managers import OURS

_SETTLED = (RanOut, ScaledToZero, Scheduled, NodesNotReady)
# Field managers that write what some repository says. Any other is somebody's.
_SYNCS = ("argocd-", "flux", "kustomize-controller", "helm")
_APPLIES = ("kubectl", "kubectl-client-side-apply", "kubectl-create")

Tell = Callable[[Place, tuple[RunningContainer, ...] | TargetFailure], None]
TellControllers = Callable[[Place, PlaceControllers], None]


class _Seen(NamedTuple):
    containers: tuple[RunningContainer, ...]
    workloads: tuple[Workload, ...]


def read_pods(
    root: Path,
    topology: Topology,
    applications: Iterable[Application],
    tell: Tell,
    tell_controllers: TellControllers,
) -> None:
    """Tell what each place's workloads run, and then what their controllers say. `root`: where relative kubeconfig
    files start."""
    clusters = ClusterConnections(root)
    found: list[tuple[Application, tuple[Workload, ...]]] = []
    for each in applications:
        if each.workloads is not None:
            read = partial(_read, clusters, topology, each, each.workloads)
            seen = asked(each.workloads.cluster.context, read)
            tell(each.place, seen.containers if isinstance(seen, _Seen) else seen)
            found += [(each, seen.workloads)] if isinstance(seen, _Seen) else []
    controllers = Controllers(clusters)
    for application, workloads in found:
        answer = asked(str(application.place), partial(controllers.of, application, workloads))
        tell_controllers(
            application.place,
            answer if isinstance(answer, PlaceControllers) else PlaceControllers((), (answer,)),
        )


def _read(
    clusters: ClusterConnections, topology: Topology, application: Application, workloads: Workloads
) -> _Seen | TargetFailure:
    def act() -> _Seen:
        seen = snapshot(clusters.open(workloads.cluster), workloads)
        where = f"{workloads.cluster.context}/{workloads.namespace}"
        require_none([Refusal(each.code, {"file": where, **each.values}) for each in seen.problems])
        own = {
            name: own_repositories(each.source.source, application)
            for name, each in components_of(topology, application).items()
        }
        return _Seen(
            tuple(ran for each in seen.workloads for ran in _ran(application, own, each)),
            tuple(each.workload for each in seen.workloads),
        )

    against = other_cluster(clusters, application)
    return answer(act) if against is None else against


def _ran(
    application: Application, own: Mapping[str, OwnRepositories], seen: WorkloadSnapshot
) -> Iterator[RunningContainer]:
    settled = isinstance(seen.verdict, _SETTLED)
    for each in seen.containers:
        if each.component is None:
            continue
        owner = image_owner(seen.workload, each.name)
        yield RunningContainer(
            seen.workload.key,
            each.name,
            each.component,
            each.image,
            digest_named(each.image),
            _running(each),
            status_name(seen.verdict),
            settled,
            "" if settled else seen.verdict.code,
            owner.manager if owner is not None else "",
            owner.time if owner is not None else "",
            owner is not None and not _is_syncing(owner.manager),
            foreign_in_workload(own[each.component], application, seen.workload.key, each)
            if each.component in own
            else None,
            each.pods,
        )


def _running(container: ContainerSnapshot) -> tuple[str, ...]:
    """The digests that run; for image volumes, which no kubelet tells, those that the pods name."""
    told = set(container.running)
    if container.name.startswith(VOLUME):
        told = {digest for each in container.named if (digest := digest_named(each)) is not None}
    return tuple(sorted(told))


def _is_syncing(manager: str) -> bool:
    return manager.startswith(_SYNCS) or manager in (*_APPLIES, *OURS)
