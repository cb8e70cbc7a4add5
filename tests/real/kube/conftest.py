"""Fixtures of tests that promote on real clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from ldmrelease.cluster.client.paths import path_of
from tests.real.kube.api import Kube
from tests.real.kube.given import Cluster
from tests.real.kube.one_place import OnePlace, one_place
from tests.real.kube.site import ClusterSite, make_site, remove_site

ROOM = Path(__file__).parents[3] / "manifests" / "checks" / "namespace.yaml"


@pytest.fixture
def site(tmp_path: Path, cluster: Cluster, second_cluster: Cluster) -> Iterator[ClusterSite]:
    """A workspace on two clusters, with everything deployed; the weekly is not built yet."""
    made = make_site(tmp_path / "site", cluster, second_cluster)
    yield made
    remove_site(made)


@pytest.fixture
def place(tmp_path: Path, cluster: Cluster, kube: Kube, namespace: str) -> OnePlace:
    """A workspace of which one place runs in a namespace of this test's own."""
    return one_place(tmp_path / "workspace", cluster, kube, namespace)


@pytest.fixture
def room(kube: Kube, make_namespace: Callable[[Kube], str]) -> str:
    """A namespace as manifests/checks/namespace.yaml has it."""
    name = make_namespace(kube)
    first, *others = yaml.safe_load_all(ROOM.read_text())
    kube.patch("Namespace", "", name, {"metadata": {"labels": first["metadata"]["labels"]}})
    for each in others:
        kube.request(
            "POST", path_of(each["kind"], name), each | {"metadata": each["metadata"] | {"namespace": name}}
        )
    return name
