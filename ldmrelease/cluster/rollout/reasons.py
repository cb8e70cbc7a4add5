"""Why a pod does not get to run, from what its kubelet, the scheduler and the controllers say of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from ldmrelease.cluster.objects.pods import ContainerState, Related, condition, is_ready, name_of, states
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload

_IMAGE = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
     "RegistryUnavailable", "SignatureValidationFailed"}
)  # fmt: skip
_CREATE = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError",
     "PostStartHookError"}
)  # fmt: skip
_CRASH = "CrashLoopBackOff"

HOPEFUL = frozenset({"not-ready", "node-lost"})
"""Codes of what may well pass by itself: a program that is starting, a node that is restarting."""


class Trouble(Struct, frozen=True):
    """Why a pod (or a workload) does not get on: a code, and the values it is about.

    Codes of pods: `image-pull`, `crash-loop`, `create-error`, `unschedulable`, `not-ready`, `node-lost`,
    `failed`. Codes of workloads: `not-created` (a quota, an admission rule), `progress-deadline`.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def trouble(pod: KubernetesObject, events: Iterable[KubernetesObject] = ()) -> Trouble | None:
    """What is wrong with a pod; None while nothing is known to be, even if it is not ready yet.

    `events` are those about this pod.
    """
    if is_ready(pod):
        return None
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        return _of(pod, "failed", reason=status.get("reason", ""), message=status.get("message", ""))
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return _of(pod, "unschedulable", message=scheduled.get("message", ""))
    if condition(pod, "Ready").get("reason") == "NodeNotReady" or status.get("reason") == "NodeLost":
        return _of(pod, "node-lost", node=(pod.get("spec") or {}).get("nodeName", ""))
    found = (_of_container(pod, each) for each in states(pod))
    return next((each for each in found if each), None) or _not_ready(pod, events)


def _of(pod: KubernetesObject, code: str, **values: Any) -> Trouble:
    return Trouble(code, {"pod": name_of(pod), **values})


def _of_container(pod: KubernetesObject, state: ContainerState) -> Trouble | None:
    if state.ready:
        return None
    waiting = (state.status.get("state") or {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    about = {"container": state.container.name, "image": state.container.image}
    if reason in _IMAGE:
        return _of(pod, "image-pull", **about, reason=reason, message=message)
    if reason in _CREATE:
        return _of(pod, "create-error", **about, reason=reason, message=message)
    ended = _ended(state.status)
    if ended is None and reason != _CRASH:
        return None
    values = {
        "exit_code": (ended or {}).get("exitCode"),
        "reason": (ended or {}).get("reason", ""),
        "restarts": state.status.get("restartCount", 0),
        "message": (ended or {}).get("message", "") or message,
    }
    return _of(pod, "crash-loop", **about, **values)


def _ended(status: KubernetesObject) -> KubernetesObject | None:
    """How the container that should be running last ended. Between two crashes it runs for a while: the
    state before tells then."""
    for key in ("state", "lastState"):
        ended: KubernetesObject | None = (status.get(key) or {}).get("terminated")
        if ended and (ended.get("exitCode") != 0 or status.get("restartCount", 0) > 1):
            return ended
    return None


def _not_ready(pod: KubernetesObject, events: Iterable[KubernetesObject]) -> Trouble | None:
    """Its containers run, and it does not say that it is ready: a probe, if there is an event that says so."""
    if (pod.get("status") or {}).get("phase") != "Running":
        return None
    waiting = [each.container.name for each in states(pod) if each.status and not each.ready]
    messages = [each.get("message", "") for each in _for(events, "Unhealthy")]
    if not waiting and not messages:
        return None
    values = {"container": waiting[0]} if waiting else {}
    return _of(pod, "not-ready", **values, message=messages[-1] if messages else "")


def _for(events: Iterable[KubernetesObject], reason: str) -> list[KubernetesObject]:
    """The events for one reason, latest last."""
    return sorted((each for each in events if each.get("reason") == reason), key=event_time)


def event_time(event: KubernetesObject) -> str:
    """When it was last seen (RFC 3339)."""
    series = (event.get("series") or {}).get("lastObservedTime")
    return str(series or event.get("lastTimestamp") or event.get("eventTime") or "")


def workload_trouble(
    workload: Workload, source: KubernetesObject | None, pods: Iterable[KubernetesObject], related: Related
) -> Trouble | None:
    """Why pods that are missing are not made. `source` is the newest ReplicaSet of a Deployment."""
    refused = condition(source or {}, "ReplicaFailure")
    if refused.get("status") == "True":
        return _not_created(workload, refused.get("message", ""))
    latest = max((each["metadata"].get("creationTimestamp", "") for each in pods), default="")
    for event in reversed(_for(related.events_of(workload.uid), "FailedCreate")):
        # What was refused before the newest pod was made has passed.
        if event_time(event) > latest:
            return _not_created(workload, event.get("message", ""))
    return None


def progress_trouble(workload: Workload) -> Trouble | None:
    """A Deployment that its controller gave up (`progressDeadlineSeconds`)."""
    progressing = condition(workload.manifest, "Progressing")
    if progressing.get("reason") != "ProgressDeadlineExceeded":
        return None
    return Trouble("progress-deadline", {"workload": workload.key, "message": progressing.get("message", "")})


def _not_created(workload: Workload, message: str) -> Trouble:
    return Trouble("not-created", {"workload": workload.key, "message": message})


def troubles(pods: Iterable[KubernetesObject], related: Related) -> tuple[Trouble, ...]:
    """The troubles of pods, the graver ones first, else by the pod's name."""
    told = ((pod, related.events_of(pod["metadata"]["uid"])) for pod in pods)
    found = [each for pod, events in told if (each := trouble(pod, events))]
    return tuple(sorted(found, key=lambda each: (each.code in HOPEFUL, str(each.values.get("pod")))))
