"""Checks of kind `job`: a Kubernetes Job where the release runs, made, waited for and read from outside.

No key is inside and the tested image says nothing of its own accord: the Job's and the pod's specifications are
read back, the image that ran has to be of the identity, and the exit status decides (trust.md section 2). A run
that was killed at any point is run again: its Job's name comes from the run, so that it is adopted.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct

from ldmrelease.checks.job.job_state import (
    JobExited,
    JobGone,
    JobPending,
    JobRunning,
    JobState,
    container_status,
    job_state,
)
from ldmrelease.checks.job.readback import difference, is_of
from ldmrelease.checks.job.templates import PROMOTION, RUN, ImageRun, fill, pod_spec
from ldmrelease.checks.outcome import OutcomeRule, RunOutcome, judge_output, said_nothing, started, tail
from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterError, Conflict, Forbidden, Invalid, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.client.watch import Watched, watched
from ldmrelease.domain.errors import Unavailable

START_GRACE = 60.0
"""Seconds that a pod may be in trouble (no image, no node, no quota) before the run counts as not started."""

_A_LOOK = 10.0
"""Seconds to see what is there, however late: else a run that nobody watched up to its deadline never has an end."""

_LOG_LINES = 200

Progress = Callable[[str], None]


class JobResult(Struct, frozen=True):
    """What a Job gave. `uid` is None where no Job of ours was made, so that there is none to delete.

    `pod`, `container` and `image_id` are what ran, as the node reports it; empty where nothing ran.
    """

    ran: RunOutcome
    namespace: str
    name: str
    uid: str | None = None
    pod: str = ""
    container: str = ""
    image_id: str = ""


class LeftoverJob(Struct, frozen=True):
    """A Job of a promotion that is still there."""

    namespace: str
    name: str
    uid: str
    run: str


class _Run(Struct, frozen=True):
    """A run, where it is run, and its Job as it is wanted."""

    api: Api
    of: ImageRun
    wanted: dict[str, Any]

    @property
    def namespace(self) -> str:
        return self.of.check.namespace

    @property
    def name(self) -> str:
        return str(self.wanted["metadata"]["name"])

    def made(
        self, ran: RunOutcome, job: Mapping[str, Any] | None = None, pod: Mapping[str, Any] | None = None
    ) -> JobResult:
        """The outcome, with what is known of the Job and its pod."""
        uid = None if job is None else str(job["metadata"]["uid"])
        if pod is None:
            return JobResult(ran, self.namespace, self.name, uid)
        status = container_status(pod)
        seen = pod["metadata"]["uid"], status.get("name", ""), status.get("imageID", "")
        return JobResult(ran, self.namespace, self.name, uid, *seen)


def run_job(
    api: Api,
    run: ImageRun,
    *,
    deadline: float,
    patience: float = START_GRACE,
    progress: Progress = lambda _: None,
) -> JobResult | Unavailable:
    """Make the run's Job or adopt it, wait until it ended, and judge what was seen. It is left there.

    `Unavailable`: the cluster could not be reached; what was started may be there and is adopted by the next attempt.

    `deadline` is how many seconds are left, also fewer than none; `progress` is told what is waited for.

    Problems of `ran`: `not-started`, `deadline`, `gone`, `mutated`, `contradiction`, `no-output`.
    """
    this = _Run(api, run, fill(run))
    until = time.monotonic() + max(deadline, _A_LOOK)
    try:
        job = _create_or_adopt(this)
        if isinstance(job, JobResult):
            return job
        return _judged(this, job, _wait(this, job, until, patience, progress))
    except ClusterError as error:
        return error.unavailable


def delete_job(api: Api, namespace: str, name: str, uid: str) -> None:
    """Delete the Job with its pod, after its result is recorded. One of that name with another UID stays."""
    with suppress(ObjectNotFound, Conflict):
        api.delete(path_of("Job", namespace, name), uid=uid, propagation="Background")


def leftover_jobs(api: Api, namespace: str, promotion: str) -> tuple[LeftoverJob, ...]:
    """The Jobs of a promotion that are still there: to sweep once all its results are recorded."""
    found = api.list(path_of("Job", namespace), labels=f"{PROMOTION}={promotion}")
    metadata = [each["metadata"] for each in found.items]
    return tuple(
        LeftoverJob(namespace, each["name"], each["uid"], each["labels"].get(RUN, "")) for each in metadata
    )


def _create_or_adopt(this: _Run) -> dict[str, Any] | JobResult:
    try:
        job = this.api.create(path_of("Job", this.namespace), this.wanted)
    except Conflict:
        job = this.api.get(path_of("Job", this.namespace, this.name))
        if job["metadata"].get("labels", {}).get(RUN) != this.of.run:
            return this.made(said_nothing("mutated", "a Job of that name belongs to somebody else"))
    except (Forbidden, Invalid, ObjectNotFound) as error:
        return this.made(said_nothing("not-started", str(error)))
    changed = _job_difference(this, job)
    return this.made(said_nothing("mutated", f"{changed} is not as it was sent"), job) if changed else job


class _Seen(Struct, frozen=True):
    """What was seen last. `before` is the trouble that the pod was in earlier; `cut` is why the cluster cannot be
    asked at the moment."""

    at: JobState
    job: Mapping[str, Any] | None
    before: str | None = None
    cut: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether nothing can follow that would say more."""
        return isinstance(self.at, JobExited | JobGone) or (
            isinstance(self.at, JobPending) and self.at.hopeless
        )

    @property
    def kind(self) -> tuple[type, bool, bool]:
        """What has to change for another stage to begin, that may last as long as it is allowed to."""
        troubled = isinstance(self.at, JobPending) and self.at.trouble is not None
        return type(self.at), troubled, self.cut is not None


