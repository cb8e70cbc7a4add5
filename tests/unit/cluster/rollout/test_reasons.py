"""Why a pod does not get to run."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.cluster.objects.pods import digest_named, digest_told
from ldmrelease.cluster.rollout.reasons import trouble
from tests.unit.cluster.sample_objects import INDEX, NEW_IMAGE, Object, event, pod, waiting

NOT_SCHEDULED: Object = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes are available: 1 Insufficient memory.",
}


def code(found: Object, *events: Object) -> str | None:
    said = trouble(found, events)
    return said.code if said else None


def sick(reason: str, message: str = "", **more: Any) -> Object:
    return pod("a", ready=False, container=waiting(reason, message, **more))


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_cannot_be_had(reason: str) -> None:
    said = trouble(sick(reason, "not found"))
    assert said is not None
    assert said.code == "image-pull"
    assert said.values == {
        "pod": "a",
        "container": "main",
        "image": NEW_IMAGE,
        "reason": reason,
        "message": "not found",
    }


@pytest.mark.parametrize("reason", ["CreateContainerConfigError", "RunContainerError"])
def test_a_container_that_cannot_be_made(reason: str) -> None:
    assert code(sick(reason, 'secret "token" not found')) == "create-error"


def test_a_crash_says_how_it_ended() -> None:
    said = trouble(sick("CrashLoopBackOff", restarts=4, last={"exitCode": 137, "reason": "OOMKilled"}))
    assert said is not None
    assert said.code == "crash-loop"
    assert (said.values["exit_code"], said.values["reason"], said.values["restarts"]) == (137, "OOMKilled", 4)


def test_between_two_crashes_it_is_still_a_crash() -> None:
    running = {
        "ready": False,
        "restartCount": 2,
        "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
    }
    assert code(pod("a", ready=False, container=running)) == "crash-loop"


def test_a_first_end_in_peace_is_no_crash() -> None:
    ended = {"ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    assert code(pod("a", ready=False, phase="Pending", container=ended)) is None


def test_a_pod_that_is_ready_again_is_in_no_trouble() -> None:
    again = {"restartCount": 2, "lastState": {"terminated": {"exitCode": 3}}}
    assert code(pod("a", container=again)) is None


def test_a_pod_that_no_node_takes() -> None:
    found = pod("a", ready=False, phase="Pending", conditions=(NOT_SCHEDULED,))
    said = trouble(found)
    assert said is not None
    assert said.code == "unschedulable"
    assert said.values["message"] == NOT_SCHEDULED["message"]


def test_a_probe_that_fails_is_told_by_its_latest_event() -> None:
    events = (
        event("a", "Unhealthy", "Readiness probe failed: 500", "2026-11-01T00:00:09Z"),
        event("a", "Unhealthy", "Readiness probe failed: connection refused", "2026-11-01T00:00:01Z"),
        event("a", "BackOff", "something else", "2026-11-01T00:01:00Z"),
    )
    said = trouble(pod("a", ready=False), events)
    assert said is not None
    assert (said.code, said.values["message"]) == ("not-ready", "Readiness probe failed: 500")


def test_a_pod_on_a_lost_node() -> None:
    found = pod("a", ready=False)
    found["status"]["conditions"] = [{"type": "Ready", "status": "False", "reason": "NodeNotReady"}]
    said = trouble(found)
    assert said is not None
    assert (said.code, said.values["node"]) == ("node-lost", "node-1")


def test_a_pod_that_is_being_made_is_in_no_trouble() -> None:
    assert code(pod("a", ready=False, phase="Pending", container=waiting("ContainerCreating"))) is None


def test_an_init_container_in_trouble_is_named() -> None:
    found = pod("a", ready=False, phase="Pending", container=waiting("PodInitializing"))
    found["spec"]["initContainers"] = [{"name": "migrate", "image": NEW_IMAGE}]
    found["status"]["initContainerStatuses"] = [{"name": "migrate"} | waiting("ErrImagePull", "denied")]
    said = trouble(found)
    assert said is not None
    assert (said.code, said.values["container"]) == ("image-pull", "migrate")


@pytest.mark.parametrize(
    ("told", "digest"),
    [
        (f"docker-pullable://repo/app@{INDEX}", INDEX),
        (f"repo:5000/app@{INDEX}", INDEX),
        (INDEX, INDEX),
        ("repo/app:1", None),
        ("", None),
        ("repo/app@sha256:12", None),
    ],
)
def test_the_digest_that_a_kubelet_tells(told: str, digest: str | None) -> None:
    assert digest_told(told) == digest


def test_the_digest_that_a_specification_names() -> None:
    assert digest_named(f"repo:5000/app:1@{INDEX}") == INDEX
    assert digest_named("repo:5000/app:1") is None
