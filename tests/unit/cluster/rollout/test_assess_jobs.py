"""CronJobs and Jobs run what their ended Jobs ran."""

from __future__ import annotations

from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.status import Healthy, Scheduled, Status
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.unit.cluster.sample_objects import (
    OLD,
    OLD_IMAGE,
    WANTED,
    Object,
    cron_job,
    job,
    pod,
    read,
)


def judged(manifest: Object, related: Related, kind: WorkloadKind = WorkloadKind.DEPLOYMENT) -> Status:
    return assess(read(kind, manifest), related, WANTED)


def judged_cron(*jobs: Object, pods: tuple[Object, ...] = (), manifest: Object | None = None) -> Status:
    return judged(manifest or cron_job(), Related(pods=pods, jobs=jobs), WorkloadKind.CRON_JOB)


def test_a_cron_job_is_armed_until_a_job_of_the_image_has_ended() -> None:
    assert judged_cron() == Scheduled("scheduled", {"suspended": False})
    assert judged_cron(job("old", OLD_IMAGE, ended="Complete")) == Scheduled(
        "scheduled", {"suspended": False}
    )
    assert judged_cron(job("new")).code == "job-running"
    assert isinstance(judged_cron(job("new", ended="Complete")), Healthy)
    assert judged_cron(manifest=cron_job(suspend=True)) == Scheduled("scheduled", {"suspended": True})


def test_a_job_whose_pod_ran_something_else_does_not_count() -> None:
    ran = pod("p", by=("Job", "new"), running=f"x@{OLD}", phase="Succeeded", ready=False)
    assert judged_cron(job("new", ended="Complete"), pods=(ran,)).code == "other-content"


def test_the_newest_job_that_ended_decides() -> None:
    before = job("before", ended="Complete", created="2026-11-01T00:00:00Z")
    after = job("after", ended="Failed", created="2026-11-02T00:00:00Z")
    assert judged_cron(before, after).code == "job-failed"
    assert isinstance(judged_cron(before, job("now", created="2026-11-03T00:00:00Z")), Healthy)


def written_at(time: str, manifest: Object, *steps: str) -> Object:
    """The same object, whose image at these steps was last written then."""
    fields: Object = {"f:containers": {'k:{"name":"main"}': {"f:image": {}}}}
    for step in ("f:spec", "f:template", *steps):
        fields = {step: fields}
    entry = {"manager": "ldmrelease", "operation": "Apply", "time": time, "fieldsV1": fields}
    return manifest | {"metadata": manifest["metadata"] | {"managedFields": [entry]}}


def cron_written_at(time: str) -> Object:
    return written_at(time, cron_job(), "f:spec", "f:jobTemplate", "f:spec")


def test_what_failed_before_the_image_was_written_is_of_an_earlier_stay() -> None:
    failed = job("failed", ended="Failed", created="2026-11-01T00:00:00Z")
    again = cron_written_at("2026-11-02T00:00:00Z")
    assert judged_cron(failed, manifest=again) == Scheduled("scheduled", {"suspended": False})
    assert judged_cron(failed, manifest=cron_written_at("2026-10-31T00:00:00Z")).code == "job-failed"
    now = job("now", ended="Failed", created="2026-11-02T00:01:00Z")
    assert judged_cron(failed, now, manifest=again).code == "job-failed"


def test_a_job_that_failed_has_failed_whenever_its_owner_wrote_it_last() -> None:
    """A label is enough: an owner's time is that of all its fields."""
    failed = job("prompt", ended="Failed", created="2026-11-01T00:00:00Z")
    labelled = written_at("2026-11-02T00:00:00Z", failed, "f:spec")
    assert judged(labelled, Related(), WorkloadKind.JOB).code == "job-failed"
