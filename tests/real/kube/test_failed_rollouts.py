"""Rollouts that do not come about: the promotion says why, in the cluster's own words, and puts back what ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.one_place import OnePlace
from tests.real.registries import free_port
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real


def fails(place: OnePlace, *said: str) -> str:
    """Promote: it fails for this reason, is restored, signs nothing, and what ran runs on."""
    done = place.promote(ExitCode.UNDECIDED)
    assert f"settle failed at usdfdev/batch: {said[0]}" in done.stdout
    for each in said:
        assert each in done.stdout
    assert "usdfdev/batch: put back what was there" in done.stderr
    shown = place.show()
    assert (shown["state"], shown["places"][0]["state"]) == ("halted", "restored")
    assert place.receipts() == []
    place.kube.until("Deployment", place.namespace, "app", objects.rolled_out)
    assert place.images() == {place.old.by_tag}
    return str(done.output)


def deployed(place: OnePlace, *, fields: dict[str, Any] | None = None, **spec: Any) -> None:
    place.deploy(objects.deployment(place.namespace, "app", place.pod(**(fields or {})), **spec))
    place.select("Deployment/app", patience="3s")


def test_a_program_that_crashes_is_told_with_its_exit_code_and_its_last_lines(place: OnePlace):
    deployed(place, minReadySeconds=10)
    place.push_weekly("crash")
    output = fails(
        place,
        "Deployment/app: the pod app-",
        "crashes again and again (exit code 3",
        "| no such table: visits",
    )
    assert "waiting for app-" in output


def test_a_pod_that_no_node_takes_is_told_in_the_schedulers_words(place: OnePlace):
    # The old pod has the port, so there is no place for the new one.
    port = free_port()
    deployed(place, fields={"ports": [{"containerPort": port, "hostPort": port}]})
    place.push_weekly()
    fails(place, "no node takes the pod app-", "free ports")


def test_a_selector_of_nodes_that_nothing_has_shows_that_what_was_there_did_not_run_either(place: OnePlace):
    deployed(place)
    place.push_weekly()
    nowhere = {"spec": {"template": {"spec": {"nodeSelector": {"disk": "none"}}}}}
    place.kube.patch("Deployment", place.namespace, "app", nowhere)
    done = place.promote(ExitCode.UNDECIDED)
    assert "no node takes the pod app-" in done.stdout
    assert "didn't match Pod's node affinity/selector" in done.stdout
    assert "which does not run either (no node takes it)" in done.stderr
    assert place.show()["places"][0]["state"] == "restored"


def test_a_quota_that_is_used_up_is_told_with_its_numbers(place: OnePlace):
    deployed(place)
    place.push_weekly()
    quota = {"namespace": place.namespace, "name": "few"}
    limits = {"hard": {"pods": "1"}}
    path = f"/api/v1/namespaces/{place.namespace}/resourcequotas"
    place.kube.request(
        "POST", path, {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": quota, "spec": limits}
    )
    place.kube.until("ResourceQuota", place.namespace, "few", lambda each: "hard" in each.get("status", {}))
    fails(place, "the cluster makes no pod of Deployment/app", "exceeded quota: few", "limited: pods=1")


def test_a_probe_that_fails_is_told_with_what_it_said(place: OnePlace):
    deployed(place, fields={"readinessProbe": objects.READY_FILE_PROBE})
    place.select("Deployment/app", patience="3s", deadline="12s")
    place.push_weekly()
    fails(place, "Deployment/app was not through within the deadline", "not ready", "Readiness probe failed")


def test_a_program_that_asks_gets_the_answer_alone(place: OnePlace):
    deployed(place, fields={"ports": [{"containerPort": 80, "hostPort": (port := free_port())}]})
    place.push_weekly()
    done = place.run("promote", WEEKLY, "--target", PLACE, "-o", "json", code=ExitCode.UNDECIDED)
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["cause"]["code"]) == ("halted", "settle-failed")
    assert answer["cause"]["values"]["code"] == "unschedulable"
    assert answer["cause"]["values"]["workload"] == "Deployment/app"
    assert "ready" not in done.stderr
    assert str(port) not in done.stderr
