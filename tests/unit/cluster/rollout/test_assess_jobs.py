"""CronJobs and Jobs run what their ended Jobs ran."""

from __future__ import annotations

from typing import Any

from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.status import Degraded, Healthy, ImageMismatch, Scheduled, Status
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
    scaled_job,
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


def of_job(name: str, **more: Any) -> Object:
    return pod(f"{name}-x", by=("Job", name), **more)


class TestLongRunning:
    """A Job that is there for weeks runs what its pods run."""

    def judge(self, *pods: Object, manifest: Object | None = None) -> Status:
        return judged(manifest or job("dome"), Related(pods=pods), WorkloadKind.JOB)

    def test_it_runs_as_soon_as_its_pod_is_ready(self) -> None:
        assert self.judge().code == "job-running"
        assert self.judge(of_job("dome", ready=False)).code == "job-running"
        assert isinstance(self.judge(of_job("dome")), Healthy)

    def test_a_pod_of_another_image_is_told(self) -> None:
        assert self.judge(of_job("dome", running=f"x@{OLD}")).code == "other-content"
        old = judged(job("dome", OLD_IMAGE), Related(pods=(of_job("dome"),)), WorkloadKind.JOB)
        assert isinstance(old, ImageMismatch)

    def test_a_pod_that_was_lost_is_made_anew(self) -> None:
        failed = of_job("dome", phase="Failed", ready=False)
        again = pod("dome-y", by=("Job", "dome"))
        assert self.judge(failed).code == "job-running"
        assert isinstance(self.judge(failed, again), Healthy)

    def test_one_that_is_being_deleted_runs_nothing_any_more(self) -> None:
        going = job("dome")
        going["metadata"]["deletionTimestamp"] = "2026-11-02T00:00:00Z"
        assert self.judge(of_job("dome"), manifest=going).code == "vanished"

    def test_one_that_ended_has_run(self) -> None:
        assert isinstance(self.judge(manifest=job("dome", ended="Complete")), Healthy)
        assert isinstance(self.judge(manifest=job("dome", ended="Failed")), Degraded)


class TestScaledJob:
    """KEDA makes Jobs of it as there is work; they are replaced when it changes."""

    def judge(self, *jobs: Object, pods: tuple[Object, ...] = (), manifest: Object | None = None) -> Status:
        related = Related(jobs=jobs, pods=pods)
        return judged(manifest or scaled_job(), related, WorkloadKind.SCALED_JOB)

    def test_without_work_it_is_scheduled(self) -> None:
        assert self.judge() == Scheduled("scheduled", {"suspended": False})
        paused = scaled_job(**{"autoscaling.keda.sh/paused": "true"})
        assert self.judge(manifest=paused) == Scheduled("scheduled", {"suspended": True})

    def test_its_jobs_run_at_their_pods(self) -> None:
        jobs = (job("a"), job("b"))
        assert self.judge(*jobs, pods=(of_job("a"), of_job("b", ready=False))).code == "job-running"
        found = self.judge(*jobs, pods=(of_job("a"), of_job("b")))
        assert isinstance(found, Healthy)
        assert found.values["ready"] == 2

    def test_jobs_of_the_image_before_are_waited_for(self) -> None:
        old, new = job("old", OLD_IMAGE), job("new")
        pods = (of_job("old", image=OLD_IMAGE, running=f"x@{OLD}"), of_job("new"))
        assert self.judge(old, new, pods=pods).code == "old-pods"
        over = job("old", OLD_IMAGE, ended="Complete")
        assert isinstance(self.judge(over, new, pods=pods[1:]), Healthy)

    def test_the_newest_that_ended_tells_where_none_is_at_work(self) -> None:
        assert isinstance(self.judge(job("a", ended="Complete")), Healthy)
        assert self.judge(job("a", ended="Failed")).code == "job-failed"
        assert isinstance(self.judge(job("a", OLD_IMAGE, ended="Complete")), Scheduled)
