"""Check runs: registered before they start, run, signed by the runner, taken in (trust.md section 2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from ldmrelease.checks.job import Cut
from ldmrelease.checks.judge import Ran, said_nothing
from ldmrelease.domain import canonical
from ldmrelease.domain.acts import RunRegistration
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.evidence import PAYLOAD_TYPE, PREDICATE_TYPES, Subject, write_statement
from ldmrelease.domain.places import Application, Check
from ldmrelease.services.carrying import Assignment, carry_out
from ldmrelease.services.clusters import cluster_uid
from ldmrelease.services.gather import check_fact, registered_runs, runs_stream
from ldmrelease.services.pin import Pinned
from ldmrelease.services.sealing import sealed
from ldmrelease.services.standing import standing
from ldmrelease.services.statements import evidence_stream
from ldmrelease.services.steps.step import Progress
from ldmrelease.services.workbench import Workbench
from ldmrelease.trust.results import CheckUsed, Outcomes, RunDone, write_result


@dataclass(frozen=True, slots=True)
class Where:
    """Where a check is run."""

    environment: str | None
    cluster_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Somebody else registered a run at the same moment."""

    stream: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run: PASSED or FAILED, or ERRORED where it said nothing about the release.

    `events` and `blobs` take the signed result in; an errored run has none, and is errored by its deadline.
    `then` removes what the run has left, once this is recorded.
    """

    result: str
    ran: Ran
    events: tuple[NewEvent, ...] = ()
    blobs: dict[str, bytes] = field(default_factory=dict)
    then: Callable[[], None] | None = None


def where_of(bench: Workbench, application: Application) -> Where:
    """The environment of an application, and its cluster. Raises `BadAccess`, `ClusterError`."""
    return Where(application.place.environment, cluster_uid(bench, application))


def register(
    bench: Workbench,
    check: Check,
    pinned: Pinned,
    where: Where,
    *,
    promotion: str | None = None,
    expect: dict[str, int] | None = None,
) -> RunRegistration | Unregistered:
    """Say that a run is about to start. A promotion's run has one id however often it is resumed.

    `expect` are further stream versions that have to stand.
    """
    definition = check_fact(check).digest
    known = registered_runs(bench, pinned.digest)
    run = _run_id(check, pinned, where, promotion, len(known))
    if promotion is not None:
        run = _run_id(check, pinned, where, promotion, 0)
        adopted = next((each for each in known if each.run == run), None)
        if adopted is not None:
            return adopted
    now = bench.now()
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
    )
    stream = runs_stream(pinned.digest)
    event = NewEvent(Kind.REGISTERED, stream, sealed(bench, act, bench.signers.runner))
    moved = bench.append([event], expect={**(expect or {}), stream: bench.ledger.version(stream)})
    return Unregistered(stream) if moved else act


def _run_id(check: Check, pinned: Pinned, where: Where, promotion: str | None, number: int) -> str:
    named = [check.name, pinned.digest, where.environment, promotion, number]
    return "run-" + canonical.digest_of(named).removeprefix("sha256:")[:16]


def run_registered(
    bench: Workbench,
    check: Check,
    run: RunRegistration,
    pinned: Pinned,
    application: Application,
    progress: Progress = lambda _code, _values: None,
    beat: Callable[[], None] = lambda: None,
) -> RunResult | Cut:
    """Carry a registered run out, and sign what was seen. Raises `BadAccess`, `ClusterError`."""
    started, before = bench.now(), standing(bench, application, pinned)
    if before is None and application.workloads is not None:
        return RunResult("ERRORED", _rolling("when it began"))
    carried = carry_out(bench, Assignment(check, run, pinned, application), progress, beat)
    if isinstance(carried, Cut):
        return carried
    ran = carried.ran
    if ran.problem is None and before is not None:
        ran = _unless_rolling(ran, before, standing(bench, application, pinned))
    if ran.problem is not None:
        return RunResult("ERRORED", ran, then=carried.then)
    result = "FAILED" if ran.failed else "PASSED"
    predicate = write_result(
        CheckUsed(check.name, run.check_digest),
        result,
        Outcomes(passed=ran.passed, failed=ran.failed),
        RunDone(run.run, started, bench.now(), run.environment, run.cluster_uid),
    )
    subject = Subject(pinned.release.name, pinned.digest)
    payload = write_statement(PREDICATE_TYPES["check"][0], (subject,), predicate)
    envelope = bench.signers.runner.sign(PAYLOAD_TYPE, payload).to_bytes()
    blob = canonical.digest(envelope)
    event = NewEvent(Kind.RECEIVED, evidence_stream(pinned.digest), {"blob": blob})
    return RunResult(result, ran, (event,), {blob: envelope}, carried.then)


def _unless_rolling(ran: Ran, before: str, after: str | None) -> Ran:
    """The run, unless something was rolled out meanwhile: then nobody knows which pods it was about."""
    if before == after:
        return ran
    return _rolling("when it ended" if after is None else "all the time")


def _rolling(when: str) -> Ran:
    return said_nothing("rollout", f"the release did not run on every pod, unchanged, {when}")
