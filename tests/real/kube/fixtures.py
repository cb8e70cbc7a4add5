"""The fixtures of tests on Kubernetes; every test below tests/real has them.

Clusters are shared by all test processes of this machine. What a test makes, it makes in a namespace of its own.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from ldmrelease.domain.workload_selection import ClusterAccess
from tests.real.kube import access
from tests.real.kube.api import Kube, Object
from tests.real.kube.audit import AuditLog
from tests.real.kube.cluster import Own
from tests.real.kube.given import Cluster, given
from tests.real.kube.shared import turn
from tests.real.parts import require

_OWN = "needs a cluster of our own, for its audit log or its API server"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The first cluster."""
    with given(0, kube_proxy=True) as found:
        yield found


@pytest.fixture(scope="session")
def second_cluster() -> Iterator[Cluster]:
    """Another cluster, as test systems and production are two."""
    with given(1) as found:
        yield found


@pytest.fixture(scope="session")
def own_cluster(cluster: Cluster) -> Own:
    """The first cluster, if it is our own: with `audit_log`."""
    return _only_own(cluster)


@pytest.fixture(scope="session")
def own_second_cluster(second_cluster: Cluster) -> Own:
    """The second cluster, if it is our own."""
    return _only_own(second_cluster)


@pytest.fixture(scope="session")
def _third_cluster() -> Iterator[Cluster]:
    with given(2) as found:
        yield found


@pytest.fixture
def disturbable_cluster(_third_cluster: Cluster) -> Iterator[Own]:
    """A cluster that this test has to itself: its API server may be killed, paused and started."""
    own = _only_own(_third_cluster)
    with turn(own):
        if not own.healthy:
            own.start_api_server()
        yield own
        if not own.healthy:
            own.start_api_server()


@pytest.fixture(scope="session")
def audit_log(own_cluster: Own) -> AuditLog:
    """What was asked of the first cluster's API server, by whom."""
    return AuditLog(own_cluster.audit_log)


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> Kube:
    """The first cluster's API, as its administrator."""
    return Kube(cluster.kubeconfig, cluster.context)


@pytest.fixture(scope="session")
def second_kube(second_cluster: Cluster) -> Kube:
    """The second cluster's API, as its administrator."""
    return Kube(second_cluster.kubeconfig, second_cluster.context)


@pytest.fixture
def make_namespace(request: pytest.FixtureRequest) -> Iterator[Callable[[Kube], str]]:
    """Makes a new namespace in a cluster; it is deleted after the test, with all that is in it."""
    with ExitStack() as made:

        def make(api: Kube) -> str:
            name = f"test-{secrets.token_hex(5)}"
            api.create(_namespace(name, request.node.nodeid))
            made.callback(api.delete, "Namespace", "", name)
            # Pods are refused until its default account is there, which a controller makes.
            api.until("ServiceAccount", name, "default", bool)
            return name

        yield make


@pytest.fixture
def namespace(kube: Kube, make_namespace: Callable[[Kube], str]) -> str:
    """A namespace of this test's own in the first cluster."""
    return make_namespace(kube)


@pytest.fixture
def second_namespace(second_kube: Kube, make_namespace: Callable[[Kube], str]) -> str:
    """A namespace of this test's own in the second cluster; its name is another one."""
    return make_namespace(second_kube)


@pytest.fixture
def cluster_access(cluster: Cluster) -> ClusterAccess:
    """The way into the first cluster as a configuration states it."""
    return ClusterAccess(cluster.context, str(cluster.kubeconfig))


@pytest.fixture
def second_cluster_access(second_cluster: Cluster) -> ClusterAccess:
    """The way into the second cluster as a configuration states it."""
    return ClusterAccess(second_cluster.context, str(second_cluster.kubeconfig))


@pytest.fixture
def account(cluster: Cluster, kube: Kube, namespace: str, tmp_path: Path) -> Callable[..., access.Account]:
    """Makes a service account in the namespace: `account("reader", rules=[rule("get list", "pods")])`."""

    def make(
        name: str, *, rules: Sequence[Object] = (), cluster_rules: Sequence[Object] = (), seconds: int = 3600
    ) -> access.Account:
        return access.service_account(
            kube,
            cluster.kubeconfig,
            cluster.context,
            namespace=namespace,
            name=name,
            directory=tmp_path,
            rules=rules,
            cluster_rules=cluster_rules,
            seconds=seconds,
        )

    return make


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Callable[..., str]:
    """Runs kubectl on the first cluster and returns what it printed: `kubectl("get", "pods", "-n", namespace)`."""
    program = require(
        "kubectl", "another reader of what we write; Kubernetes' documentation says where to get it"
    )

    def run(*arguments: str) -> str:
        place = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]
        done = subprocess.run([str(program), *place, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _namespace(name: str, test: str) -> Object:
    meta = {"name": name, "annotations": {"ldmrelease.test": test}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def _only_own(cluster: Cluster) -> Own:
    if not isinstance(cluster, Own):
        pytest.skip(_OWN)
    return cluster
