"""Applications, Kustomizations and HelmReleases as their controllers write them."""

from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OLDER = "f" * 40


def fields(manager: str, time: str, **claimed: Any) -> dict[str, Any]:
    """An entry of managed fields; `claimed` is nested as `spec={"source": {...}}`."""
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": _claimed(claimed)}


def _claimed(names: dict[str, Any]) -> dict[str, Any]:
    return {f"f:{name}": _claimed(below) for name, below in names.items()}


def application(
    source: dict[str, Any] | None = None, status: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """An Application that follows main, Synced and Healthy at COMMIT."""
    own = {"repoURL": "https://github.com/shop/tree", "targetRevision": "main", "path": "applications/web"}
    told = {
        "sync": {"status": "Synced", "revision": COMMIT},
        "health": {"status": "Healthy"},
        "operationState": {
            "phase": "Succeeded",
            "message": "successfully synced",
            "finishedAt": "2026-01-01T00:00:00Z",
            "operation": {"initiatedBy": {"automated": True}},
            "syncResult": {"revision": COMMIT},
        },
    }
    return {
        "metadata": {"name": "web", "namespace": "argocd", "resourceVersion": "7", "managedFields": []},
        "spec": {"source": own | (source or {}), "syncPolicy": {"automated": {}}} | spec,
        "status": told | (status or {}),
    }


def git_repository(**ref: str) -> dict[str, Any]:
    """A GitRepository of Flux."""
    meta = {"name": "tree", "namespace": "flux-system", "managedFields": []}
    spec = {"url": "ssh://git@github.com/shop/tree.git", "ref": ref or {"branch": "main"}, "interval": "1m0s"}
    return {"kind": "GitRepository", "metadata": meta, "spec": spec}


def kustomization(
    ready: str = "True", reason: str = "ReconciliationSucceeded", **spec: Any
) -> dict[str, Any]:
    """A Kustomization of Flux, as its controller leaves it."""
    return {
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system", "generation": 3, "managedFields": []},
        "spec": {
            "path": "./apps/prod",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "tree"},
            **spec,
        },
        "status": {
            "observedGeneration": 3,
            "lastAppliedRevision": f"main@sha1:{COMMIT}",
            "lastAttemptedRevision": f"main@sha1:{COMMIT}",
            "conditions": [
                {
                    "type": "Ready",
                    "status": ready,
                    "reason": reason,
                    "message": f"Applied revision: main@sha1:{COMMIT}",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                    "observedGeneration": 3,
                }
            ],
        },
    }


def helm_release(values: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A HelmRelease of Flux whose chart is in the tree."""
    chart = {"spec": {"chart": "./charts/web", "sourceRef": {"kind": "GitRepository", "name": "tree"}}}
    return {
        "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": "shop", "generation": 1, "managedFields": []},
        "spec": {"chart": chart, "values": values or {}, **spec},
        "status": {
            "observedGeneration": 1,
            "history": [{"chartVersion": "1.0.0+0123456789ab", "status": "deployed", "version": 4}],
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "UpgradeSucceeded", "message": "ok"}
            ],
        },
    }
