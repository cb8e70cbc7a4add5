"""Images are on the nodes before anything is switched, by pods that run nothing and leave nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.answers.sentences.target_refusals import failure_words
from ldmrelease.cluster.client.api import Api, open_api
from ldmrelease.cluster.prepull import NotPulled, PrepullRequest, Pulled, prepull, pull_pod
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from ldmrelease.render.progress import progress_line
from ldmrelease.services.promotions.steps import pull as pull_step
from ldmrelease.services.promotions.work import StepDone, StepFailed
from ldmrelease.targets.connections import ClusterConnections
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Object
from tests.real.kube.given import Cluster
from tests.real.kube.images import Pushed, push_image

pytestmark = pytest.mark.real

PROMOTION = "P-7"
ABSENT = "sha256:" + "0" * 64


@pytest.fixture
def api(cluster_access: ClusterAccess) -> Api:
    return open_api(cluster_access)


@pytest.fixture
def image(cluster: Cluster, namespace: str) -> Pushed:
    """An image that no node has."""
    return push_image(cluster.registry, f"{namespace}/app", "1", seed=namespace)


def node_of(kube: Kube) -> str:
    return str(next(filter(objects.ready, kube.list("Node", "")))["metadata"]["name"])


def on(node: str, *images: str, **template: Any) -> PrepullRequest:
    """Wanted on one node: others of a shared cluster come and go."""
    return PrepullRequest(images, {"nodeSelector": {"kubernetes.io/hostname": node}, **template})


def ours(kube: Kube, namespace: str) -> list[Object]:
    return kube.list("Pod", namespace, labelSelector="ldmrelease.dev/part=prepull")


def test_the_image_is_on_the_node_and_the_pod_is_gone(
    api: Api, kube: Kube, namespace: str, image: Pushed, cluster: Cluster
) -> None:
    node, told = node_of(kube), list[tuple[int, int]]()
    other = push_image(
        cluster.registry, f"{namespace}/side", "1", seed=f"{namespace} side", other_platforms=()
    )
    wanted = [on(node, image.by_digest, other.by_digest), on(node, image.by_digest)]
    answer = prepull(
        api, namespace, wanted, PROMOTION, deadline=60, progress=lambda *counts: told.append(counts)
    )
    assert isinstance(answer, Pulled), answer
    assert (answer.nodes, dict(answer.left)) == ((node,), {})
    assert told[-1] == (2, 2), "a pod for each set of images"
    assert ours(kube, namespace) == []
    # The kubelet finds it there: a pod that may not fetch starts.
    main = objects.container("main", image.by_digest, imagePullPolicy="Never")
    kube.create(objects.bare_pod(namespace, "app", objects.pod_spec([main], nodeName=node)))
    assert objects.ready(kube.until("Pod", namespace, "app", objects.ready))


def test_nothing_of_the_image_ran(api: Api, kube: Kube, namespace: str, image: Pushed) -> None:
    node = node_of(kube)
    pod = pull_pod(namespace, PROMOTION, node, on(node, image.by_digest))
    kube.create(pod)
    ended = kube.until(
        "Pod", namespace, pod["metadata"]["name"], lambda each: each["status"]["phase"] == "Failed"
    )
    (status,) = ended["status"]["containerStatuses"]
    assert status["state"]["terminated"]["reason"] == "StartError"
    assert status["imageID"].rpartition("@")[2] in {image.index, image.manifest, image.config}
    assert all("serviceaccount" not in str(each) for each in ended["spec"].get("volumes", []))


def test_a_pod_that_a_killed_attempt_left_is_adopted_and_all_are_deleted(
    api: Api, kube: Kube, namespace: str, image: Pushed
) -> None:
    node = node_of(kube)
    wanted = on(node, image.by_digest)
    kube.create(pull_pod(namespace, PROMOTION, node, wanted))
    kube.create(pull_pod(namespace, PROMOTION, node, on(node, image.by_tag)))
    kube.create(pull_pod(namespace, "P-8", node, wanted))
    assert isinstance(prepull(api, namespace, [wanted], PROMOTION, deadline=60), Pulled)
    (left,) = ours(kube, namespace)
    assert left["metadata"]["labels"]["ldmrelease.dev/promotion"] == "P-8", "of another promotion"


def test_an_image_that_is_not_there_is_said_with_the_nodes_own_words(
    api: Api, kube: Kube, namespace: str, image: Pushed
) -> None:
    missing = f"{image.repository}@{ABSENT}"
    node = node_of(kube)
    answer = prepull(api, namespace, [on(node, image.by_digest, missing)], PROMOTION, deadline=60)
    assert isinstance(answer, NotPulled)
    assert answer.code == "pull-failed"
    assert (answer.values["node"], answer.values["image"]) == (node, missing)
    assert "not found" in answer.values["message"]
    assert ours(kube, namespace) == []


def test_a_namespace_that_is_restricted_takes_the_pods(
    api: Api, kube: Kube, namespace: str, image: Pushed
) -> None:
    strict = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    kube.patch("Namespace", "", namespace, strict)
    assert isinstance(
        prepull(api, namespace, [on(node_of(kube), image.by_digest)], PROMOTION, deadline=60), Pulled
    )


@pytest.mark.parametrize("missing", ["nodes", "pods"])
def test_who_may_not_is_told_what_is_missing(
    kube: Kube, namespace: str, image: Pushed, account: Callable[..., Account], missing: str
) -> None:
    rules = [rule("get list watch delete" if missing == "pods" else "get list watch create delete", "pods")]
    nodes = [] if missing == "nodes" else [rule("list", "nodes")]
    few: Account = account("few", rules=rules, cluster_rules=nodes)
    answer = prepull(
        open_api(ClusterAccess(few.context, str(few.kubeconfig))),
        namespace,
        [on(node_of(kube), image.by_digest)],
        PROMOTION,
        deadline=60,
    )
    assert isinstance(answer, NotPulled)
    assert (answer.code, answer.values["resource"]) == ("pull-forbidden", missing)


def test_these_rights_are_enough(
    kube: Kube, namespace: str, image: Pushed, account: Callable[..., Account]
) -> None:
    pods, nodes = rule("create delete list watch", "pods"), rule("list", "nodes")
    few: Account = account("puller", rules=[pods], cluster_rules=[nodes])
    few_api = open_api(ClusterAccess(few.context, str(few.kubeconfig)))
    wanted = [on(node_of(kube), image.by_digest)]
    assert isinstance(prepull(few_api, namespace, wanted, PROMOTION, deadline=60), Pulled)


@pytest.fixture
def silent_node(kube: Kube, namespace: str) -> Iterator[str]:
    """A node that says it is ready and has no kubelet; nobody else's pods go there."""
    name = f"silent-{namespace}"
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": [{"key": "test", "value": namespace, "effect": "NoSchedule"}]},
        "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Said"}]},
    }
    kube.create(node)
    yield name
    kube.delete("Node", "", name)


