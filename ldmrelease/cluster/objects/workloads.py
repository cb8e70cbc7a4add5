"""The workloads of an application as the API server tells them, and how a selection finds them.

Objects are the API's JSON as plain dicts. An item of a list has no `kind`, so nothing here depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from ldmrelease.cluster.client.errors import Forbidden, ObjectNotFound
from ldmrelease.cluster.client.paths import object_in, path_of
from ldmrelease.cluster.objects import custom, jobs
from ldmrelease.domain.workload_selection import CustomResource, Selection, WorkloadKind, Workloads

if TYPE_CHECKING:
    from ldmrelease.cluster.client.api import Api

KubernetesObject = dict[str, Any]

TEMPLATED = ("spec", "template", "spec")
POD_SPEC_AT: Mapping[WorkloadKind, tuple[str, ...]] = {
    WorkloadKind.DEPLOYMENT: TEMPLATED,
    WorkloadKind.STATEFUL_SET: TEMPLATED,
    WorkloadKind.DAEMON_SET: TEMPLATED,
    WorkloadKind.JOB: TEMPLATED,
    WorkloadKind.CRON_JOB: ("spec", "jobTemplate", *TEMPLATED),
    WorkloadKind.SCALED_JOB: ("spec", "jobTargetRef", *TEMPLATED[1:]),
    WorkloadKind.POD: ("spec",),
}
"""Where each kind keeps the specification of its pods; of a custom resource nobody knows."""

_PAUSED = "autoscaling.keda.sh/paused"
"""An annotation that keeps KEDA from making Jobs."""

VOLUME = "volume/"
"""What the name of an image volume starts with; no container name can hold a slash."""


class Container(Struct, frozen=True):
    """A container of a pod, or an image volume (then `name` is `volume/NAME`), and the image it names.

    `field` is the list that holds it: `containers`, `initContainers` or `volumes`; empty in a custom resource.
    """

    name: str
    image: str
    field: str = "containers"


class Workload(Struct, frozen=True):
    """One workload, as read.

    `version` is its resourceVersion: with `uid`, what a write is fenced by. `paused` is also a suspended
    CronJob. `replicas` is the number of pods wanted (of a DaemonSet, as its controller last counted; of a
    CronJob, None). `strategy` is `RollingUpdate`, `OnDelete`, `Recreate` or empty. `components` maps the
    names of containers to components. `collection` is the API path of all of its kind in its namespace.
    """

    kind: WorkloadKind
    namespace: str
    name: str
    uid: str
    version: str
    generation: int
    observed_generation: int
    paused: bool
    replicas: int | None
    strategy: str
    containers: tuple[Container, ...]
    components: Mapping[str, str]
    manifest: KubernetesObject
    collection: str
    custom: CustomResource | None = None

    @property
    def key(self) -> str:
        """Its name among the workloads of a namespace, such as `Deployment/prompt`."""
        return f"{self.custom.kind if self.custom else self.kind}/{self.name}"

    @property
    def path(self) -> str:
        """Its API path."""
        return object_in(self.collection, self.name)

    def now(self, manifest: KubernetesObject) -> Workload:
        """The same workload, as read again."""
        return read_workload(
            self.kind, manifest, self.components, collection=self.collection, resource=self.custom
        )

    @property
    def images(self) -> dict[str, str]:
        """The image that each container names, by container."""
        return {each.name: each.image for each in self.containers}

    @property
    def status(self) -> KubernetesObject:
        """What its controller last said."""
        return self.manifest.get("status") or {}


class SelectionProblem(Struct, frozen=True):
    """Why workloads cannot be used as they were selected: a code, and the values it is about.

    Codes: `namespace-absent`, `kind-absent`, `workload-absent`, `container-absent`, `image-absent` (at the path
    of a custom resource), `nothing-chosen`, `chosen-twice`, `controlled` (a pod that belongs to another workload)
    and `forbidden`; `there` is what there is instead.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class FoundWorkloads(Struct, frozen=True):
    """The workloads that were selected, by key, and what is wrong with the selections."""

    workloads: tuple[Workload, ...]
    problems: tuple[SelectionProblem, ...] = ()


def pod_spec(kind: WorkloadKind, manifest: KubernetesObject) -> KubernetesObject:
    """The specification of the pods of a workload; empty for a custom resource."""
    if kind is WorkloadKind.CUSTOM:
        return {}
    found = manifest
    for step in POD_SPEC_AT[kind]:
        found = found.get(step) or {}
    return found


