"""What is against writing workloads of a cluster, found when planning: everything at once, before
anything is touched."""

from collections.abc import Iterator

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Conflict, Forbidden, Invalid, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.objects.gitops_managers import manager_of
from ldmrelease.cluster.objects.owners import image_field, owners
from ldmrelease.cluster.objects.related_objects import read_related
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, collection_of, find
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.workload_selection import READ_ONLY, WorkloadKind
from ldmrelease.targets.connections import Access, answer
from ldmrelease.targets.editors import component_manifests, image_fields
from ldmrelease.targets.results import Refusal, RefusedError, joined_refusal
from ldmrelease.targets.stores.field_managers import MANIFESTS_MANAGER, OURS
from ldmrelease.targets.stores.kubernetes_rights import Right, fence_rights, forbidden


def refused(target: KubernetesTarget, access: Access) -> Refusal | Unavailable | None:
    """Why the target's workloads cannot be written, all of it at once; None where nothing is known against it."""
    found = answer(lambda: list(_against_workloads(target, access)))
    return joined_refusal(found) if isinstance(found, list) else found


def _against_workloads(target: KubernetesTarget, access: Access) -> Iterator[Refusal]:
    api, asked, where = access.cluster(target.workloads.cluster), target.workloads, str(target)
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
    if workload.kind in READ_ONLY:
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
    where = str(target)
    try:
        _try_out(api, workload, content, OURS | set(target.take_over))
    except Conflict as conflict:
        values = {"path": workload.key, "found": ", ".join(conflict.managers), "message": conflict.reason}
        yield Refusal("owned-by", {"file": where, **values})
    except Invalid as error:
        yield Refusal("not-accepted", {"file": where, "path": workload.key, "found": error.reason})
    except Forbidden:
        pass  # Our rights are required one by one.


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
    written = [each for each in target.workloads.selections if each.kind not in READ_ONLY]
    for each in written:
        try:
            collection = collection_of(api, namespace, each)
        except ObjectNotFound:
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
    yield from fence_rights(namespace)


def _to_follow(collection: str) -> tuple[Right, ...]:
    return ("list", collection, ""), ("watch", collection, "")
