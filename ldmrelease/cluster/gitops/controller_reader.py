"""Read what a controller says of the object that keeps a workload: one GET each, and one of its source (Flux)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ldmrelease.cluster.client.errors import Forbidden, ObjectNotFound
from ldmrelease.cluster.client.paths import join
from ldmrelease.cluster.gitops import argo_cd, flux
from ldmrelease.cluster.gitops.sync_status import SyncStatus, UnreadableController
from ldmrelease.cluster.objects.gitops_managers import ARGO_CD, FLUX, Manager, manager_of

if TYPE_CHECKING:
    from ldmrelease.cluster.client.api import Api
    from ldmrelease.cluster.objects.workloads import KubernetesObject

FoundController = SyncStatus | UnreadableController
_FLUX_KINDS = {
    "Kustomization": (flux.KUSTOMIZE, "kustomizations", ("v1", "v1beta2")),
    "HelmRelease": (flux.HELM, "helmreleases", ("v2", "v2beta2")),
    "GitRepository": (flux.SOURCE, "gitrepositories", ("v1", "v1beta2")),
}


class ControllerReader:
    """Reads each object once. cluster: where workloads are; Flux is there. argo_cd: where Argo CD's Applications are,
    in `namespace` unless their names say another one."""

    def __init__(self, cluster: Api, argo_cd: Api, namespace: str) -> None:
        self._cluster = cluster
        self._argo_cd = argo_cd
        self._namespace = namespace
        self._read: dict[tuple[str, str, str], FoundController] = {}

    def of(self, manifests: Iterable[KubernetesObject]) -> dict[str, FoundController]:
        """The objects that keep these workloads, by their names. Raises `ClusterError` where nobody can be asked."""
        found = {}
        for manifest in manifests:
            named = self._named(manifest)
            if named is not None:
                found[f"{named[0]} {named[1]}/{named[2]}"] = self._once(named)
        return found

    def key_of(self, manifest: KubernetesObject) -> str | None:
        """By which name `of` has the object that keeps a workload; None where none is known."""
        named = self._named(manifest)
        return f"{named[0]} {named[1]}/{named[2]}" if named is not None else None

    def _named(self, manifest: KubernetesObject) -> tuple[str, str, str] | None:
        manager = manager_of(manifest)
        if manager is None or not manager.object:
            return None
        if manager.name == ARGO_CD:
            return self._application(manager)
        if manager.name == FLUX and "/" in manager.object:
            labels = manifest["metadata"].get("labels") or {}
            kind = "Kustomization" if f"{flux.KUSTOMIZE}/name" in labels else "HelmRelease"
            namespace, _, name = manager.object.partition("/")
            return kind, namespace, name
        return None

    def _application(self, manager: Manager) -> tuple[str, str, str]:
        """Applications outside of Argo CD's own namespace are `NAMESPACE_NAME` (no name of an object has `_`)."""
        namespace, several, name = manager.object.partition("_")
        return (
            ("Application", namespace, name) if several else ("Application", self._namespace, manager.object)
        )

    def _once(self, named: tuple[str, str, str]) -> FoundController:
        if named not in self._read:
            self._read[named] = self._status(*named)
        return self._read[named]

    def _status(self, kind: str, namespace: str, name: str) -> FoundController:
        controller = "argo-cd" if kind == "Application" else FLUX
        try:
            if kind == "Application":
                path = join(argo_cd.VERSION, argo_cd.PLURAL, namespace, name)
                return argo_cd.read_application(self._argo_cd.get(path))
            manifest = self._flux(kind, namespace, name)
        except Forbidden as error:
            return UnreadableController(controller, f"{kind} {namespace}/{name}", "forbidden", str(error))
        except ObjectNotFound as error:
            return UnreadableController(controller, f"{kind} {namespace}/{name}", "absent", str(error))
        read = flux.read_kustomization if kind == "Kustomization" else flux.read_helm_release
        return read(manifest, self._source(manifest))

    def _source(self, manifest: dict[str, Any]) -> dict[str, Any] | None:
        reference = flux.reference_of(manifest)
        if reference is None or reference[0] not in _FLUX_KINDS:
            return None
        try:
            return self._flux(*reference)
        except (Forbidden, ObjectNotFound):
            # The object's own status is worth having without it.
            return None

    def _flux(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        group, plural, versions = _FLUX_KINDS[kind]
        for version in versions[:-1]:
            try:
                return self._with_kind(kind, join(f"{group}/{version}", plural, namespace, name))
            except ObjectNotFound:
                continue
        return self._with_kind(kind, join(f"{group}/{versions[-1]}", plural, namespace, name))

    def _with_kind(self, kind: str, path: str) -> dict[str, Any]:
        return {"kind": kind, **self._cluster.get(path)}
