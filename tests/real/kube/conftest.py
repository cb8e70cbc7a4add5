"""Fixtures of tests that promote on real clusters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.kube.given import Cluster
from tests.real.kube.site import ClusterSite, make_site, remove_site


@pytest.fixture
def site(tmp_path: Path, cluster: Cluster, second_cluster: Cluster) -> Iterator[ClusterSite]:
    """A workspace on two clusters, with everything deployed; the weekly is not built yet."""
    made = make_site(tmp_path / "site", cluster, second_cluster)
    yield made
    remove_site(made)