def containers_of(spec: KubernetesObject) -> tuple[Container, ...]:
    """Whatever runs or mounts an image in a pod: containers, init containers (sidecars), image volumes."""
    return (
        *(Container(each["name"], each.get("image", "")) for each in spec.get("containers") or ()),
        *(
            Container(each["name"], each.get("image", ""), "initContainers")
            for each in spec.get("initContainers") or ()
        ),
        *(
            Container(VOLUME + each["name"], each["image"].get("reference", ""), "volumes")
            for each in spec.get("volumes") or ()
            if each.get("image")
        ),
    )


def read_workload(
    kind: WorkloadKind,
    manifest: KubernetesObject,
    components: Mapping[str, str],
    *,
    collection: str | None = None,
    resource: CustomResource | None = None,
) -> Workload:
    """Read a workload from the API's JSON. Of a custom resource, `collection` is the API path of its kind."""
    meta, spec, status = manifest["metadata"], manifest.get("spec") or {}, manifest.get("status") or {}
    generation = meta.get("generation") or 0
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    return Workload(
        kind=kind,
        namespace=meta.get("namespace", ""),
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        generation=generation,
        observed_generation=_observed(kind, status, generation),
        paused=bool(spec.get("paused") or spec.get("suspend") or _PAUSED in (meta.get("annotations") or {})),
        replicas=_replicas(kind, spec, status),
        strategy=strategy.get("type", "") if isinstance(strategy, dict) else "",
        containers=_named_in(manifest, resource) if resource else containers_of(pod_spec(kind, manifest)),
        components=components,
        manifest=manifest,
        collection=collection or path_of(kind, meta.get("namespace", "")),
        custom=resource,
    )


def _named_in(manifest: KubernetesObject, resource: CustomResource) -> tuple[Container, ...]:
    found = ((name, custom.locate(manifest, path)) for name, path in resource.images.items())
    return tuple(Container(name, each.text, "") for name, each in found if each)


def _observed(kind: WorkloadKind, status: KubernetesObject, generation: int) -> int:
    if kind in (WorkloadKind.CRON_JOB, WorkloadKind.JOB, WorkloadKind.SCALED_JOB):
        # Their controllers do not say; the Jobs and pods tell.
        return generation
    if kind is WorkloadKind.CUSTOM:
        return custom.observed(status, generation)
    return status.get("observedGeneration") or 0


def _replicas(kind: WorkloadKind, spec: KubernetesObject, status: KubernetesObject) -> int | None:
    match kind:
        case WorkloadKind.DEPLOYMENT | WorkloadKind.STATEFUL_SET:
            return int(spec.get("replicas", 1))
        case WorkloadKind.DAEMON_SET:
            return int(status.get("desiredNumberScheduled", 0))
        case WorkloadKind.POD:
            return 1
        case WorkloadKind.CUSTOM:
            return custom.replicas(spec)
        case _:
            return None


def find(api: Api, workloads: Workloads) -> FoundWorkloads:
    """Find what is selected: what is wrong is answered as problems, all of them at once.

    A selection that chooses nothing is a problem: what is empty must not count as in order. Raises
    `ClusterError` where the API server cannot be reached.
    """
    chosen: dict[str, tuple[Workload, str]] = {}
    problems: list[SelectionProblem] = []
    for selection in workloads.selections:
        found = _select(api, workloads.namespace, selection)
        problems += found.problems
        for each in found.workloads:
            if each.key in chosen:
                problems.append(_twice(each, chosen[each.key][1], str(selection)))
            else:
                chosen[each.key] = (each, str(selection))
    return FoundWorkloads(
        tuple(chosen[key][0] for key in sorted(chosen)), _without_namespace(api, workloads, problems)
    )


def _twice(workload: Workload, *selections: str) -> SelectionProblem:
    return SelectionProblem("chosen-twice", {"workload": workload.key, "selections": list(selections)})


