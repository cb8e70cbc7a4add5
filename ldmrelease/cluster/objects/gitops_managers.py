"""Who manages an object: told by labels, annotations and field managers.

A workload that Argo CD, Flux or Helm keeps is written where they read it from, and not in the cluster: they
would take a change back.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ldmrelease.cluster.objects.workloads import KubernetesObject

ARGO_CD, FLUX, HELM = "argo-cd", "flux", "helm"

_FIELD_MANAGERS: Mapping[str, str] = {
    "argocd-controller": ARGO_CD,
    "argocd-application-controller": ARGO_CD,
    "kustomize-controller": FLUX,
    "helm-controller": FLUX,
    "helm": HELM,
}


class Manager(Struct, frozen=True):
    """What keeps an object as it is: `argo-cd`, `flux` or `helm`, and the name of its own object (application,
    kustomization, release), with its namespace where it is told; empty where nothing names it."""

    name: str
    object: str


def manager_of(manifest: KubernetesObject) -> Manager | None:
    """The manager of an object; None where none is known.

    Argo CD and Flux come before Helm: what they install from a chart looks like Helm's, too.
    """
    meta = manifest["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    writers = _writers(manifest)
    return (
        _argo_cd(labels, annotations, writers)
        or _flux(labels, writers)
        or _helm(labels, annotations, writers)
    )


def _writers(manifest: KubernetesObject) -> set[str]:
    entries = manifest["metadata"].get("managedFields") or ()
    return {
        _FIELD_MANAGERS.get(each.get("manager", ""), "") for each in entries if not each.get("subresource")
    }


def _argo_cd(labels: KubernetesObject, annotations: KubernetesObject, writers: set[str]) -> Manager | None:
    tracking = annotations.get("argocd.argoproj.io/tracking-id")
    if tracking:
        return Manager(ARGO_CD, str(tracking).partition(":")[0])
    own = labels.get("argocd.argoproj.io/instance")
    if own:
        return Manager(ARGO_CD, str(own))
    if ARGO_CD in writers:
        return Manager(ARGO_CD, str(labels.get("app.kubernetes.io/instance", "")))
    return None


def _flux(labels: KubernetesObject, writers: set[str]) -> Manager | None:
    for part in ("kustomize", "helm"):
        name = labels.get(f"{part}.toolkit.fluxcd.io/name")
        namespace = labels.get(f"{part}.toolkit.fluxcd.io/namespace")
        if name:
            return Manager(FLUX, f"{namespace}/{name}" if namespace else str(name))
    return Manager(FLUX, "") if FLUX in writers else None


def _helm(labels: KubernetesObject, annotations: KubernetesObject, writers: set[str]) -> Manager | None:
    release = annotations.get("meta.helm.sh/release-name")
    # The label alone is in many manifests that were rendered by a chart and applied by hand.
    if release and (labels.get("app.kubernetes.io/managed-by") == "Helm" or HELM in writers):
        namespace = annotations.get("meta.helm.sh/release-namespace")
        return Manager(HELM, f"{namespace}/{release}" if namespace else str(release))
    return Manager(HELM, "") if HELM in writers else None
