"""What a cluster has is compared with what was sent: its own additions are none of a mutation, others are."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.checks.job.readback import difference, is_of

DIGEST = f"sha256:{'a' * 64}"
DATA = Path(__file__).parents[3] / "data" / "checks"


@pytest.fixture
def found() -> dict[str, Any]:
    """A Job as a cluster gave it back, with the pod that it made."""
    read: dict[str, Any] = json.loads((DATA / "job-read-back.json").read_text())
    return read


@pytest.fixture
def sent() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DATA / "job-sent.json").read_text())
    return read


def of_job(sent: dict[str, Any], found: dict[str, Any]) -> str | None:
    ours, theirs = ({key: each[key] for key in ("metadata", "spec")} for each in (sent, found["job"]))
    return difference(ours, theirs)


def of_pod(sent: dict[str, Any], found: dict[str, Any]) -> str | None:
    return difference(sent["spec"]["template"]["spec"], found["pod"]["spec"])


def test_what_the_api_server_adds_is_no_difference(sent: dict[str, Any], found: dict[str, Any]) -> None:
    assert of_job(sent, found) is None
    assert of_pod(sent, found) is None


CONTAINER = ("containers", 0)
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    ((*CONTAINER, "image"), f"registry/other@{DIGEST}"),
    ((*CONTAINER, "command"), ["true"]),
    ((*CONTAINER, "args"), ["--lenient"]),
    ((*CONTAINER, "env", 0, "value"), "another"),
    ((*CONTAINER, "env", 0), {"name": "LDMRELEASE_TAG", "valueFrom": {"secretKeyRef": {}}}),
    ((*CONTAINER, "envFrom"), [{"secretRef": {"name": "key"}}]),
    ((*CONTAINER, "lifecycle"), {"postStart": {"exec": {"command": ["x"]}}}),
    ((*CONTAINER, "terminationMessagePath"), "/tmp/forged"),
    ((*CONTAINER, "terminationMessagePolicy"), "File"),
    ((*CONTAINER, "securityContext", "privileged"), True),
    ((*CONTAINER, "securityContext", "runAsNonRoot"), False),
    ((*CONTAINER, "securityContext", "readOnlyRootFilesystem"), False),
    ((*CONTAINER, "volumeMounts"), []),
    (("initContainers",), [{"name": "x", "image": "y"}]),
    (("ephemeralContainers",), [{"name": "x", "image": "y"}]),
    (("hostNetwork",), True),
    (("automountServiceAccountToken",), True),
    (("serviceAccountName",), "admin"),
    (("restartPolicy",), "OnFailure"),
    (("volumes",), [{"name": "tmp", "hostPath": {"path": "/"}}]),
    (("shareProcessNamespace",), True),
    (("dnsConfig",), {"nameservers": ["192.0.2.1"]}),
    (("hostAliases",), [{"ip": "192.0.2.1", "hostnames": ["registry"]}]),
]


@pytest.mark.parametrize(("path", "value"), CHANGES, ids=[".".join(map(str, path)) for path, _ in CHANGES])
def test_whatever_could_change_what_runs_is_a_difference(
    path: tuple[str | int, ...], value: Any, sent: dict[str, Any], found: dict[str, Any]
) -> None:
    changed = copy.deepcopy(found)
    for spec in (changed["pod"]["spec"], changed["job"]["spec"]["template"]["spec"]):
        at: Any = spec
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
    assert of_pod(sent, changed) is not None
    assert of_job(sent, changed) is not None


def test_an_added_container_and_a_missing_key_are_differences(
    sent: dict[str, Any], found: dict[str, Any]
) -> None:
    added = copy.deepcopy(found)
    added["pod"]["spec"]["containers"].append({"name": "x", "image": "y"})
    assert of_pod(sent, added) == "containers"
    del found["pod"]["spec"]["automountServiceAccountToken"]
    assert of_pod(sent, found) == "automountServiceAccountToken"


@pytest.mark.parametrize(
    ("key", "value"), [("backoffLimit", 3), ("completions", 2), ("ttlSecondsAfterFinished", 0)]
)
def test_a_job_that_would_run_twice_or_vanish_is_a_difference(
    key: str, value: int, sent: dict[str, Any], found: dict[str, Any]
) -> None:
    found["job"]["spec"][key] = value
    assert of_job(sent, found) == f"spec.{key}"


def test_labels_may_be_added_and_not_taken_away(sent: dict[str, Any], found: dict[str, Any]) -> None:
    found["job"]["metadata"]["labels"]["team"] = "x"
    assert of_job(sent, found) is None
    del found["job"]["metadata"]["labels"]["ldmrelease.dev/run"]
    assert of_job(sent, found) == "metadata.labels[ldmrelease.dev/run]"


@pytest.mark.parametrize(
    ("image_id", "of"),
    [
        (f"registry.example/app@{DIGEST}", True),
        (DIGEST, True),
        (f"registry.example/app@sha256:{'b' * 64}", False),
        (f"registry.example/{DIGEST}@sha256:{'b' * 64}", False),
        (f"{DIGEST}\n", False),
        ("registry.example/app:tag", False),
        ("", False),
    ],
)
def test_an_image_id_is_of_the_identity_by_its_digest(image_id: str, of: bool) -> None:
    assert is_of(image_id, frozenset({DIGEST})) is of
