"""What is against writing in a cluster, found when planning: everything at once, before anything is touched."""

from collections.abc import Iterable, Iterator

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Absent, Conflict, Forbidden, Invalid
from ldmrelease.cluster.client.paths import describe, path_of
from ldmrelease.cluster.objects.gitops_managers import manager_of
from ldmrelease.cluster.objects.owners import image_field, owners
from ldmrelease.cluster.objects.related_objects import read_related
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, collection_of, find
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.workload_selection import ConfigMapFile, WorkloadKind
from ldmrelease.targets.connections import answer, refusal_of
from ldmrelease.targets.editors import component_manifests, image_fields
from ldmrelease.targets.results import Refusal, RefusedError, joined
from ldmrelease.targets.stores import config_map, kubernetes_fence
from ldmrelease.targets.stores.field_managers import MANIFESTS_MANAGER, OURS
from ldmrelease.targets.stores.git_file import Access

Right = tuple[str, str, str]
"""A verb, the collection of objects it is needed for, and the object's name where it is known."""


def _fence_rights(namespace: str) -> tuple[Right, ...]:
    config_maps = path_of("ConfigMap", namespace)
    return (
        ("get", config_maps, kubernetes_fence.NAME),
        # No role can be limited to the name of what is not there yet.
        ("create", config_maps, ""),
        ("update", config_maps, kubernetes_fence.NAME),
    )


def workloads_refused(target: KubernetesTarget, access: Access) -> Refusal | Unavailable | None:
    """Why the target's workloads cannot be written; None where nothing is known against it."""
    return _joined(answer(lambda: list(_against_workloads(target, access))))


def text_refused(where: ConfigMapFile, access: Access) -> Refusal | Unavailable | None:
    """Why the text of a ConfigMap cannot be written; None where nothing is known against it."""
    return _joined(answer(lambda: list(_against_text(where, access))))


def _joined(found: list[Refusal] | Refusal | Unavailable) -> Refusal | Unavailable | None:
    if isinstance(found, list):
        return joined(found) if found else None
    return found


def _against_workloads(target: KubernetesTarget, access: Access) -> Iterator[Refusal]:
    api, asked, where = access.cluster(target.workloads.cluster), target.workloads, image_fields.where(target)
    found = find(api, asked)
    for each in found.problems:
        yield Refusal(each.code, {"file": where, **each.values})
    for workload in found.workloads:
        for refusal in _against_workload(workload, target):
            yield Refusal(refusal.code, {"file": where, "path": workload.key, **refusal.values})
    if target.manifests is not None:
        yield from _against_manifests(api, target, access, found.workloads)
    # Whether we may do something in a namespace that is not there tells nothing.
    if not any(each.code == "namespace-absent" for each in found.problems):
        yield from forbidden(api, asked.namespace, _rights(api, target))


def _against_workload(workload: Workload, target: KubernetesTarget) -> Iterator[Refusal]:
    if workload.kind is WorkloadKind.JOB:
        yield Refusal("audited-only")
    if workload.kind is WorkloadKind.DEPLOYMENT and workload.paused:
        yield Refusal("paused")
    manager = manager_of(workload.manifest)
    if manager is not None:
        yield Refusal("managed-by", {"found": manager.name, "application": manager.object})
        return
    allowed = OURS | set(target.take_over)
    for each in workload.containers:
        if each.name in workload.components:
            for owner in owners(workload.manifest, image_field(workload, each)):
                if owner.manager not in allowed:
                    values = {"container": each.name, "found": owner.manager, "time": owner.time}
                    yield Refusal("owned-by", values)


def _against_manifests(
    api: Api, target: KubernetesTarget, access: Access, workloads: tuple[Workload, ...]
) -> Iterator[Refusal]:
    try:
        documents = component_manifests.load(access.workspace, target.manifests or "")
    except RefusedError as refused:
        yield refused.refusal
        return
    refusals = component_manifests.problems(documents, workloads, target.workloads)
    yield from refusals
    if not refusals:
        for each in workloads:
            yield from _against_document(api, target, documents, each)


