"""How far a Job is, read from what the API says of it and of its pod. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

Json = Mapping[str, Any]

# Nothing that waiting would cure.
_HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_NOT_TROUBLE = frozenset({"ContainerCreating", "PodInitializing"})
# How runtimes say that the program could not be started at all.
_NEVER_BEGAN = frozenset({"StartError", "ContainerCannotRun"})


class JobPending(Struct, frozen=True):
    """No container runs yet. `trouble` is why, where something is wrong; `hopeless` where waiting is vain."""

    trouble: str | None = None
    hopeless: bool = False


class JobRunning(Struct, frozen=True):
    """The container runs."""

    pod: Json


class JobExited(Struct, frozen=True):
    """The container ended and the Job with it. `began` is False where the program could not be started."""

    pod: Json
    exit_code: int
    message: str
    began: bool
    job_succeeded: bool


class JobGone(Struct, frozen=True):
    """The Job came to an end that says nothing of its container. `code`: `deadline` or `gone`."""

    code: str
    why: str


JobState = JobPending | JobRunning | JobExited | JobGone


def job_state(job: Json | None, pods: Sequence[Json]) -> JobState:
    """How far it is. `job` is None where it is no longer there; `pods` may be of other Jobs too."""
    if job is None:
        return JobGone("gone", "the Job was deleted while it ran")
    pod = pod_of(job, pods)
    status = container_status(pod) if pod else {}
    ended = _ended(job)
    terminated = status.get("state", {}).get("terminated")
    if ended is not None and ended.get("reason") == "DeadlineExceeded":
        return JobGone("deadline", str(ended.get("message", "")))
    if ended is not None:
        succeeded = ended["type"] in ("Complete", "SuccessCriteriaMet")
        return _exited(pod, terminated, succeeded) if pod and terminated else _vanished(ended, pod)
    if pod and terminated is None and "running" in status.get("state", {}):
        return JobRunning(pod)
    # A container that ended before the Job knows is on its way to Exited.
    return JobPending() if terminated else _pending(pod, status)


def pod_of(job: Json, pods: Sequence[Json]) -> Json | None:
    """The Job's pod; the newest, should there be several."""
    uid = job["metadata"]["uid"]
    own = [each for each in pods if any(one.get("uid") == uid for one in _owners(each))]
    return max(own, key=lambda each: str(each["metadata"].get("creationTimestamp", "")), default=None)


def container_status(pod: Json) -> dict[str, Any]:
    """The status of the pod's one container, empty where there is none yet."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    first: dict[str, Any] = statuses[0]
    return first


def _owners(pod: Json) -> Sequence[Json]:
    owners: Sequence[Json] = pod["metadata"].get("ownerReferences") or []
    return owners


def _ended(job: Json) -> Json | None:
    """The condition that ended the Job, the one with most to say first."""
    conditions = [each for each in job.get("status", {}).get("conditions") or [] if each["status"] == "True"]
    kinds = ("Failed", "FailureTarget", "Complete", "SuccessCriteriaMet")
    return next((each for kind in kinds for each in conditions if each["type"] == kind), None)


def _exited(pod: Json, terminated: Json, succeeded: bool) -> JobExited:
    code, reason = int(terminated["exitCode"]), terminated.get("reason", "")
    message = str(terminated.get("message", "")) or ("out of memory" if reason == "OOMKilled" else "")
    return JobExited(pod, code, message, reason not in _NEVER_BEGAN, succeeded)


def _vanished(ended: Json, pod: Json | None) -> JobGone:
    status = (pod or {}).get("status", {})
    told = [status.get("reason"), status.get("message"), ended.get("message")]
    return JobGone("gone", ": ".join(str(each) for each in told if each))


def _pending(pod: Json | None, status: Json) -> JobPending:
    if pod is None:
        return JobPending("no pod was made")
    waiting = status.get("state", {}).get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason and reason not in _NOT_TROUBLE:
        return JobPending(_joined(reason, waiting.get("message")), reason in _HOPELESS)
    for each in pod.get("status", {}).get("conditions") or []:
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return JobPending(_joined(each.get("reason", "Unschedulable"), each.get("message")))
    return JobPending()


def _joined(reason: str, message: Any) -> str:
    return f"{reason}: {message}" if message else reason