def _wait(this: _Run, job: Mapping[str, Any], until: float, patience: float, progress: Progress) -> _Seen:
    """Wait until the Job ended, or is as far as it will get."""
    seen = _Seen(JobPending(), job)
    while not seen.is_last:
        progress(_spoken(seen))
        limit = min(until, time.monotonic() + _allowed(this, seen, patience))
        later = _next(this, seen, limit)
        if later.kind == seen.kind and not later.is_last:
            return later
        seen = later
    return seen


def _next(this: _Run, seen: _Seen, limit: float) -> _Seen:
    """What is seen at the next stage, or at the limit."""
    before = seen.kind
    jobs = Watched(path_of("Job", this.namespace), fields=f"metadata.name={this.name}")
    pods = Watched(path_of("Pod", this.namespace), labels=f"{RUN}={this.of.run}")
    for state in watched(this.api, (jobs, pods), until=limit):
        found = next(iter(state.collections[0].values()), None)
        at = job_state(found, tuple(state.collections[1].values()))
        seen = _Seen(at, found, _trouble(seen), state.cut.reason if state.cut else None)
        if seen.is_last or seen.kind != before:
            break
    return seen


def _trouble(seen: _Seen) -> str | None:
    """The trouble that it was in up to now; none once it ran."""
    if isinstance(seen.at, JobRunning):
        return None
    return (seen.at.trouble if isinstance(seen.at, JobPending) else None) or seen.before


def _allowed(this: _Run, seen: _Seen, patience: float) -> float:
    """How many seconds it may stay at a stage."""
    if seen.cut is None and isinstance(seen.at, JobPending) and seen.at.trouble is not None:
        return patience
    if (
        seen.cut is None
        and isinstance(seen.at, JobRunning)
        and this.of.template.verdict is OutcomeRule.STARTS
    ):
        return this.of.template.settle
    return float("inf")


def _spoken(seen: _Seen) -> str:
    if seen.cut is not None:
        return f"the cluster cannot be reached: {seen.cut}"
    return (seen.at.trouble or "pending") if isinstance(seen.at, JobPending) else "running"


def _judged(this: _Run, job: Mapping[str, Any], seen: _Seen) -> JobResult | Unavailable:
    at = seen.at
    if seen.cut is not None and not seen.is_last:
        return Unavailable(this.api.where, seen.cut, passes=True)
    if isinstance(at, JobPending):
        why = _creation_refused(this, job) or at.trouble
        return this.made(said_nothing("not-started" if at.trouble else "deadline", why or ""), job)
    if isinstance(at, JobGone):
        if at.code == "deadline" and seen.before:
            return this.made(said_nothing("not-started", seen.before), job)
        return this.made(said_nothing(at.code, at.why), None if seen.job is None else job)
    changed = _mutation(this, seen.job or job, at.pod)
    ran = said_nothing("mutated", changed) if changed else _outcome(this, at)
    return this.made(ran, job, at.pod)


def _creation_refused(this: _Run, job: Mapping[str, Any]) -> str | None:
    """Why the cluster makes no pod (quota, pod security): only the Job's events tell."""
    try:
        events = this.api.list(
            path_of("Event", this.namespace), fields=f"involvedObject.uid={job['metadata']['uid']}"
        )
    except Forbidden:
        return None
    told = [str(each.get("message", "")) for each in events.items if each.get("reason") == "FailedCreate"]
    return told[-1] if told else None


def _mutation(this: _Run, job: Mapping[str, Any], pod: Mapping[str, Any]) -> str | None:
    """In what the Job, its pod or the image that ran are not what was sent."""
    changed = _job_difference(this, job) or difference(pod_spec(this.wanted), pod["spec"], "pod.spec")
    if changed:
        return f"{changed} is not as it was sent"
    image_id = container_status(pod).get("imageID", "")
    return None if is_of(image_id, this.of.identity) else f"the node ran {image_id or 'an unknown image'}"


def _job_difference(this: _Run, job: Mapping[str, Any]) -> str | None:
    sent, found = ({key: each[key] for key in ("metadata", "spec")} for each in (this.wanted, job))
    return difference(sent, found)


def _outcome(this: _Run, at: JobExited | JobRunning) -> RunOutcome:
    tests, verdict = this.of.check.tests, this.of.template.verdict
    if isinstance(at, JobRunning):
        if verdict is OutcomeRule.STARTS:
            return started(tests, _log(this, at.pod) or "", None)
        return said_nothing("deadline", _log(this, at.pod) or "")
    # The message of a pass is what it wrote to /dev/termination-log; most write to their output alone.
    said = at.message or _log(this, at.pod)
    if said is None and verdict is OutcomeRule.VERSIONS and at.exit_code == 0:
        return said_nothing(
            "no-output", f"its log in {this.namespace} may not be read: get on pods/log", at.exit_code
        )
    output = said or ""
    if not at.began and verdict is not OutcomeRule.STARTS:
        return said_nothing("not-started", output, at.exit_code)
    if at.job_succeeded != (at.exit_code == 0):
        return said_nothing("contradiction", output, at.exit_code)
    return judge_output(tests, at.exit_code, output, verdict, this.of.variables)


def _log(this: _Run, pod: Mapping[str, Any]) -> str | None:
    """What it wrote; None where we may not read it. Raises `ClusterUnreachable`: what it might have said of a
    failure has to be asked for again."""
    container = pod["spec"]["containers"][0]["name"]
    try:
        log = this.api.log(this.namespace, str(pod["metadata"]["name"]), container, lines=_LOG_LINES)
    except Forbidden:
        return None
    except (ObjectNotFound, Invalid):
        return ""
    return tail(log.encode())
