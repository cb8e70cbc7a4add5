"""How far a Job is, by what the API says of it and its pod."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.checks.job.job_state import JobExited, JobGone, JobPending, JobRunning, JobState, job_state

DATA = Path(__file__).parents[3] / "data" / "checks" / "job-read-back.json"
FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}


def read() -> tuple[dict[str, Any], dict[str, Any]]:
    found = json.loads(DATA.read_text())
    return found["job"], found["pod"]


def at(state: dict[str, Any] | None, *conditions: dict[str, Any], **status: Any) -> JobState:
    """The stage of a Job with these conditions, and of its container in this state."""
    job, pod = read()
    job["status"] = {"conditions": list(conditions)}
    statuses = [] if state is None else [{"name": "check", "imageID": "x", "state": state}]
    pod["status"] = {"containerStatuses": statuses, **status}
    return job_state(job, [pod])


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, **more}}


def test_a_job_as_a_cluster_ends_it() -> None:
    job, pod = read()
    found = job_state(job, [pod])
    assert isinstance(found, JobExited)
    assert (found.exit_code, found.began, found.job_succeeded) == (0, True, True)


def test_a_container_that_ended_before_its_job_is_waited_for() -> None:
    assert at(ended(0)) == JobPending()
    assert isinstance(at({"running": {}}), JobRunning)


def test_an_exit_is_told_with_its_message() -> None:
    found = at(ended(3, message="no table", reason="Error"), FAILED)
    assert isinstance(found, JobExited)
    assert (found.exit_code, found.message, found.job_succeeded) == (3, "no table", False)
    killed = at(ended(137, reason="OOMKilled"), FAILED)
    assert isinstance(killed, JobExited)
    assert killed.message == "out of memory"


@pytest.mark.parametrize("reason", ["StartError", "ContainerCannotRun"])
def test_a_program_that_could_not_be_started_never_began(reason: str) -> None:
    found = at(ended(128, reason=reason), FAILED)
    assert isinstance(found, JobExited)
    assert not found.began


def test_a_condition_that_is_not_true_ends_nothing() -> None:
    assert at(ended(1), FAILED | {"status": "False"}) == JobPending()


def test_the_deadline_of_the_job_says_nothing_of_its_container() -> None:
    found = at(ended(143), FAILED | {"reason": "DeadlineExceeded", "message": "too long"})
    assert found == JobGone("deadline", "too long")


def test_an_evicted_pod_says_why_it_is_gone() -> None:
    found = at(None, FAILED, reason="Evicted", message="the node was low on memory")
    assert found == JobGone("gone", "Evicted: the node was low on memory: too often")


def test_a_job_or_a_pod_that_is_no_longer_there_is_gone() -> None:
    job, _ = read()
    job["status"]["conditions"] = [FAILED]
    assert job_state(None, []) == JobGone("gone", "the Job was deleted while it ran")
    assert job_state(job, []) == JobGone("gone", "too often")


def test_the_pods_of_other_jobs_count_for_nothing() -> None:
    job, pod = read()
    job["status"] = {}
    pod["metadata"]["ownerReferences"][0]["uid"] = "another"
    assert job_state(job, [pod]) == JobPending("no pod was made")


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"])
def test_what_keeps_a_container_from_starting_is_trouble(reason: str) -> None:
    assert at({"waiting": {"reason": reason, "message": "why"}}) == JobPending(f"{reason}: why")


@pytest.mark.parametrize("reason", ["InvalidImageName", "ErrImageNeverPull"])
def test_what_waiting_would_not_cure_is_hopeless(reason: str) -> None:
    assert at({"waiting": {"reason": reason}}) == JobPending(reason, hopeless=True)


@pytest.mark.parametrize("state", [None, {"waiting": {"reason": "ContainerCreating"}}, {"waiting": {}}])
def test_a_container_on_its_way_is_no_trouble(state: dict[str, Any] | None) -> None:
    assert at(state) == JobPending()


def test_a_pod_that_no_node_takes_is_trouble() -> None:
    told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
    assert at(None, conditions=[told]) == JobPending("Unschedulable: 0/1 nodes")
