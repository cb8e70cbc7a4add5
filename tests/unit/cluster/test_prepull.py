"""Pods that only fetch images: the same name for the same task, no rights, and what their status says."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.cluster.client.api import Listing
from ldmrelease.cluster.prepull import (
    Fetched,
    PrepullRequest,
    PullAborted,
    Pulled,
    PullFailed,
    label_value,
    prepull,
    pull_pod,
    pull_state,
)

IMAGES = ("registry.example/app@sha256:" + "a" * 64, "registry.example/side@sha256:" + "b" * 64)
Object = dict[str, Any]


def pod(*states: Object, phase: str = "Pending", **status: str) -> Object:
    made = pull_pod("ns", "promotion-1", "node-1", PrepullRequest(IMAGES[: len(states)], {}))
    statuses = [
        {"name": f"image-{number}", "imageID": state.pop("imageID", ""), "state": state}
        for number, state in enumerate(states)
    ]
    return made | {"status": {"phase": phase, "containerStatuses": statuses, **status}}


def waiting(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, "message": message}}


def test_the_name_follows_from_promotion_node_and_images_alone() -> None:
    def name(promotion: str, node: str, *images: str, **template: Any) -> str:
        return str(pull_pod("ns", promotion, node, PrepullRequest(images, template))["metadata"]["name"])

    same = name("p", "n", *IMAGES)
    assert name("p", "n", *reversed(IMAGES), IMAGES[0], nodeSelector={"zone": "1"}) == same
    others = {name("q", "n", *IMAGES), name("p", "m", *IMAGES), name("p", "n", IMAGES[0])}
    secret = name("p", "n", *IMAGES, imagePullSecrets=[{"name": "registry"}])
    assert len({same, secret, *others}) == 5


def test_it_has_no_rights_and_runs_nothing() -> None:
    template = {
        "serviceAccountName": "app",
        "containers": [{"name": "app", "env": [{"name": "A", "value": "b"}]}],
    }
    spec = pull_pod("ns", "p", "n", PrepullRequest(IMAGES, template))["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "app"
    assert spec["restartPolicy"] == "Never"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert "volumes" not in spec
    for each in spec["containers"]:
        assert each["command"] == ["/ldmrelease-pull"]
        assert "env" not in each
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert each["securityContext"]["allowPrivilegeEscalation"] is False


@pytest.mark.parametrize(
    "state",
    [
        {"imageID": "registry.example/app@sha256:c", "terminated": {"reason": "StartError"}},
        {"terminated": {"reason": "StartError"}},
        waiting("RunContainerError"),
        waiting("CreateContainerError"),
        waiting("CreateContainerConfigError"),
    ],
)
def test_what_failed_after_the_pull_has_the_image(state: Object) -> None:
    assert pull_state(pod(state, phase="Failed")) == Fetched()


def test_every_image_of_a_pod_counts() -> None:
    assert pull_state(pod({"terminated": {"reason": "StartError"}}, waiting("ContainerCreating"))) is None
    ended = {"terminated": {"reason": "StartError"}}
    assert pull_state(pod(dict(ended), dict(ended))) == Fetched()


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_cannot_be_fetched_is_named_with_what_the_node_says(reason: str) -> None:
    found = pull_state(pod({"terminated": {"reason": "StartError"}}, waiting(reason, "not found")))
    assert found == PullFailed(IMAGES[1], "not found")


@pytest.mark.parametrize("state", [waiting("ContainerCreating"), waiting("PodInitializing"), {}])
def test_a_pod_that_has_not_begun_is_waited_for(state: Object) -> None:
    assert pull_state(pod(state)) is None
    assert pull_state(pod(state) | {"status": {}}) is None


def test_a_pod_that_the_node_does_not_take_says_nothing_of_the_image() -> None:
    refused = {"phase": "Failed", "reason": "OutOfmemory", "message": "Node didn't have enough resource"}
    found = pull_state(pod({}) | {"status": refused})
    assert isinstance(found, PullAborted)
    assert "OutOfmemory" in found.why


@pytest.mark.parametrize(
    ("text", "kept"), [("p-20230420-1", True), ("a b", False), ("x" * 64, False), ("", False)]
)
def test_a_label_holds_any_promotion(text: str, kept: bool) -> None:
    assert (label_value(text) == text) is kept
    assert 0 < len(label_value(text)) <= 63


class OneNode:
    """An API server whose only node is not ready."""

    def list(self, path: str, *, labels: str | None = None) -> Listing:
        sick = {
            "metadata": {"name": "sick"},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]},
        }
        return Listing([sick] if path.endswith("/nodes") else [], "1")


def test_a_node_that_is_not_ready_is_named_and_not_waited_for() -> None:
    api: Any = OneNode()
    assert prepull(api, "ns", [PrepullRequest(IMAGES, {})], "p", deadline=60) == Pulled(
        (), 0, {"sick": "it is not ready"}
    )