def _against_document(
    api: Api,
    target: KubernetesTarget,
    documents: tuple[component_manifests.Document, ...],
    workload: Workload,
) -> Iterator[Refusal]:
    """What the API server says to the manifest with the images that are there now, in a dry run."""
    images = image_fields.images_to_apply(workload, {}, MANIFESTS_MANAGER)
    content = component_manifests.body(documents, workload, images, {})
    # Who changes the workload just now does not tell against the manifest.
    del content["metadata"]["resourceVersion"]
    where = image_fields.where(target)
    try:
        _try_out(api, workload, content, OURS | set(target.take_over))
    except Conflict as conflict:
        values = {"path": workload.key, "found": ", ".join(conflict.managers), "message": conflict.reason}
        yield Refusal("owned-by", {"file": where, **values})
    except Invalid as error:
        yield Refusal("not-accepted", {"file": where, "path": workload.key, "found": error.reason})
    except Forbidden:
        pass  # Our rights are asked for one by one.


def _try_out(api: Api, workload: Workload, content: KubernetesObject, yielding: frozenset[str]) -> None:
    """A dry run, over those who yield. Raises Conflict for the others, Invalid, and what else may go wrong."""
    try:
        api.apply(workload.path, content, manager=MANIFESTS_MANAGER, dry_run=True)
    except Conflict as conflict:
        if set(conflict.managers) - yielding:
            raise
        api.apply(workload.path, content, manager=MANIFESTS_MANAGER, force=True, dry_run=True)


def _rights(api: Api, target: KubernetesTarget) -> Iterator[Right]:
    namespace = target.workloads.namespace
    written = [each for each in target.workloads.selections if each.kind is not WorkloadKind.JOB]
    for each in written:
        try:
            collection = collection_of(api, namespace, each)
        except Absent:
            continue  # That the cluster has no such kind is told already.
        yield ("patch", collection, each.name or "")
        yield from _to_follow(collection)
    # What came of a write is seen at the pods, and at what makes them.
    for seen in read_related(namespace, (each.kind for each in written)).values():
        if not seen.optional:
            yield from _to_follow(seen.path)
    if any(each.kind is WorkloadKind.STATEFUL_SET for each in written):
        # A pod that cannot pull its image stays so after a restore, until it is deleted.
        yield ("delete", path_of("Pod", namespace), "")
    yield from _fence_rights(namespace)


def _to_follow(collection: str) -> tuple[Right, ...]:
    return ("list", collection, ""), ("watch", collection, "")


def _against_text(where: ConfigMapFile, access: Access) -> Iterator[Refusal]:
    api = access.cluster(where.cluster)
    try:
        manifest = api.get(path_of("ConfigMap", where.namespace, where.name))
    except Absent:
        yield Refusal("no-config-map", {"file": str(where)})
    except Forbidden as error:
        refusal = refusal_of(error)
        assert refusal is not None
        yield refusal
    else:
        yield from config_map.problems(manifest, where)
        manager = manager_of(manifest)
        if manager is not None:
            values = {"found": manager.name, "application": manager.object}
            yield Refusal("managed-by", {"file": str(where), **values})
    needed: Right = ("patch", path_of("ConfigMap", where.namespace), where.name)
    yield from forbidden(api, where.namespace, (needed, *_fence_rights(where.namespace)))


def forbidden(api: Api, namespace: str, rights: Iterable[Right]) -> Iterator[Refusal]:
    """A refusal for each right that we do not have. Raises `ClusterError`."""
    for verb, collection, name in dict.fromkeys(rights):
        about = describe(collection)
        if not api.allowed(verb, about.resource, namespace, about.group, name=name):
            values = {"verb": verb, "resource": about.resource, "namespace": namespace, "message": ""}
            yield Refusal("forbidden", {"file": api.where, **values})
