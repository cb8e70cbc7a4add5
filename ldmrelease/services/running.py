"""What the containers of places run, asked of their clusters; safe in any thread."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ldmrelease.cluster.client import Api
from ldmrelease.cluster.owners import image_owner
from ldmrelease.cluster.paths import path_of
from ldmrelease.cluster.pods import Manifests, Related, digest_named, is_live, pods_of, states
from ldmrelease.cluster.rollout import Armed, Idle, NodesNotReady, Verdict, judge
from ldmrelease.cluster.rollout import Ran as RanOut
from ldmrelease.cluster.workloads import Found, Workload, find
from ldmrelease.domain.places import Application, Place
from ldmrelease.domain.workloads import WorkloadKind, Workloads
from ldmrelease.services.sides import Answer, Ran
from ldmrelease.targets.clusters import Clusters, answer, require_none
from ldmrelease.targets.outcome import Refusal, Refused
from ldmrelease.targets.ownership import OURS

_SETTLED = (RanOut, Idle, Armed, NodesNotReady)
# Field managers that write what some repository says. Any other is somebody's.
_SYNCS = ("argocd-", "flux", "kustomize-controller", "helm")
_APPLIES = ("kubectl", "kubectl-client-side-apply", "kubectl-create")

Tell = Callable[[Place, tuple[Ran, ...] | Answer], None]


def read_pods(root: Path, applications: Iterable[Application], tell: Tell) -> None:
    """Tell what each place's workloads run. `root`: where relative kubeconfig files start."""
    clusters = Clusters(root)
    for each in applications:
        if each.workloads is not None:
            tell(each.place, _read(clusters, each, each.workloads))


def _read(clusters: Clusters, application: Application, workloads: Workloads) -> tuple[Ran, ...] | Answer:
    def act() -> tuple[Ran, ...]:
        _require_cluster(clusters, application, workloads)
        api = clusters.open(workloads.cluster)
        found = find(api, workloads)
        _require_all(found, workloads)
        related = _related(api, found.workloads, workloads.namespace)
        return tuple(ran for each in found.workloads for ran in _ran(each, related))

    return answer(act)


def _require_cluster(clusters: Clusters, application: Application, workloads: Workloads) -> None:
    if application.cluster_uid is None:
        return
    uid = clusters.uid(workloads.cluster)
    if uid != application.cluster_uid:
        context = workloads.cluster.context
        raise Refused("other-cluster", file=context, found=uid, expected=application.cluster_uid)


def _require_all(found: Found, workloads: Workloads) -> None:
    where = f"{workloads.cluster.context}/{workloads.namespace}"
    require_none([Refusal(each.code, {"file": where, **each.values}) for each in found.problems])


def _related(api: Api, workloads: Iterable[Workload], namespace: str) -> Related:
    """The pods, and what ties them to workloads of these kinds."""
    kinds = {each.kind for each in workloads}

    def there(kind: str, *of: WorkloadKind) -> Manifests:
        return tuple(api.list(path_of(kind, namespace)).items) if kinds & set(of) else ()

    return Related(
        pods=there("Pod", *(set(WorkloadKind) - {WorkloadKind.POD})),
        replica_sets=there("ReplicaSet", WorkloadKind.DEPLOYMENT),
        revisions=there("ControllerRevision", WorkloadKind.DAEMON_SET),
        jobs=there("Job", WorkloadKind.CRON_JOB),
    )


def _ran(workload: Workload, related: Related) -> Iterator[Ran]:
    verdict = judge(workload, related, dict.fromkeys(workload.components))
    running = _running(workload, related)
    for each in workload.containers:
        if each.name not in workload.components:
            continue
        digest = digest_named(each.image)
        # No kubelet tells what it mounted as a volume: its digest in the specification does.
        told = running.get(each.name) or ({digest} if each.field == "volumes" and digest else set())
        owner = image_owner(workload.manifest, each.name)
        yield Ran(
            workload.key,
            each.name,
            workload.components[each.name],
            each.image,
            digest,
            tuple(sorted(told)),
            _named(verdict),
            isinstance(verdict, _SETTLED),
            "" if isinstance(verdict, _SETTLED) else verdict.code,
            owner.manager if owner is not None else "",
            owner.time if owner is not None else "",
            owner is not None and not _is_syncing(owner.manager),
        )


def _running(workload: Workload, related: Related) -> dict[str, set[str]]:
    """What each container runs in live pods, of old revisions too."""
    found: dict[str, set[str]] = {}
    for pod in pods_of(workload, related):
        if is_live(pod):
            for state in states(pod):
                if state.running is not None:
                    found.setdefault(state.container.name, set()).add(state.running)
    return found


def _is_syncing(manager: str) -> bool:
    return manager.startswith(_SYNCS) or manager in (*_APPLIES, *OURS)


def _named(verdict: Verdict) -> str:
    """`ran`, `nodes-not-ready`."""
    name = type(verdict).__name__
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).removeprefix("-")
