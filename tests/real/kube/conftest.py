"""Fixtures of tests that promote on real clusters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.kube.api import Kube
from tests.real.kube.given import Cluster
from tests.real.kube.one_place import OnePlace, one_place
from tests.real.kube.site import ClusterSite, make_site, remove_site


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
