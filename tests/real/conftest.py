"""Parts that tests against real registries share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real import registries
from tests.real.containers import registry_in_container
from tests.real.engine import docker_engine
from tests.real.faultproxy import FaultProxy
from tests.real.kube.fixtures import (  # noqa: F401  # every test below has them
    _third_cluster,
    account,
    audit_log,
    cluster,
    cluster_access,
    disturbable_cluster,
    kube,
    kubectl,
    make_namespace,
    namespace,
    own_cluster,
    own_second_cluster,
    second_cluster,
    second_cluster_access,
    second_kube,
    second_namespace,
)
from tests.real.registries import RunningRegistry


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Debian's docker-registry: mounts, no referrers API."""
    with registries.docker_registry(tmp_path_factory.mktemp("docker-registry")) as running:
        yield running


@pytest.fixture(scope="session")
def referrers_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """go-containerregistry's registry: referrers API, no mounts."""
    with registries.referrers_registry(tmp_path_factory.mktemp("referrers-registry")) as running:
        yield running


@pytest.fixture(scope="session")
def container_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Debian's docker-registry as testcontainers starts it: in a container, on a Docker engine of our own."""
    with (
        docker_engine(tmp_path_factory.mktemp("container-engine")) as engine,
        registry_in_container(engine, tmp_path_factory.mktemp("container-registry")) as running,
    ):
        yield running


@pytest.fixture(params=["docker_registry", "referrers_registry", "container_registry"])
def any_registry(request: pytest.FixtureRequest) -> RunningRegistry:
    """Each of the three in turn."""
    running: RunningRegistry = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def proxied(docker_registry: RunningRegistry) -> Iterator[FaultProxy]:
    """A proxy before docker-registry; without faults it only counts."""
    with FaultProxy(docker_registry.address) as proxy:
        yield proxy


@pytest.fixture
def proxied_referrers(referrers_registry: RunningRegistry) -> Iterator[FaultProxy]:
    """A proxy before the registry with the referrers API."""
    with FaultProxy(referrers_registry.address) as proxy:
        yield proxy
