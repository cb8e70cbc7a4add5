"""Words for what runs in a cluster: how a rollout goes, why it failed, whom it waits for."""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.sync_drift import SYNC_DRIFT_WORDS
from ldmrelease.answers.sentences.text import Values, counted, few, listed, said, values_of

Words = Callable[[Values], str]

_NOTES: Mapping[str, str] = {
    "not-observed": "its controller has not seen the change yet",
    "creating": "pods are being made",
    "other-image": "still another image",
    "not-ready": "not ready",
    "node-lost": "their node is lost",
    "min-ready": "ready, but not for long enough yet",
    "old-pods": "old pods are still there",
    "job-running": "its Job runs",
    "on-delete": "old until somebody restarts them",
    "partition": "kept old by the partition",
    "suspended": "paused",
    "image-pull": "no image",
    "crash-loop": "crashes",
    "create-error": "cannot be started",
    "unschedulable": "no node takes it",
    "not-created": "pods are refused",
    "failed": "failed",
    "stuck": "waits for an old pod in trouble",
    "progress-deadline": "its controller gave up",
    "job-failed": "its Job failed",
    "nodes-not-ready": "other nodes are not ready",
    "other-digest": "names another image",
    "rollout-timeout": "not within the deadline",
    "not-synced": "not synced yet",
    "other-content": "its tag leads to another image",
}


def note(code: object) -> str:
    """A few words for the state of a rollout."""
    return _NOTES.get(str(code), said(code))


def rollout_line(plain: Mapping[str, Any]) -> str:
    """What the wait tells of a workload, or of the API server, in a line."""
    v = values_of(plain)
    match v["code"]:
        case "cut":
            return f"the API server is away ({said(v['reason'])}); waiting for it"
        case "back":
            return "the API server is back"
        case "syncing":
            return f"{said(v['workload'])}: {said(v['sync'])}, {said(v['health'])}; waiting for its sync"
        case "vanished":
            return f"{said(v['workload'])}: is not there; waiting for it to be made again"
        case "scaled-to-zero" | "ended":
            return f"{said(v['workload'])}: scaled to zero, nothing is to run there"
        case "scheduled":
            return f"{said(v['workload'])}: scheduled, its next Job runs it"
        case "healthy":
            return f"{said(v['workload'])}: {_ready(plain)}"
    return f"{said(v['workload'])}: {_on_its_way(plain)}"


