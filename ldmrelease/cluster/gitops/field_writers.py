"""Who wrote a field of an object, by its managed fields (Kubernetes API concepts, "Field management"). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldmrelease.cluster.gitops.sync_status import FieldWriter

_CONTROLLERS = frozenset(
    {
        "argocd-controller",
        "argocd-application-controller",
        "argocd-applicationset-controller",
        "kustomize-controller",
        "helm-controller",
        "source-controller",
        "flux",
        "helm",
    }
)
"""Field managers that write what a repository or a generator says. `argocd-server` is none: it writes what a person
asks for in the user interface or by `argocd app set`."""


def writer_of(manifest: dict[str, Any], path: Sequence[str]) -> FieldWriter:
    """Who wrote what is at a path of field names last; of a path that nobody claims, whoever has what is above it."""
    entries = [
        each for each in manifest["metadata"].get("managedFields") or () if not each.get("subresource")
    ]
    for length in range(len(path), 0, -1):
        owners = [each for each in entries if _claims(each.get("fieldsV1") or {}, path[:length])]
        if owners:
            last = max(owners, key=lambda each: str(each.get("time", "")))
            name = str(last.get("manager", ""))
            return FieldWriter(name, str(last.get("time", "")), name not in _CONTROLLERS)
    return FieldWriter()


def _claims(fields: dict[str, Any], path: Sequence[str]) -> bool:
    for name in path:
        key = f"f:{name}"
        if key not in fields:
            return False
        fields = fields[key]
    return True