def test_what_is_not_there_in_time_is_late_and_nothing_is_left(
    api: Api, kube: Kube, namespace: str, image: Pushed, silent_node: str
) -> None:
    wanted = on(silent_node, image.by_digest, tolerations=[{"key": "test", "operator": "Exists"}])
    answer = prepull(api, namespace, [wanted], PROMOTION, deadline=1)
    assert answer == NotPulled("pull-late", {"nodes": [silent_node]})
    assert ours(kube, namespace) == []


def step(cluster: Cluster, namespace: str, image: Pushed, digest: str, told: list[str]) -> Any:
    """The work of a pull step at an application that a Deployment runs, as far as the step asks."""
    source = image.repository.replace(cluster.registry.address, "registry.example")
    release = Release(
        "app", "1", "release", (Component("app", ComponentKind.IMAGE, source, "1", digest),), (), None
    )
    chosen = Selection(WorkloadKind.DEPLOYMENT, {"main": "app"}, name="app")
    access = ClusterAccess(cluster.context, str(cluster.kubeconfig))
    return SimpleNamespace(
        context=SimpleNamespace(clusters=ClusterConnections(Path("/"))),
        application=SimpleNamespace(workloads=Workloads(access, namespace, (chosen,))),
        pinned=SimpleNamespace(release=release),
        owner=f"{PROMOTION}.ledger",
        step=SimpleNamespace(
            place="summit/app", parameters={"components": ["app"], "registry": cluster.registry.address}
        ),
        progress=lambda code, values: told.append(progress_line(code, values)),
    )


def test_the_step_fetches_what_the_workloads_will_run_from_the_site(
    cluster: Cluster, kube: Kube, namespace: str, image: Pushed
) -> None:
    old = push_image(cluster.registry, f"{namespace}/app", "0", seed="old")
    node, told = node_of(kube), list[str]()
    pod = objects.pod_spec(
        [objects.container("main", old.by_digest)], nodeSelector={"kubernetes.io/hostname": node}
    )
    kube.create(objects.deployment(namespace, "app", pod))
    answer = pull_step.act(step(cluster, namespace, image, image.index, told))
    assert isinstance(answer, StepDone), answer
    assert answer.result["nodes"] == [node]
    assert told[-1] == "summit/app: 1 of 1 nodes have the images"
    answer = pull_step.act(step(cluster, namespace, image, ABSENT, told))
    assert isinstance(answer, StepFailed)
    assert "cannot fetch" in failure_words(answer.code, answer.values)
