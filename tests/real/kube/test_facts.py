"""What the design rests on and Kubernetes does: a version that does otherwise is noticed here first.

Facts that a test of the program proves already are in the table of the README; nothing of ours runs here.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube, Object, Refused
from tests.real.kube.custom import Kind, defined, demanded
from tests.real.kube.given import Cluster
from tests.real.kube.images import Pushed, push_image
from tests.real.parts import require

pytestmark = pytest.mark.real

IMAGE = "registry.example/lsst/app:w_1"
"""No kubelet shall pull it: its workloads have no replicas."""

STATUS_LIMIT = 4096
"""Bytes of a termination message."""


@pytest.fixture(scope="module")
def old(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "facts/app", "1", seed="facts old")


@pytest.fixture(scope="module")
def new(cluster: Cluster) -> Pushed:
    return push_image(cluster.registry, "facts/app", "2", seed="facts new")


def a_pod(image: str, **more: object) -> Object:
    return objects.pod_spec([objects.container("main", image)], **more)


def applied(namespace: str, name: str = "app", **spec: object) -> Object:
    """An apply configuration of a Deployment."""
    meta = {"namespace": namespace, "name": name}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def image_alone(namespace: str, image: str) -> Object:
    return applied(namespace, template={"spec": {"containers": [{"name": "main", "image": image}]}})


def image_of(deployment: Object) -> str:
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def told(pod: Object) -> Object:
    """What the kubelet says of the container."""
    status: Object = pod["status"]["containerStatuses"][0]
    return status


def test_the_kubelet_names_the_repository_that_it_first_pulled_the_content_from(
    kube: Kube, namespace: str, cluster: Cluster
):
    first = push_image(cluster.registry, f"{namespace}/app", "1", seed=namespace)
    kube.create(objects.bare_pod(namespace, "first", a_pod(first.by_digest)))
    kube.until("Pod", namespace, "first", objects.ready)
    copied = push_image(cluster.registry, f"{namespace}/prod", "1", seed=namespace)
    assert copied.index == first.index
    kube.create(objects.bare_pod(namespace, "copied", a_pod(copied.by_digest)))
    status = told(kube.until("Pod", namespace, "copied", objects.ready))
    assert status["imageID"].partition("@")[0].endswith(f"{namespace}/app")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_updated_replicas_alone_tell_that_the_old_image_runs(
    kube: Kube, namespace: str, old: Pushed, new: Pushed, kind: str
):
    held = {"updateStrategy": {"type": "OnDelete"}}
    made = {
        "Deployment": lambda: objects.deployment(namespace, "app", a_pod(old.by_digest)),
        "StatefulSet": lambda: objects.stateful_set(namespace, "app", a_pod(old.by_digest), **held),
        "DaemonSet": lambda: objects.daemon_set(namespace, "app", a_pod(old.by_digest), **held),
    }
    kube.create(made[kind]())
    kube.until(kind, namespace, "app", objects.rolled_out)
    if kind == "Deployment":
        kube.patch(kind, namespace, "app", {"spec": {"paused": True}})
    generation = kube.set_image(kind, namespace, "app", "main", new.by_digest)["metadata"]["generation"]

    def is_seen(workload: Object) -> bool:
        return bool(workload["status"].get("observedGeneration") == generation)

    status = kube.until(kind, namespace, "app", is_seen)["status"]
    ready, updated = (
        ("numberReady", "updatedNumberScheduled")
        if kind == "DaemonSet"
        else ("readyReplicas", "updatedReplicas")
    )
    assert (status[ready], status.get(updated, 0)) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Deployment", "timed out waiting for the condition"),
        ("StatefulSet", "rollout status is only available for RollingUpdate strategy type"),
        ("DaemonSet", "rollout status is only available for RollingUpdate strategy type"),
    ],
)
def test_kubectl_rollout_status_waits_for_ever_or_refuses(
    kube: Kube, namespace: str, cluster: Cluster, kind: str, said: str
):
    held = {"updateStrategy": {"type": "OnDelete"}}
    nowhere = a_pod(IMAGE, nodeSelector={"there": "is-none"})
    made = {
        "Deployment": objects.deployment(namespace, "app", nowhere, paused=True),
        "StatefulSet": objects.stateful_set(namespace, "app", nowhere, **held),
        "DaemonSet": objects.daemon_set(namespace, "app", nowhere, **held),
    }
    kube.create(made[kind])
    kubectl = require("kubectl", "the program whose behaviour is looked at")
    place = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context, "-n", namespace]
    words = [str(kubectl), *place, "rollout", "status", f"{kind.lower()}/app", "--timeout=1s"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_bare_pod_is_ready_with_its_new_image_in_the_specification_alone(
    kube: Kube, namespace: str, old: Pushed, new: Pushed
):
    kube.create(objects.bare_pod(namespace, "app", a_pod(old.by_digest)))
    before = told(kube.until("Pod", namespace, "app", objects.ready))["imageID"]
    now = kube.set_image("Pod", namespace, "app", "main", new.by_digest)
    assert now["spec"]["containers"][0]["image"] == new.by_digest
    assert objects.ready(now)
    assert (told(now)["ready"], told(now)["imageID"]) == (True, before)


def test_the_template_of_a_job_is_immutable(kube: Kube, namespace: str):
    kube.create(objects.job(namespace, "app", a_pod(IMAGE), suspend=True))
    containers = [{"name": "main", "image": "registry.example/lsst/app:w_2"}]
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    with pytest.raises(Refused, match="field is immutable") as refused:
        kube.patch("Job", namespace, "app", change)
    assert refused.value.code == 422


def test_a_forced_apply_is_taken_back_without_a_word(kube: Kube, namespace: str):
    kube.create(objects.deployment(namespace, "app", a_pod(IMAGE), replicas=0))
    theirs, ours = (image_alone(namespace, f"registry.example/lsst/app:{tag}") for tag in ("theirs", "ours"))
    kube.apply(theirs, "argocd-controller", force=True)
    with pytest.raises(Refused, match="argocd-controller") as refused:
        kube.apply(ours, "ldmrelease")
    assert refused.value.code == 409
    assert image_of(kube.apply(ours, "ldmrelease", force=True)).endswith(":ours")
    assert image_of(kube.apply(theirs, "argocd-controller", force=True)).endswith(":theirs")


def test_an_annotation_moves_the_resource_version_and_starts_no_rollout(kube: Kube, namespace: str):
    def is_seen(workload: Object) -> bool:
        status = workload.get("status", {})
        return bool(status.get("observedGeneration") == workload["metadata"]["generation"])

    def revisions() -> list[str]:
        return [each["metadata"]["name"] for each in kube.list("ReplicaSet", namespace)]

    kube.create(objects.deployment(namespace, "app", a_pod(IMAGE), replicas=0))
    before = kube.until("Deployment", namespace, "app", is_seen)
    (only,) = revisions()
    change = {"metadata": {"annotations": {"ldmrelease.dev/epoch": "7"}}}
    after = kube.patch("Deployment", namespace, "app", change)
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
    assert after["spec"] == before["spec"]
    # The generation of a Deployment moves with its annotations, too.
    kube.until("Deployment", namespace, "app", is_seen)
    assert revisions() == [only]


def test_a_manifest_with_replicas_undoes_an_autoscaler(kube: Kube, namespace: str):
    whole = objects.deployment(namespace, "app", a_pod(IMAGE, nodeSelector={"there": "is-none"}), replicas=2)
    kube.apply(whole, "manifests")
    scaled = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 3}}
    scaled["metadata"] = {"name": "app", "namespace": namespace}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/app/scale"
    kube.request("PUT", path, scaled, fieldManager="autoscaler")
    assert kube.get("Deployment", namespace, "app")["spec"]["replicas"] == 3
    assert kube.apply(whole, "manifests", force=True)["spec"]["replicas"] == 2


def test_one_manager_cannot_apply_the_whole_and_then_a_part(kube: Kube, namespace: str):
    kube.apply(objects.deployment(namespace, "app", a_pod(IMAGE), replicas=0), "one")
    with pytest.raises(Refused, match=r"spec\.selector") as refused:
        kube.apply(image_alone(namespace, IMAGE), "one")
    assert refused.value.code == 422
    kube.apply(image_alone(namespace, IMAGE), "another")


def test_a_termination_message_has_4_kib(kube: Kube, namespace: str, cluster: Cluster):
    image = push_image(cluster.registry, "facts/result", "1", script="result")
    long = "a" * (STATUS_LIMIT + 1)
    pod = objects.pod_spec([objects.container("main", image.by_digest, env={"RESULT": long})])
    kube.create(objects.bare_pod(namespace, "app", pod | {"restartPolicy": "Never"}))
    ended = kube.until("Pod", namespace, "app", lambda each: each["status"].get("phase") == "Succeeded")
    assert told(ended)["state"]["terminated"]["message"] == long[:STATUS_LIMIT]


REQUESTER: Object = {
    "type": "object",
    "properties": {"requester": {"type": "string"}},
    "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "what was asked stays"}],
}


@pytest.fixture
def requests(kube: Kube, namespace: str) -> Iterator[Kind]:
    """A kind of ours, whose objects say who asks."""
    with defined(kube, namespace, "Request", REQUESTER) as made:
        yield made


@pytest.fixture
def asker(requests: Kind, account: Callable[..., Account]) -> Account:
    return account("asker", rules=[rule("create get patch", "requests", group=requests.group)])


def ask(requests: Kind, api: Kube, requester: str, manager: str = "asker") -> Object:
    body = requests.body({"requester": requester}, generateName="ask-")
    return api.request("POST", requests.path(), body, fieldManager=manager)


def test_the_api_server_does_not_record_who_created_an_object(requests: Kind, asker: Account):
    made = ask(requests, asker.api, "somebody else", manager="any-name")
    assert asker.user not in json.dumps(made)
    assert [each["manager"] for each in made["metadata"]["managedFields"]] == ["any-name"]


def test_a_rule_of_the_kind_keeps_what_was_asked(requests: Kind, asker: Account):
    made = ask(requests, asker.api, asker.user)
    with pytest.raises(Refused, match="what was asked stays") as refused:
        asker.api.request(
            "PATCH",
            requests.path(made["metadata"]["name"]),
            {"spec": {"requester": "somebody else"}},
            content_type="application/merge-patch+json",
        )
    assert refused.value.code == 422


def test_an_admission_policy_lets_nobody_ask_in_anothers_name(kube: Kube, requests: Kind, asker: Account):
    message = "ask in your own name"
    with demanded(requests, "object.spec.requester == request.userInfo.username", message):
        # It takes the API server a moment to know of a policy.
        while _is_let_through(lambda: ask(requests, asker.api, "somebody else")):
            pass
        with pytest.raises(Refused, match=message):
            # Its administrator's word counts no more.
            ask(requests, kube, asker.user)
        assert ask(requests, asker.api, asker.user)["spec"] == {"requester": asker.user}


def _is_let_through(act: Callable[[], Object]) -> bool:
    try:
        act()
    except Refused:
        return False
    return True
