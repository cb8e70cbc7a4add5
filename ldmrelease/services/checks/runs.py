"""Check runs: registered before they start, run, signed by the runner, taken in (trust.md section 2)."""

import itertools
from collections.abc import Callable
from datetime import timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.checks.outcome import RunOutcome, said_nothing
from ldmrelease.checks.registry import traits
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.evidence import ObservedPod, RunRegistration, StableState, StatementReceived
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.predicates import test_result
from ldmrelease.domain.predicates.test_result import CheckUsed, Outcomes, RunDone, write_result
from ldmrelease.domain.statements import PAYLOAD_TYPE, Subject, write_statement
from ldmrelease.domain.streams import run_stream
from ldmrelease.domain.topology import Application, Check, Place
from ldmrelease.services.checks.execute import RunSpec, execute
from ldmrelease.services.checks.stability import crashed, stable_state, stable_throughout
from ldmrelease.services.deployments.clusters import cluster_uid
from ldmrelease.services.evidence.registered_runs import check_fact, registered_runs
from ldmrelease.services.inventory.observations import runs_release
from ldmrelease.services.inventory.observe import observe
from ldmrelease.services.needs import PlaceObserving, RunRecording, SignedHistory
from ldmrelease.services.progress import Progress
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.repository_scope import require_scope
from ldmrelease.services.signing import (
    require_agreed_checks,
    require_agreed_products,
    require_agreed_targets,
)

_MOST = 200
"""So many containers are named in a registration: enough to tell whether what was checked is still there."""


class RunPlace(Struct, frozen=True):
    """Where a check is run, and what runs there; `stable_state` is None where nothing can be stable.

    `unsettled`: it should, and the release does not run there, or something is being rolled out.
    """

    environment: str | None
    cluster_uid: str | None = None
    stable_state: StableState | None = None
    application: str | None = None
    unsettled: bool = False


class Unregistered(Struct, frozen=True):
    """Somebody else registered a run at the same moment."""

    stream: str


class RunResult(Struct, frozen=True):
    """What came of a run: PASSED or FAILED, or ERRORED where it said nothing about the release.

    `events` and `blobs` take the signed result in; an errored run has none, and is errored by its deadline.
    `then` removes what the run has left, once this is recorded.
    """

    result: str
    ran: RunOutcome
    events: tuple[NewEvent, ...] = ()
    blobs: dict[str, bytes] = field(default_factory=dict)
    then: Callable[[], None] | None = None


def run_place(context: PlaceObserving, check: Check, application: Application, pinned: Pinned) -> RunPlace:
    """The environment of an application, its cluster, and how the release stands there if the check is about that.

    Raises `BadAccess`, `ClusterError`.
    """
    has_to_be_stable, place = _is_of_place(check, application), application.place
    there = stable_state(context, application, pinned) if has_to_be_stable else None
    named = there and replace(there, pods=there.pods[:_MOST])
    unsettled = has_to_be_stable and there is None
    return RunPlace(
        place.environment, cluster_uid(context.clusters, application), named, place.application, unsettled
    )


def register(
    context: RunRecording,
    check: Check,
    pinned: Pinned,
    where: RunPlace,
    *,
    promotion: str | None = None,
    attempt: int = 0,
    expect: dict[str, int] | None = None,
) -> RunRegistration | Unregistered:
    """Say that a run is about to start. Each `attempt` of a promotion at a place has one id however often it is
    resumed.

    `expect` are further stream versions that have to stand.
    """
    definition = check_fact(check).digest
    known = registered_runs(context, pinned)
    run = _run_id(check, pinned, where.environment, None, len(known))
    if promotion is not None:
        place = f"{where.environment}/{where.application}"
        run = _run_id(check, pinned, place, promotion, attempt)
        adopted = next((each for each in known if each.run == run), None)
        if adopted is not None:
            return adopted
    now = context.now()
    act = RunRegistration(
        run=run,
        check=check.name,
        check_digest=definition,
        environment=where.environment,
        cluster_uid=where.cluster_uid,
        subjects=(pinned.digest,),
        registered=now,
        deadline=now + timedelta(seconds=check.deadline),
        promotion=promotion,
        stable_state=where.stable_state,
        clock=context.workspace.clock is not None,
    )
    stream = run_stream(pinned.digest)
    environments = (where.environment,) if where.environment is not None else ()
    require_agreed_targets(context.workspace, environments)
    require_agreed_checks(context.workspace, (check.name,))
    require_agreed_products(context.workspace, (pinned.release.product,))
    require_scope(context, context.signers.runner, "run", pinned.release.repositories, environments)
    moved = context.append(
        [new_event(act)], expect={**(expect or {}), stream: context.ledger.version(stream)}
    )
    return Unregistered(stream) if moved else act


