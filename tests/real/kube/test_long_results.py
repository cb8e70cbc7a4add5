"""Check Jobs whose result no termination message holds: it is in a registry, and the message points there."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.events import EventKind
from tests.real.kube import objects
from tests.real.kube.one_place import COMPONENT, OnePlace
from tests.real.registries import docker_registry, free_port
from tests.workspace import said

pytestmark = pytest.mark.real

DECLARED = ["names-a-release", "has-images"]
NAMES = [*DECLARED, *(f"kernel-of-notebook-{number:03}-starts-and-answers" for number in range(300))]
RESULT = json.dumps({"result": "PASSED", "passedTests": NAMES, "failedTests": []}).encode()
MESSAGE = """printf '{"resultAt": "%s@%s"}' "$LDMRELEASE_RESULTS" DIGEST > /dev/termination-log"""


def smoke_points_to(place: OnePlace, room: str, results: str, digest: str) -> None:
    """The level's smoke test is a Job that points to this result."""
    check = {
        "kind": "job",
        "image": COMPONENT,
        "command": ["sh", "-c", MESSAGE.replace("DIGEST", digest)],
        "tests": DECLARED,
        "namespace": room,
        "results": results,
        "deadline": "10m",
    }
    place.edit(lambda said: said["checks"].update(smoke=check))


def deployed(place: OnePlace) -> None:
    """What ran before runs, and the weekly is built."""
    place.push_weekly()
    place.deploy(objects.deployment(place.namespace, "app", place.pod()))
    place.select("Deployment/app")


def signed(place: OnePlace) -> list[dict[str, Any]]:
    """The results of checks that the runner signed."""
    with place.site.context().ledger as ledger:
        envelopes = [ledger.blob(said(each)["blob"]) for each in ledger.events(kinds=[EventKind.RECEIVED])]
    statements = [json.loads(base64.b64decode(json.loads(each)["payload"])) for each in envelopes]
    return [each["predicate"] for each in statements if "passedTests" in each["predicate"]]


def test_a_job_points_to_a_result_of_more_than_4_kib(place: OnePlace, room: str) -> None:
    assert len(RESULT) > 4096
    deployed(place)
    results = f"{place.namespace}/results"
    digest = place.cluster.registry.open(results).put_blob(RESULT)
    smoke_points_to(place, room, f"{place.cluster.registry.address}/{results}", digest)
    done = place.promote()
    assert "check smoke: PASSED" in done.stderr
    assert [each["passedTests"] for each in signed(place)] == [NAMES]


def test_a_registry_that_is_away_is_asked_again_and_the_job_is_adopted(
    place: OnePlace, room: str, tmp_path: Path
) -> None:
    deployed(place)
    away = f"127.0.0.1:{free_port()}"
    folder = tmp_path / "registry"
    folder.mkdir()
    with docker_registry(folder, address=away) as registry:
        digest = registry.open("results").put_blob(RESULT)
    smoke_points_to(place, room, f"{away}/results", digest)
    cut = place.promote(ExitCode.UNDECIDED)
    assert f"GET {away}/results" in cut.stdout + cut.stderr
    (job,) = place.kube.list("Job", room)
    assert signed(place) == []
    with docker_registry(folder, address=away):
        place.run("resume", "--all")
    assert [each["passedTests"] for each in signed(place)] == [NAMES]
    place.kube.gone("Job", room, job["metadata"]["name"])