def _select(api: Api, namespace: str, selection: Selection) -> FoundWorkloads:
    try:
        collection = collection_of(api, namespace, selection)
        manifests = tuple(_chosen(api, collection, selection))
        if not manifests:
            return FoundWorkloads((), (_nothing(api, namespace, collection, selection),))
    except Forbidden as error:
        return FoundWorkloads((), (_forbidden(error, selection),))
    except ObjectNotFound as error:
        return FoundWorkloads(
            (), (SelectionProblem("kind-absent", {"selection": str(selection), "message": error.reason}),)
        )
    problems: list[SelectionProblem] = []
    kept = []
    for each in manifests:
        if selection.kind is WorkloadKind.POD and _controller(each):
            problems.append(_controlled(each, selection))
        else:
            kept.append(
                read_workload(
                    selection.kind,
                    each,
                    selection.containers,
                    collection=collection,
                    resource=selection.custom,
                )
            )
    problems += [problem for each in kept for problem in unknown_containers(each)]
    return FoundWorkloads(tuple(kept), tuple(problems))


def collection_of(api: Api, namespace: str, selection: Selection) -> str:
    """The API path of what a selection chooses from. Raises ObjectNotFound for a kind that the cluster has not."""
    if selection.custom is None:
        return path_of(selection.kind, namespace)
    return api.path_for(
        {"apiVersion": selection.custom.api_version, "kind": selection.custom.kind}, namespace
    )


def _chosen(api: Api, collection: str, selection: Selection) -> Iterable[KubernetesObject]:
    if selection.name is not None:
        try:
            return (api.get(object_in(collection, selection.name)),)
        except ObjectNotFound:
            return ()
    items = api.list(collection, labels=selection.labels).items
    found = [each for each in items if _has_annotation(each, selection.annotation)]
    return jobs.without_replaced(found) if selection.kind is WorkloadKind.JOB else found


def _has_annotation(manifest: KubernetesObject, wanted: str | None) -> bool:
    if wanted is None:
        return True
    key, equals, value = wanted.partition("=")
    annotations = manifest["metadata"].get("annotations") or {}
    return key in annotations and (not equals or annotations[key] == value)


def _nothing(api: Api, namespace: str, collection: str, selection: Selection) -> SelectionProblem:
    there = _names(api, collection)
    if selection.name is not None:
        return SelectionProblem(
            "workload-absent", {"workload": str(selection), "namespace": namespace, "there": there}
        )
    return SelectionProblem(
        "nothing-chosen", {"selection": str(selection), "namespace": namespace, "there": there}
    )


def _names(api: Api, collection: str) -> list[str]:
    try:
        items = api.list(collection).items
    except Forbidden:
        # Reading one by name may be all that we are allowed.
        return []
    return sorted(each["metadata"]["name"] for each in items)


def _controller(manifest: KubernetesObject) -> KubernetesObject | None:
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((each for each in owners if each.get("controller")), None)


def _controlled(pod: KubernetesObject, selection: Selection) -> SelectionProblem:
    owner = _controller(pod) or {}
    return SelectionProblem(
        "controlled",
        {
            "workload": f"{selection.kind}/{pod['metadata']['name']}",
            "controller": f"{owner.get('kind')}/{owner.get('name')}",
        },
    )


def _forbidden(error: Forbidden, selection: Selection) -> SelectionProblem:
    return SelectionProblem(
        "forbidden",
        {
            "selection": str(selection),
            "verb": error.verb,
            "resource": error.resource,
            "namespace": error.namespace,
            "message": error.message,
        },
    )


def unknown_containers(workload: Workload) -> Iterator[SelectionProblem]:
    """The containers it is said to have and has not: applying their images would silently add them."""
    there = sorted(workload.images)
    for name in sorted(workload.components):
        if name in workload.images:
            continue
        if workload.custom:
            values = {"workload": workload.key, "container": name, "path": workload.custom.images[name]}
            yield SelectionProblem("image-absent", values)
        else:
            yield SelectionProblem(
                "container-absent", {"workload": workload.key, "container": name, "there": there}
            )


def _without_namespace(
    api: Api, workloads: Workloads, problems: list[SelectionProblem]
) -> tuple[SelectionProblem, ...]:
    """One problem instead of many where the namespace itself is not there."""
    missing = ("workload-absent", "nothing-chosen")
    if not any(each.code in missing for each in problems):
        return tuple(problems)
    try:
        api.get(path_of("Namespace", None, workloads.namespace))
    except ObjectNotFound:
        rest = [each for each in problems if each.code not in missing]
        return (SelectionProblem("namespace-absent", {"namespace": workloads.namespace}), *rest)
    except Forbidden:
        pass
    return tuple(problems)