def attempts_so_far(
    context: SignedHistory, check: Check, pinned: Pinned, place: Place, promotion: str
) -> int:
    """How often a promotion has registered a run of a check at a place.

    By place: what another application of the environment passed or failed is not a result of this one.
    """
    known = {each.run for each in registered_runs(context, pinned)}
    numbers = itertools.count()
    ids = (_run_id(check, pinned, str(place), promotion, number) for number in numbers)
    return sum(1 for _ in itertools.takewhile(known.__contains__, ids))


def _run_id(check: Check, pinned: Pinned, where: str | None, promotion: str | None, number: int) -> str:
    # A run of the check as it was defined before is not gone on with.
    named = [check.name, check_fact(check).digest, pinned.digest, where, promotion, number]
    return "run-" + canonical.digest_of(named).removeprefix("sha256:")[:16]


def run_registered(
    context: RunRecording,
    check: Check,
    run: RunRegistration,
    pinned: Pinned,
    application: Application,
    progress: Progress = lambda _code, _values: None,
    heartbeat: Callable[[], None] = lambda: None,
) -> RunResult | Unavailable:
    """Carry a registered run out, and sign what was seen. Raises `BadAccess`, `ClusterError`."""
    started, has_to_be_stable = context.now(), _is_of_place(check, application)
    if run.stable_state is None and has_to_be_stable:
        return RunResult("ERRORED", _rolling("when it began"))
    executed = execute(context, RunSpec(check, run, pinned, application), progress, heartbeat)
    if isinstance(executed, Unavailable):
        return executed
    context.connections.renew()
    ran, observed = executed.ran, tuple[ObservedPod, ...]()
    if ran.problem is None and has_to_be_stable:
        ran, observed = _after(ran, run.stable_state, stable_state(context, application, pinned))
    if ran.problem is not None:
        return RunResult("ERRORED", ran, then=executed.then)
    result = "FAILED" if ran.failed else "PASSED"
    predicate = write_result(
        _used(run, executed.image),
        result,
        Outcomes(passed=ran.passed, failed=ran.failed),
        RunDone(run.run, started, context.now(), run.environment, run.cluster_uid, observed=observed),
    )
    subject = Subject(pinned.release.name, pinned.digest)
    payload = write_statement(test_result.TYPE.uri, (subject,), predicate)
    envelope = context.signers.runner.sign(PAYLOAD_TYPE, payload).to_bytes()
    blob = canonical.digest(envelope)
    event = new_event(StatementReceived(pinned.digest, blob))
    return RunResult(result, ran, (event,), {blob: envelope}, executed.then)


def _used(run: RunRegistration, image: str | None) -> CheckUsed:
    """The check's definition, and the image that it was run in."""
    name, _, digest = (image or "").partition("@")
    return CheckUsed(run.check, run.check_digest, name or None, digest or None)


def _is_of_place(check: Check, application: Application) -> bool:
    """Whether a check of ours is about what runs at the place: a container of its own is about the image alone."""
    return traits(check.kind).about_place and application.workloads is not None


def is_elsewhere(context: PlaceObserving, check: Check, application: Application, pinned: Pinned) -> bool:
    """Whether a check of ours is about what is committed at the place, and that is not the release."""
    if not traits(check.kind).about_place or application.workloads is not None:
        return False
    seen = observe(context, application)
    return isinstance(seen, Observation) and not runs_release(application, seen, pinned.release)


def _after(
    ran: RunOutcome, before: StableState | None, after: StableState | None
) -> tuple[RunOutcome, tuple[ObservedPod, ...]]:
    """The run and what was there all the while; where that is nothing, a run that says nothing."""
    crash = crashed(before, after)
    if crash is not None:
        why = f"the container {crash.container} of the pod {crash.pod} crashed while it was checked"
        return said_nothing("crashed", why), ()
    kept = stable_throughout(before, after)
    return (_rolling("from its beginning to its end"), ()) if kept is None else (ran, kept)


def _rolling(when: str) -> RunOutcome:
    return said_nothing("rollout", f"the release did not run on every pod, unchanged, {when}")