def _on_its_way(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    state = note(v["code"]) + (f": {few(plain['nodes'])}" if plain.get("nodes") else "")
    pods = plain.get("waiting_for") or ([plain["pod"]] if plain.get("pod") else [])
    waits = f"waiting for {_some(pods)} ({state})" if pods else state
    return f"{_ready(plain)}, {waits}" if "ready" in plain else waits


def _ready(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    return f"{said(v['ready'])} of {said(v['wanted'])} ready" if "ready" in plain else "runs it"


def _some(pods: Any) -> str:
    names = [str(each) for each in pods]
    if len(names) <= 3:
        return listed(names)
    return f"{', '.join(map(said, names[:3]))} and {counted(len(names) - 3, 'more pod', 'more pods')}"


def _pod(v: Values) -> str:
    container = f" ({said(v['container'])})" if v.get("container") else ""
    return f"{said(v['workload'])}: the pod {said(v['pod'])}{container}"


def _told(v: Values, key: str = "message") -> str:
    return f": {said(v[key])}" if v.get(key) else ""


def _crashed(v: Values) -> str:
    code = v.get("exit_code")
    how = f"exit code {code}" if code is not None else "no exit code was reported"
    reason = f", {said(v['reason'])}" if v.get("reason") else ""
    log = v.get("log") or ""
    lines = "".join(f"\n    | {printable(line)}" for line in str(log).splitlines())
    return (
        f"{_pod(v)} crashes again and again ({how}{reason}, {counted(int(v.get('restarts') or 0), 'restart')})"
        + (f"; its last lines:{lines}" if lines else _told(v) or "; it wrote nothing")
    )


def _late(v: Values) -> str:
    state = _on_its_way({**v, "code": v.get("trouble", "?")})
    return f"{said(v['workload'])} was not through within the deadline: {state}{_told(v)}"


FAILURES: Mapping[str, Words] = {
    "image-pull": lambda v: (
        f"{_pod(v)} gets no image {said(v['image'])} ({said(v['reason'])}{_told(v)}); is it in the registry, and "
        "may the nodes pull it?"
    ),
    "crash-loop": _crashed,
    "create-error": lambda v: f"{_pod(v)} cannot be started ({said(v['reason'])}{_told(v)})",
    "unschedulable": lambda v: f"no node takes the pod {said(v['pod'])} of {said(v['workload'])}{_told(v)}",
    "not-created": lambda v: f"the cluster makes no pod of {said(v['workload'])}{_told(v)}",
    "not-ready": lambda v: f"{_pod(v)} runs and does not become ready{_told(v)}",
    "node-lost": lambda v: f"{_pod(v)} is on the node {said(v['node'])}, which does not answer",
    "failed": lambda v: f"{_pod(v)} has failed ({said(v['reason'])}{_told(v)})",
    "progress-deadline": lambda v: f"{said(v['workload'])}: its controller gave up{_told(v)}",
    "job-failed": lambda v: f"{said(v['workload'])}: the Job {said(v['job'])} failed{_told(v)}",
    "stuck": lambda v: (
        f"{said(v['workload'])} waits for its old pod {said(v['pod'])}, which is in trouble "
        f"({note(v['trouble'])}{_told(v)}); delete that pod"
    ),
    "rollout-timeout": _late,
    "changed-there": lambda v: (
        f"{said(v['workload'])} names {said(v['image'])} for {said(v['container'])}, which we did not write: "
        "somebody has changed it in the meantime; `ldmrelease drift` says who"
    ),
    "other-content": lambda v: (
        f"{said(v['workload'])}: {said(v['image'])} of {said(v['container'])} runs {said(v['running'])}, which is "
        "not the release's image; has the tag moved?"
    ),
}


def _controller(v: Values) -> str:
    """What the controller says that was to sync it."""
    told = v.get("controller")
    if not told:
        return ""
    because = told.get("because")
    if because is not None:
        values = {key: value for key, value in because.items() if key != "code"}
        why = SYNC_DRIFT_WORDS[because["code"]](values_of(values))
    else:
        manual = "" if told["automated"] else ", and nothing syncs it but a person"
        at = f" at {said(told['at'])}" if told.get("at") else ""
        why = f"{said(told['object'])} is {said(told['sync'])}{at}{manual}"
    refused = f"; it was not asked to: {said(told['refused'])}" if told.get("refused") else ""
    return f" ({why}{refused})"


def proposal_place(plain: Mapping[str, Any]) -> str:
    """Where a proposal is: the address of its pull request, or of its repository, and its branch."""
    address, branch = plain.get("address"), plain.get("branch")
    named = f"branch {said(branch)}" if branch else ""
    return f"{said(address)} ({named})" if address and named else said(address or named)


def _unmerged(what: str) -> Words:
    def words(v: Any) -> str:
        queued = ", which stands in the merge queue" if v.get("queued") else ""
        return f"{what} is proposed at {proposal_place(v)}{queued}: merge it, then resume"

    return words


PENDING_ACTS: Mapping[str, Words] = {
    "not-synced": lambda v: (
        f"{said(v['workload'])} still names {said(v['image'])} for {said(v['container'])}: it is committed, and not "
        f"synced{_controller(v)}; sync it (in Argo CD or Flux), then resume"
    ),
    "not-merged": _unmerged("the change"),
    "restore-not-merged": _unmerged("what was there before"),
    "on-delete": lambda v: (
        f"{said(v['workload'])} is written, and its update strategy is OnDelete: restart its pods "
        f"({_some(v.get('pods') or ())}) by deleting them, then resume"
    ),
    "partition": lambda v: (
        f"{said(v['workload'])} is written, and its partition {said(v['partition'])} keeps old pods "
        f"({_some(v.get('pods') or ())}): lower the partition, then resume"
    ),
}


def pending_act_words(code: str, plain: Mapping[str, Any]) -> str:
    """What a promotion waits for its operator to do, in the cluster."""
    words = PENDING_ACTS.get(code)
    return words(values_of(plain)) if words is not None else f"{code} {said(plain)}"
