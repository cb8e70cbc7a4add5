"""Workloads to write to, promoters that write there, and what of them may differ afterwards."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldmrelease.cluster.objects.workloads import pod_spec
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Snapshot, Value, Written
from tests.real.gitops.site import Promoter
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object, path_of

OLD = "registry.example/lsst/app:w_1"
"""No kubelet shall pull it: workloads without replicas are enough for whoever writes."""

NEW = "registry.example/lsst/app@sha256:" + "2" * 64
NEWER = "registry.example/lsst/app@sha256:" + "3" * 64
CREATOR = "tests"
"""The field manager that `site` makes workloads as."""


def pod(*, init: bool = False, image: str = OLD, **more: Any) -> Object:
    """A pod's spec: `main` (and `setup`) are of the release, `side` is not."""
    containers = [
        objects.container("main", image, env={"LEVEL": "1"}),
        objects.container("side", "registry.example/side:1"),
    ]
    return objects.pod_spec(containers, init=[objects.container("setup", image)] if init else [], **more)


def selection(kind: str, name: str, *containers: str) -> Selection:
    return Selection(WorkloadKind(kind), dict.fromkeys(containers or ("main",), "app"), name=name)


@dataclass(frozen=True)
class Site:
    """A namespace with workloads, and the target that writes them."""

    kube: Kube
    namespace: str
    target: KubernetesTarget
    access: Access

    def snapshot(self) -> Snapshot:
        found = registry.read(self.target, self.access)
        assert isinstance(found, Snapshot), found
        return found

    def edits(self, image: str = NEW) -> dict[str, Value]:
        """Every field with this image."""
        return dict.fromkeys(self.snapshot().values, image)

    def claim(self, promoter: Promoter) -> Written | Refusal | Unavailable:
        return registry.claim(self.target, self.access, promoter.grant())

    def write(
        self,
        image: str = NEW,
        promoter: Promoter | None = None,
        expect: str | dict[str, Value] = OLD,
        access: Access | None = None,
    ) -> Written | Refusal | Unavailable:
        edits = self.edits(image)
        return registry.write(
            self.target,
            edits,
            access or self.access,
            expect=dict.fromkeys(edits, expect) if isinstance(expect, str) else expect,
            grant=(promoter or Promoter()).grant(),
        )

    def get(self, kind: str, name: str) -> Object:
        return self.kube.get(kind, self.namespace, name)

    def images(self) -> set[Value]:
        return set(self.snapshot().values.values())


def site(
    kube: Kube,
    namespace: str,
    access: ClusterAccess,
    workspace: Path,
    *selections: Selection,
    take_over: tuple[str, ...] = (CREATOR,),
    manifests: str | None = None,
) -> Site:
    """The target of these selections; the workloads are made by whoever calls."""
    workloads = Workloads(access, namespace, selections)
    return Site(kube, namespace, KubernetesTarget(workloads, take_over, manifests), Access(workspace))


def create(kube: Kube, manifest: Object, manager: str = CREATOR) -> Object:
    """As somebody's `kubectl create`: `manager` owns all its fields."""
    collection = path_of(manifest["kind"], manifest["metadata"]["namespace"])
    return kube.request("POST", collection, manifest, fieldManager=manager)


def without_ours(manifest: Object) -> Object:
    """The object without what a promotion may change: images of its containers, our annotations, bookkeeping."""
    rest = copy.deepcopy(manifest)
    rest.pop("status", None)
    meta = rest["metadata"]
    for key in ("resourceVersion", "generation", "managedFields"):
        meta.pop(key, None)
    annotations = meta.get("annotations") or {}
    meta["annotations"] = {
        key: value
        for key, value in annotations.items()
        if not key.startswith(("ldmrelease.dev/", "deployment.kubernetes.io/", "deprecated.daemonset."))
    }
    spec = pod_spec(WorkloadKind(rest["kind"]), rest)
    for each in (*spec.get("containers", ()), *spec.get("initContainers", ())):
        if each["name"] in ("main", "setup"):
            each.pop("image")
    return rest
