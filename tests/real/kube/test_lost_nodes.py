"""DaemonSets on a cluster of which a node is lost: the others decide, and the lost one is named.

The second node is an object alone, without a machine. The test says what its kubelet would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from ldmrelease.cluster.client.api import open_api
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.rollout.rollout_wait import RolledOut, RolloutOutcome, RolloutTimedOut, wait_for
from ldmrelease.cluster.rollout.snapshot import snapshot
from ldmrelease.cluster.rollout.status import NodesNotReady, Status
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from ldmrelease.render.progress import progress_line
from tests.real.kube.api import Kube, Object, Refused
from tests.real.kube.cluster import Own
from tests.real.kube.images import Pushed, push_image
from tests.real.kube.objects import container, daemon_set, pod_spec, ready

pytestmark = pytest.mark.real

_TAINT = "ldmrelease.test/silent"
BOTH_AT_ONCE = {"rollingUpdate": {"maxUnavailable": 2}}
_ROOM = {"cpu": "4", "memory": "4Gi", "pods": "110"}


class SilentNode:
    """A node without a kubelet. Nothing goes there but what tolerates its taint."""

    def __init__(self, kube: Kube, name: str) -> None:
        self._kube, self.name = kube, name
        kube.create(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": {_TAINT: "yes"}},
                "spec": {"taints": [{"key": _TAINT, "effect": "NoSchedule"}]},
                "status": _status(ready=True),
            }
        )

    def says(self, *, ready: bool) -> None:
        """Its kubelet, or somebody who misses it, says whether it is ready."""
        while True:
            node = self._kube.get("Node", "", self.name)
            try:
                self._kube.set_status(node | {"kind": "Node", "status": _status(ready=ready)})
            except Refused as error:
                if error.code != 409:
                    raise
            else:
                return

    def lets_go(self, pod: Object) -> None:
        """Its kubelet has ended a pod that is being deleted."""
        meta = pod["metadata"]
        path = path_of("Pod", meta["namespace"], meta["name"])
        self._kube.request("DELETE", path, gracePeriodSeconds="0")


def _status(*, ready: bool) -> Object:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"type": "Ready", "status": str(ready), "reason": "Said", "lastHeartbeatTime": now}
    return {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [told]}


@pytest.fixture
def kube(disturbable_cluster: Own) -> Kube:
    return Kube(disturbable_cluster.kubeconfig, disturbable_cluster.context)


@pytest.fixture
def namespace(kube: Kube, make_namespace: Callable[[Kube], str]) -> str:
    return make_namespace(kube)


@pytest.fixture
def silent(kube: Kube, namespace: str) -> Iterator[SilentNode]:
    """The second node, as long as the test lasts. One that a killed test left is gone, too."""
    for left in kube.list("Node", "", labelSelector=_TAINT):
        kube.delete("Node", "", left["metadata"]["name"])
    name = f"silent-{namespace}"
    try:
        yield SilentNode(kube, name)
    finally:
        with suppress(Refused):
            kube.delete("Node", "", name)


@pytest.fixture
def old(disturbable_cluster: Own) -> Pushed:
    return push_image(disturbable_cluster.registry, "lost/app", "1", seed="lost old")


@pytest.fixture
def new(disturbable_cluster: Own) -> Pushed:
    return push_image(disturbable_cluster.registry, "lost/app", "2", seed="lost new")


class Daemons:
    """The DaemonSet `app`, on both nodes."""

    def __init__(self, cluster: Own, kube: Kube, namespace: str, node: SilentNode) -> None:
        self.kube, self.namespace, self.node = kube, namespace, node
        self._api = open_api(ClusterAccess(cluster.context, str(cluster.kubeconfig)))
        self.lines: list[str] = []

    def create(self, image: Pushed, **spec: Any) -> None:
        """Make it, and wait until a pod runs on the one node and another is bound to the silent one."""
        pod = pod_spec(
            [container("main", image.by_digest)], tolerations=[{"key": _TAINT, "operator": "Exists"}]
        )
        self.kube.create(daemon_set(self.namespace, "app", pod, **spec))
        self.pod_on_silent(lambda _: True)
        self.kube.until(
            "DaemonSet", self.namespace, "app", lambda each: each["status"].get("numberReady") == 1
        )

    def pod_on_silent(self, true: Callable[[Object], bool]) -> Object:
        """The pod on the silent node, once this is true of it."""
        for event, pod in self.kube.watch("Pod", self.namespace):
            if event != "DELETED" and pod["spec"].get("nodeName") == self.node.name and true(pod):
                return pod
        raise TimeoutError(f"no such pod on {self.node.name}")

    def verdict(self, image: Pushed) -> Status:
        return snapshot(self._api, self._workloads(), _wanted(image)).workloads[0].verdict

    def wait(self, image: Pushed, *, deadline: int = 60) -> RolloutOutcome:
        def progress(code: str, values: dict[str, Any]) -> None:
            self.lines.append(progress_line("rollout", {"place": "stand/app", "code": code, **values}) or "")

        return wait_for(self._api, self._workloads(deadline), _wanted(image), progress=progress, written=True)

    def _workloads(self, deadline: int = 60) -> Workloads:
        chosen = Selection(WorkloadKind.DAEMON_SET, {"main": "app"}, name="app")
        return Workloads(ClusterAccess("unused"), self.namespace, (chosen,), deadline, 2)


def _wanted(image: Pushed) -> dict[str, frozenset[str]]:
    return {"app": frozenset({image.index, image.manifest, image.config})}


@pytest.fixture
def daemons(disturbable_cluster: Own, kube: Kube, namespace: str, silent: SilentNode) -> Daemons:
    return Daemons(disturbable_cluster, kube, namespace, silent)


def named(daemons: Daemons, outcome: RolloutOutcome) -> None:
    """It settled on the node that is ready, and the other one is named, in what is shown too."""
    assert isinstance(outcome, RolledOut), (outcome, daemons.lines)
    verdict = outcome.seen[0].verdict
    assert isinstance(verdict, NodesNotReady), verdict
    told = [verdict.values[each] for each in ("nodes", "ready", "wanted")]
    assert told == [[daemons.node.name], 1, 1]
    assert daemons.lines[-1].endswith(f"other nodes are not ready: {daemons.node.name}")


def test_a_node_that_is_lost_is_named_and_not_waited_for(daemons: Daemons, old: Pushed) -> None:
    daemons.create(old)
    # The node says that it is ready, so that its pod is waited for.
    assert daemons.verdict(old).code == "not-ready"
    daemons.node.says(ready=False)
    named(daemons, daemons.wait(old))


def test_a_node_that_is_lost_during_a_rollout_is_named(daemons: Daemons, old: Pushed, new: Pushed) -> None:
    daemons.create(old, updateStrategy=BOTH_AT_ONCE)
    daemons.kube.set_image("DaemonSet", daemons.namespace, "app", "main", new.by_digest)
    daemons.node.says(ready=True)
    daemons.node.lets_go(daemons.pod_on_silent(lambda pod: "deletionTimestamp" in pod["metadata"]))
    daemons.pod_on_silent(lambda pod: pod["spec"]["containers"][0]["image"] == new.by_digest)
    daemons.node.says(ready=False)
    named(daemons, daemons.wait(new))
    (here,) = [each for each in daemons.kube.list("Pod", daemons.namespace) if ready(each)]
    assert here["spec"]["containers"][0]["image"] == new.by_digest


def lose(daemons: Daemons) -> None:
    """The node is lost, and its cluster knows: nothing new is to go there."""
    daemons.node.says(ready=False)
    tainted = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}.items()
    daemons.kube.until(
        "Node",
        "",
        daemons.node.name,
        lambda node: any(tainted <= each.items() for each in node["spec"]["taints"]),
    )


def test_a_node_that_was_lost_before_is_named_though_its_pod_never_ends(
    daemons: Daemons, old: Pushed, new: Pushed
) -> None:
    daemons.create(old, updateStrategy=BOTH_AT_ONCE)
    lose(daemons)
    daemons.kube.set_image("DaemonSet", daemons.namespace, "app", "main", new.by_digest)
    named(daemons, daemons.wait(new))
    assert "deletionTimestamp" in daemons.pod_on_silent(lambda _: True)["metadata"]


def test_a_rollout_that_waits_for_a_lost_node_names_it(daemons: Daemons, old: Pushed, new: Pushed) -> None:
    """One pod may be missing at a time, and the one on the lost node is until it is gone."""
    daemons.create(old)
    lose(daemons)
    daemons.kube.set_image("DaemonSet", daemons.namespace, "app", "main", new.by_digest)
    daemons.pod_on_silent(lambda pod: "deletionTimestamp" in pod["metadata"])
    outcome = daemons.wait(new, deadline=10)
    assert isinstance(outcome, RolloutTimedOut), outcome
    assert (outcome.values["code"], outcome.values["nodes"]) == ("nodes-not-ready", [daemons.node.name])
    assert f"(other nodes are not ready: {daemons.node.name})" in daemons.lines[-1]
    silent = daemons.pod_on_silent(lambda _: True)
    daemons.node.lets_go(silent)
    assert isinstance(daemons.wait(new), RolledOut)
