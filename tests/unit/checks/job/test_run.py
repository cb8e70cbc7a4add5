"""What is read of a check's Job: also after its deadline, and without every right. Real ones are in tests/real/kube."""

from __future__ import annotations

import copy

import pytest

from ldmrelease.checks.job.run import JobResult, run_job
from ldmrelease.checks.job.templates import VERDICT, ImageRun, JobTemplate, fill, job_name, pod_spec
from ldmrelease.checks.outcome import OutcomeRule
from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.domain.topology import Check
from tests.unit.cluster.fake_server import Answer, FakeServer, Object, Watch, listing, status

DIGEST = f"sha256:{'a' * 64}"
IMAGE = f"registry.example/app@{DIGEST}"
RUN = "run-0011223344556677"


def a_run(verdict: OutcomeRule = OutcomeRule.TESTS) -> ImageRun:
    metadata = {"annotations": {VERDICT: verdict}}
    spec = {"template": {"spec": {"containers": [{"name": "main", "image": "component://app"}]}}}
    template = JobTemplate(
        "smoke.yaml", {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}
    )
    check = Check("smoke", "job", ("starts",))
    return ImageRun(check, template, RUN, IMAGE, frozenset({DIGEST}), {"LDMRELEASE_TAG": "w.2023.16"})


def job_of(run: ImageRun, **ended: str) -> Object:
    job = fill(run)
    conditions = [ended | {"status": "True"}] if ended else []
    return job | {"metadata": job["metadata"] | {"uid": "job-1"}, "status": {"conditions": conditions}}


def pod_of(job: Object, **state: Object) -> Object:
    told = {"name": "main", "imageID": IMAGE, "state": state}
    return {
        "metadata": {
            "name": "pod",
            "namespace": job["metadata"]["namespace"],
            "uid": "pod-1",
            "ownerReferences": [{"uid": "job-1"}],
        },
        "spec": copy.deepcopy(pod_spec(job)),
        "status": {"containerStatuses": [told]},
    }


def holds(server: FakeServer, job: Object, pod: Object) -> None:
    """The cluster has this Job and its pod, and nothing changes any more."""
    namespace = job["metadata"]["namespace"]
    jobs, pods = path_of("Job", namespace), path_of("Pod", namespace)
    server.on(f"POST {jobs}", status(409, "it is there", reason="AlreadyExists"))
    server.on(f"GET {jobs}/{job_name(RUN)}", Answer(body=job))
    server.on(f"GET {jobs}", listing(job))
    server.on(f"GET {pods}", listing(pod))
    server.on(f"WATCH {jobs}", Watch((), "goes on"))
    server.on(f"WATCH {pods}", Watch((), "goes on"))


@pytest.mark.parametrize(("code", "kind"), [(0, "Complete"), (1, "Failed")])
def test_what_it_has_said_in_time_is_read(api: Api, server: FakeServer, code: int, kind: str) -> None:
    run = a_run()
    job = job_of(run, type=kind)
    holds(server, job, pod_of(job, terminated={"exitCode": code, "message": "done"}))
    found = run_job(api, run, deadline=-3600)
    assert isinstance(found, JobResult)
    assert (found.ran.passed, found.ran.failed) == (((), ("starts",)) if code else (("starts",), ()))


def test_one_that_runs_on_has_passed_its_deadline(
    api: Api, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldmrelease.checks.job.run._A_LOOK", 0.5)
    run = a_run()
    job = job_of(run)
    holds(server, job, pod_of(job, running={}))
    found = run_job(api, run, deadline=-3600)
    assert isinstance(found, JobResult)
    assert found.ran.problem == "deadline"


@pytest.mark.parametrize(
    ("verdict", "problem", "passed"),
    [(OutcomeRule.VERSIONS, "no-output", ()), (OutcomeRule.TESTS, None, ("starts",))],
)
def test_versions_that_may_not_be_read_are_no_wrong_versions(
    api: Api, server: FakeServer, verdict: OutcomeRule, problem: str | None, passed: tuple[str, ...]
) -> None:
    """The exit status decides about tests; of versions it says nothing."""
    run = a_run(verdict)
    job = job_of(run, type="Complete")
    holds(server, job, pod_of(job, terminated={"exitCode": 0}))
    pods = path_of("Pod", job["metadata"]["namespace"])
    server.on(f"GET {pods}/pod/log", status(403, "you may not", reason="Forbidden"))
    found = run_job(api, run, deadline=60)
    assert isinstance(found, JobResult)
    assert (found.ran.problem, found.ran.passed, found.ran.failed) == (problem, passed, ())
