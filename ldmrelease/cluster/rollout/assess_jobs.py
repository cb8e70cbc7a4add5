"""Whether a CronJob or a Job runs what is wanted: judged at the Jobs that have ended."""

from __future__ import annotations

from ldmrelease.cluster.objects.owners import image_owner
from ldmrelease.cluster.objects.pods import Related, condition, digest_named, is_live, jobs_of, name_of
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, containers_of, pod_spec
from ldmrelease.cluster.rollout import reasons
from ldmrelease.cluster.rollout.mismatch import DesiredDigests, mismatch, shown
from ldmrelease.cluster.rollout.status import Degraded, Healthy, ImageMismatch, Progressing, Scheduled, Status
from ldmrelease.domain.workload_selection import WorkloadKind


def assess_jobs(workload: Workload, related: Related, wanted: DesiredDigests) -> Status:
    """By the newest Job of the same images that has ended: a CronJob is scheduled until one has.

    What failed before these images were written is of an earlier stay, and does not condemn a rollback.
    """
    written = _written(workload)
    same = [
        each
        for each in jobs_of(workload, related)
        if _same_images(workload, each) and not (_has(each, "Failed") and _created(each) < written)
    ]
    ended = [each for each in same if _has(each, "Failed") or _has(each, "Complete")]
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
