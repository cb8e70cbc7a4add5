"""What every store of targets does, by a ConfigMap and by the objects of a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.targets import ConfigMapKey, ImageSettingsTarget, KubernetesTarget, Setting, Target
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Value
from ldmrelease.targets.stores import kubernetes_fence
from ldmrelease.targets.stores.kubernetes_fence import key_of
from tests.real.kube import objects
from tests.real.kube.api import Kube
from tests.real.kube.target_site import CREATOR, NEW, OLD, create, pod, selection
from tests.unit.targets.contract import SUMMIT, Observer, StoreContract

pytestmark = pytest.mark.real

NAME = "conf"
KEY = "values.yaml"
TEXT = "image:\n  tag: w_2023_15  # since Thursday\n"
FIELD = "Deployment/prompt/main"
SOMEBODY = "kubectl-edit"


@dataclass
class InCluster:
    """A target of a namespace, and the change that somebody makes to it."""

    kube: Kube
    namespace: str
    workspace: Path
    target: Target
    before: dict[str, Value]
    ours: dict[str, Value]
    change: tuple[str, str, dict[str, Any]] = field(default=("", "", {}))

    def access(self, observer: Observer | None = None) -> Access:
        return Access(self.workspace, observer)

    def put_fence(self, kept: bytes | None) -> None:
        text = kept.decode() if kept is not None else None
        self.kube.patch("ConfigMap", self.namespace, kubernetes_fence.NAME, {"data": {key_of(SUMMIT): text}})
        kind, name, _ = self.change
        marks = {kubernetes_fence.MARK: text, kubernetes_fence.EPOCH: None if kept is None else "1000000"}
        self.kube.patch(kind, self.namespace, name, {"metadata": {"annotations": marks}})

    def meddle(self) -> str:
        kind, name, change = self.change
        self.kube.patch(kind, self.namespace, name, change, manager=SOMEBODY)
        return SOMEBODY


@pytest.fixture(params=["ConfigMap", "objects"])
def there(
    request: pytest.FixtureRequest, kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path
) -> InCluster:
    if request.param == "ConfigMap":
        metadata = {"namespace": namespace, "name": NAME}
        kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: TEXT}})
        where = ConfigMapKey(cluster_access, namespace, NAME, KEY)
        return InCluster(
            kube,
            namespace,
            tmp_path,
            ImageSettingsTarget(where, (Setting("lab", "image.tag"),)),
            {"image.tag": "w_2023_15"},
            {"image.tag": "w_2023_16"},
            ("ConfigMap", NAME, {"data": {KEY: TEXT.replace("w_2023_15", "w_2023_10")}}),
        )
    create(kube, objects.deployment(namespace, "prompt", pod(), replicas=0))
    containers = [{"name": "main", "image": "registry.example/lsst/app:w_0"}]
    return InCluster(
        kube,
        namespace,
        tmp_path,
        KubernetesTarget(
            Workloads(cluster_access, namespace, (selection("Deployment", "prompt"),)), (CREATOR, SOMEBODY)
        ),
        {FIELD: OLD},
        {FIELD: NEW},
        ("Deployment", "prompt", {"spec": {"template": {"spec": {"containers": containers}}}}),
    )


class TestInCluster(StoreContract):
    """All that a store has to do."""
