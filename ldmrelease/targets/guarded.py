"""An object of a cluster with the identity that every guarded write has to name."""

from typing import Any

from msgspec import Struct

from ldmrelease.cluster.objects.workloads import KubernetesObject


class GuardedObject(Struct, frozen=True):
    """An object that a fence guards, as read."""

    path: str
    manifest: KubernetesObject

    @property
    def identity(self) -> dict[str, Any]:
        """What a write must name, so that it meets this object in this state."""
        metadata = self.manifest["metadata"]
        return {
            key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion") if key in metadata
        }

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return self.manifest["metadata"].get("annotations") or {}

    def body(self, annotations: dict[str, str]) -> KubernetesObject:
        """What an apply of annotations alone says."""
        metadata = self.identity | ({"annotations": annotations} if annotations else {})
        return {
            "apiVersion": self.manifest["apiVersion"],
            "kind": self.manifest["kind"],
            "metadata": metadata,
        }
