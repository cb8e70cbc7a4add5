"""The admission policy made of a bundle, on a real API server: what may be created, and each way around it.

It is of a whole cluster, so these tests have one to themselves.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.cluster.client.paths import path_of
from ldmrelease.domain.bundle import AllowedBecause, Bundle
from ldmrelease.services.bundles.admission_policy import GROUP_VERSION, admission_policy
from tests.bundles import Made, digest
from tests.real.kube.api import Kube, Object, Refused
from tests.real.kube.cluster import Own
from tests.real.kube.images import push_image
from tests.real.kube.objects import bare_pod, container, deployment, pod_spec

LISTED, RUNNING, UNLISTED = digest(1), digest(2), digest(3)
REPOSITORY = "registry.example.org/app"
ALLOWED = f"{REPOSITORY}@{LISTED}"
REFUSED = f"{REPOSITORY}@{UNLISTED}"
SYSTEM = ("kube-system", "kube-node-lease", "kube-public")
DEFINITION = Path(__file__).parents[3] / "manifests" / "admission" / "allow-list.yaml"
LISTS = f"/apis/{GROUP_VERSION}/allowlists"
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
MIRROR = {"kubernetes.io/config.mirror": "1"}


class Governed:
    """A cluster with the policy of a bundle."""

    def __init__(self, kube: Kube) -> None:
        self.kube = kube
        self.namespace = f"test-{secrets.token_hex(5)}"
        self.exempt = f"test-{secrets.token_hex(5)}"
        self._applied: list[Object] = []

    def govern(self, **change: Any) -> None:
        """Apply the policy, and wait until the API server asks it."""
        made = Made(as_of=datetime.now(UTC).replace(microsecond=0))
        allowed = change.pop("allowed", {LISTED: AllowedBecause.ADMITTED, RUNNING: AllowedBecause.RUNNING})
        bundle = made.bundle(allowed, exempt=(*SYSTEM, self.exempt), **change)
        self.apply(made, bundle)

    def apply(self, made: Made, bundle: Bundle) -> None:
        self._applied = admission_policy(made.verified(bundle), bundle.environments[0])
        for each in self._applied:
            _apply(self.kube, _path(each), each)
        until(lambda: self.refused(REFUSED))

    def free(self) -> None:
        for each in reversed(self._applied):
            with contextlib.suppress(Refused):
                self.kube.request("DELETE", _path(each))
        if self._applied:
            until(lambda: not self.refused(REFUSED))

    def refused(self, image: str, **spec: Any) -> str:
        """Why a pod with this image is refused, as a dry run; empty where it is not."""
        return self.refused_pod(bare_pod(self.namespace, "dry", pod_spec([container("main", image)], **spec)))

    def refused_pod(self, pod: Object, kube: Kube | None = None) -> str:
        try:
            path = path_of("Pod", pod["metadata"]["namespace"])
            (kube or self.kube).request("POST", path, pod, dryRun="All")
        except Refused as refused:
            return str(refused.status["message"])
        return ""


def _path(found: Object) -> str:
    name = found["metadata"]["name"]
    return f"{LISTS}/{name}" if found["kind"] == "AllowList" else path_of(found["kind"], None, name)


def _apply(kube: Kube, path: str, manifest: Object) -> None:
    kind = "application/apply-patch+yaml"
    kube.request("PATCH", path, manifest, content_type=kind, fieldManager="tests", force="true")


def _define(kube: Kube) -> None:
    definition = yaml.safe_load(DEFINITION.read_text())
    name = definition["metadata"]["name"]
    _apply(kube, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", definition)

    def established() -> bool:
        try:
            kube.request("GET", LISTS)
        except (Refused, ValueError):  # before it knows of the kind it answers with a page
            return False
        return True

    until(established)


def until(true: Callable[[], object]) -> None:
    """Wait for what comes in a moment, as the API server hears of a policy."""
    for _ in range(150):
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError("it did not come to it")


@pytest.fixture
def own(disturbable_cluster: Own) -> Iterator[Governed]:
    kube = Kube(disturbable_cluster.kubeconfig, disturbable_cluster.context)
    _define(kube)
    found = Governed(kube)
    names = (found.namespace, found.exempt)
    for name in names:
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        kube.until("ServiceAccount", name, "default", bool)
    yield found
    found.free()
    for name in names:
        kube.delete("Namespace", "", name)


@pytest.fixture
def governed(own: Governed) -> Governed:
    own.govern()
    return own


def test_the_api_server_finds_nothing_wrong_with_the_policy(governed: Governed) -> None:
    found = governed.kube.request("GET", path_of(POLICY, None, "ldmrelease-summit"))
    until(lambda: "status" in governed.kube.request("GET", path_of(POLICY, None, "ldmrelease-summit")))
    assert not found.get("status", {}).get("typeChecking", {}).get("expressionWarnings")
    assert found["spec"]["failurePolicy"] == "Fail"
    assert not found["spec"]["matchConstraints"].get("objectSelector")


@pytest.mark.parametrize(
    "image", [ALLOWED, f"{REPOSITORY}@{RUNNING}", f"{REPOSITORY}:w_2023_16@{LISTED}", f"elsewhere/x@{LISTED}"]
)
def test_a_listed_digest_may_be_created_wherever_it_is_pulled_from(governed: Governed, image: str) -> None:
    assert governed.refused(image) == ""


@pytest.mark.parametrize(
    "image",
    [
        REFUSED,
        f"{REPOSITORY}:w_2023_16",
        REPOSITORY,
        LISTED,
        LISTED.removeprefix("sha256:"),
        f"{REPOSITORY}@{LISTED.upper()}",
        f"{REPOSITORY}@sha256:{digest(0xABC).removeprefix('sha256:').upper()}",
        f"{REPOSITORY}@{LISTED}0",
        f"{REPOSITORY}@{LISTED}\n",
        f"{REPOSITORY}@{LISTED} ",
        f"{REPOSITORY}@{LISTED}:tag",
        f"{REPOSITORY}@{UNLISTED}@{LISTED}",
        f"{REPOSITORY} @{LISTED}",
        f"{REPOSITORY}@sha512:{'0' * 63}1",
        "expires",
    ],
)
def test_what_is_no_listed_digest_to_the_end_is_refused(governed: Governed, image: str) -> None:
    assert governed.refused(image)


def test_a_container_without_an_image_is_refused(governed: Governed) -> None:
    pod = bare_pod(governed.namespace, "dry", pod_spec([{"name": "main"}]))
    assert governed.refused_pod(pod)


def test_init_containers_and_sidecars_are_looked_at(governed: Governed) -> None:
    assert governed.refused(ALLOWED, init=[container("first", ALLOWED)]) == ""
    assert UNLISTED in governed.refused(ALLOWED, init=[container("first", REFUSED)])
    sidecar = container("beside", REFUSED, restartPolicy="Always")
    assert UNLISTED in governed.refused(ALLOWED, init=[sidecar])


def test_image_volumes_are_looked_at(governed: Governed) -> None:
    def volumes(reference: str) -> list[Object]:
        return [{"name": "data", "image": {"reference": reference}}, {"name": "room", "emptyDir": {}}]

    assert governed.refused(ALLOWED, volumes=volumes(ALLOWED)) == ""
    assert UNLISTED in governed.refused(ALLOWED, volumes=volumes(REFUSED))
    assert governed.refused(ALLOWED, volumes=volumes(f"{REPOSITORY}:1"))


def _created(governed: Governed, image: str = ALLOWED) -> str:
    """A pod that no node runs: what becomes of its object is asked alone."""
    spec = pod_spec([container("main", image)], schedulerName="nobody")
    governed.kube.create(bare_pod(governed.namespace, "standing", spec))
    return path_of("Pod", governed.namespace, "standing")


def test_an_ephemeral_container_is_looked_at(governed: Governed) -> None:
    path = _created(governed)

    def debug(image: str) -> None:
        change = {"spec": {"ephemeralContainers": [{"name": "debug", "image": image}]}}
        kind = "application/strategic-merge-patch+json"
        governed.kube.request("PATCH", f"{path}/ephemeralcontainers", change, content_type=kind)

    with pytest.raises(Refused, match=UNLISTED):
        debug(REFUSED)
    debug(ALLOWED)


def test_the_image_of_a_pod_is_not_changed_to_another_one(governed: Governed) -> None:
    _created(governed)
    with pytest.raises(Refused, match=UNLISTED):
        governed.kube.set_image("Pod", governed.namespace, "standing", "main", REFUSED)
    governed.kube.set_image("Pod", governed.namespace, "standing", "main", f"{REPOSITORY}@{RUNNING}")


def test_what_was_there_before_may_be_changed_otherwise(own: Governed) -> None:
    path = _created(own, REFUSED)
    own.govern()
    change: Object = {"metadata": {"labels": {"seen": "yes"}, "finalizers": None}}
    kind = "application/merge-patch+json"
    assert own.kube.request("PATCH", path, change, content_type=kind)["metadata"]["labels"]["seen"] == "yes"
    with pytest.raises(Refused, match="sha256 digest"):
        own.kube.set_image("Pod", own.namespace, "standing", "main", f"{REPOSITORY}:other")


def test_what_runs_may_start_again(own: Governed, disturbable_cluster: Own) -> None:
    image = push_image(
        disturbable_cluster.registry, f"{own.namespace}/app", "1", seed=own.namespace, script="sleep"
    )
    own.kube.create(deployment(own.namespace, "app", pod_spec([container("main", image.by_digest)])))

    def running() -> list[str]:
        pods = own.kube.list("Pod", own.namespace)
        return [
            each["metadata"]["uid"]
            for each in pods
            if each["status"].get("phase") == "Running" and "deletionTimestamp" not in each["metadata"]
        ]

    until(running)
    (first,) = running()
    own.govern(allowed={image.index: AllowedBecause.RUNNING})
    own.kube.delete("Pod", own.namespace, own.kube.list("Pod", own.namespace)[0]["metadata"]["name"])
    until(lambda: running() not in ([], [first]))


def test_a_namespace_is_exempt_by_its_name_alone(governed: Governed) -> None:
    def pod(namespace: str) -> Object:
        return bare_pod(namespace, "dry", pod_spec([container("main", f"{REPOSITORY}:tag")]))

    assert governed.refused_pod(pod(governed.exempt)) == ""
    # A label that somebody sets is not a name: the API server writes this one itself.
    label = {"metadata": {"labels": {"kubernetes.io/metadata.name": governed.exempt, "exempt": "true"}}}
    with contextlib.suppress(Refused):
        governed.kube.patch("Namespace", "", governed.namespace, label)
    assert governed.refused_pod(pod(governed.namespace))
    governed.kube.patch("Namespace", "", governed.namespace, {"metadata": {"labels": None}})
    assert governed.refused_pod(pod(governed.namespace))


def test_a_pod_that_says_it_is_a_mirror_pod_is_refused(governed: Governed) -> None:
    def pod(image: str) -> Object:
        made = bare_pod(governed.namespace, "mirror", pod_spec([container("main", image)], nodeName="node9"))
        made["metadata"]["annotations"] = MIRROR
        return made

    assert "mirror" in governed.refused_pod(pod(ALLOWED))
    assert governed.refused_pod(pod(REFUSED))


def test_a_node_makes_mirror_pods_of_whatever_it_runs(governed: Governed, disturbable_cluster: Own) -> None:
    node = Kube(disturbable_cluster.directory / "kubelet.kubeconfig", disturbable_cluster.context)
    name = governed.kube.list("Node", "")[0]["metadata"]["name"]
    made = bare_pod(governed.namespace, "mirror", pod_spec([container("main", REFUSED)], nodeName=name))
    assert UNLISTED in governed.refused_pod(made, node), "a node makes no other pods"
    made["metadata"]["annotations"] = MIRROR
    assert governed.refused_pod(made, node) == ""


def test_without_parameters_nothing_is_created_but_where_it_is_exempt(governed: Governed) -> None:
    governed.kube.request("DELETE", f"{LISTS}/ldmrelease-summit")
    until(lambda: governed.refused(ALLOWED))
    pod = bare_pod(governed.exempt, "dry", pod_spec([container("main", f"{REPOSITORY}:tag")]))
    assert governed.refused_pod(pod) == ""


def test_a_list_that_is_replaced_counts_at_once(governed: Governed) -> None:
    """And so it does after the last policy was taken away: an API server would go on with the ConfigMaps of then."""
    governed.free()
    governed.govern(allowed={RUNNING: AllowedBecause.RUNNING})
    until(lambda: governed.refused(ALLOWED))
    governed.govern(allowed={LISTED: AllowedBecause.ADMITTED}, serial=2)
    until(lambda: not governed.refused(ALLOWED))
    assert governed.refused(f"{REPOSITORY}@{RUNNING}")


def test_an_expired_list_lets_what_runs_start_and_no_more(own: Governed) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    past = now - timedelta(minutes=1)
    own.govern(as_of=past, stale_after=past, expires=past)
    assert own.refused(f"{REPOSITORY}@{RUNNING}") == ""
    assert "expired" in own.refused(ALLOWED)


def test_a_long_list_is_in_sixteen_parts_that_all_agree(own: Governed) -> None:
    many = [f"sha256:{number * 0x1000003:064x}" for number in range(1, 9000)]
    spread = [f"sha256:{number % 16:x}{number:063x}" for number in range(1, 9000)]
    own.govern(allowed=dict.fromkeys([*many[:10], *spread], AllowedBecause.ADMITTED))
    for each in (many[0], spread[0], spread[7], spread[-1]):
        assert own.refused(f"{REPOSITORY}@{each}") == ""
    for digit in "0123456789abcdef":
        # Sixteen policies come into force one after the other.
        until(lambda unlisted=f"sha256:{digit}{'e' * 63}": own.refused(f"{REPOSITORY}@{unlisted}"))
    assert "sha256 digest" in own.refused(f"{REPOSITORY}:tag")
