"""Whether what runs as Jobs runs what is wanted.

A CronJob is judged at its Jobs that have ended. A Job itself, and those that KEDA makes of a ScaledJob, may be there
for weeks: they are judged at their pods, as long as they are at work.
"""

from __future__ import annotations

from ldmrelease.cluster.objects.jobs import has_ended, is_at_work
from ldmrelease.cluster.objects.owners import image_owner
from ldmrelease.cluster.objects.pods import (
    Related,
    condition,
    digest_named,
    is_live,
    is_ready,
    jobs_of,
    name_of,
)
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, containers_of, pod_spec
from ldmrelease.cluster.rollout import reasons
from ldmrelease.cluster.rollout.mismatch import DesiredDigests, mismatch, shown
from ldmrelease.cluster.rollout.status import Degraded, Healthy, ImageMismatch, Progressing, Scheduled, Status
from ldmrelease.domain.workload_selection import WorkloadKind


def assess_jobs(workload: Workload, related: Related, wanted: DesiredDigests) -> Status:
    """By the newest Job of the same images that has ended: a CronJob is scheduled until one has.

    What failed before these images were written is of an earlier stay, and does not condemn a rollback.
    """
    if workload.kind is not WorkloadKind.CRON_JOB:
        at_work = [each for each in jobs_of(workload, related) if is_at_work(each)]
        if at_work:
            return _judge_at_work(workload, at_work, related, wanted)
        if workload.manifest["metadata"].get("deletionTimestamp"):
            return Progressing("vanished")
    written = _written(workload)
    same = [
        each
        for each in jobs_of(workload, related)
        if _same_images(workload, each) and not (_has(each, "Failed") and _created(each) < written)
    ]
    ended = [each for each in same if has_ended(each)]
    if not same:
        return Scheduled("scheduled", {"suspended": workload.paused})
    if ended:
        return _judge_ended(workload, ended[0], related, wanted)
    job = same[0]
    live = tuple(each for each in related.pods_of(job["metadata"]["uid"]) if is_live(each))
    for each in reasons.troubles(live, related):
        if each.code not in reasons.HOPEFUL:
            return Degraded(each.code, {"job": name_of(job), **each.values})
    return Progressing("job-running", {"job": name_of(job), "waiting_for": [name_of(each) for each in live]})


def _judge_at_work(
    workload: Workload, jobs: list[KubernetesObject], related: Related, wanted: DesiredDigests
) -> Status:
    """By the pods of the Jobs that are at work: all of them ready, with the images that the workload names."""
    old = [each for each in jobs if not _same_images(workload, each)]
    pods = [
        pod
        for each in jobs
        if each not in old
        for pod in related.pods_of(each["metadata"]["uid"])
        if is_live(pod)
    ]
    ready = [each for each in pods if is_ready(each)]
    counts = {"ready": len(ready), "wanted": max(len(pods), 1)}
    for trouble in reasons.troubles(tuple(pods), related):
        if trouble.code not in reasons.HOPEFUL:
            return Degraded(trouble.code, {"job": name_of(jobs[0]), **counts, **trouble.values})
    for pod in ready:
        other = mismatch(pod, wanted)
        if other:
            return ImageMismatch("other-content", shown(other))
    if old:
        return Progressing("old-pods", {**counts, "waiting_for": [name_of(each) for each in old]})
    if not pods or len(ready) < len(pods):
        waiting = [name_of(each) for each in pods if each not in ready]
        return Progressing("job-running", {"job": name_of(jobs[0]), **counts, "waiting_for": waiting})
    return Healthy("healthy", {**counts, "waiting_for": []})


def _written(workload: Workload) -> str:
    """When a CronJob's images were last written (RFC 3339), by the field managers; empty where they were not read.

    A Job has those that it was made with, whatever of it its owner writes later.
    """
    if workload.kind is WorkloadKind.JOB:
        return ""
    owners = [image_owner(workload, name) for name in workload.components]
    return max((each.time for each in owners if each is not None), default="")


def _created(manifest: KubernetesObject) -> str:
    return str(manifest["metadata"].get("creationTimestamp", ""))


def _same_images(workload: Workload, job: KubernetesObject) -> bool:
    return containers_of(pod_spec(WorkloadKind.JOB, job)) == workload.containers


def _has(job: KubernetesObject, kind: str) -> bool:
    return condition(job, kind).get("status") == "True"


def _judge_ended(
    workload: Workload, job: KubernetesObject, related: Related, wanted: DesiredDigests
) -> Status:
    name = name_of(job)
    if _has(job, "Failed"):
        message = condition(job, "Failed").get("message", "")
        return Degraded("job-failed", {"workload": workload.key, "job": name, "message": message})
    pods = related.pods_of(job["metadata"]["uid"])
    ended = [each for each in pods if (each.get("status") or {}).get("phase") == "Succeeded"]
    other = next((each for pod in ended if (each := mismatch(pod, wanted))), None)
    if other:
        return ImageMismatch("other-content", {**shown(other), "job": name})
    if ended or _all_by_digest(workload, wanted):
        return Healthy("ended", {"job": name, "ready": len(ended), "wanted": len(ended), "waiting_for": []})
    return Scheduled("scheduled", {"suspended": workload.paused})


def _all_by_digest(workload: Workload, wanted: DesiredDigests) -> bool:
    """Whether a Job whose pods are gone is known to have run it by its specification."""
    return all(digest_named(workload.images[name]) for name in wanted if wanted[name] is not None)
