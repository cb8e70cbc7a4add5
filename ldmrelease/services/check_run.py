"""Check runs: registered before they start, run, signed by the runner, taken in (trust.md section 2)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ldmrelease.checks.command import Ran, run_command
from ldmrelease.domain import canonical
from ldmrelease.domain.acts import RunRegistration
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.evidence import PAYLOAD_TYPE, PREDICATE_TYPES, Subject, write_statement
from ldmrelease.domain.places import Application, Check
from ldmrelease.services.gather import check_fact, registered_runs, runs_stream
from ldmrelease.services.pin import Pinned
from ldmrelease.services.sealing import sealed
from ldmrelease.services.statements import evidence_stream
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
    """

    result: str
    ran: Ran
    events: tuple[NewEvent, ...] = ()
    blobs: dict[str, bytes] = field(default_factory=dict)


def where_of(application: Application) -> Where:
    """The environment of an application."""
    return Where(application.place.environment, application.cluster_uid)


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
    bench: Workbench, check: Check, run: RunRegistration, pinned: Pinned, application: Application | None
) -> RunResult:
    """Run it as a local process and sign what was seen."""
    started = bench.now()
    ran = run_command(check, _variables(pinned, run, application), bench.workspace.root)
    if ran.problem is not None:
        return RunResult("ERRORED", ran)
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
    return RunResult(result, ran, (event,), {blob: envelope})


def _variables(pinned: Pinned, run: RunRegistration, application: Application | None) -> dict[str, str]:
    """What the command is told about the release and where it runs."""
    release = pinned.release
    told: dict[str, Any] = {
        "LDMRELEASE_PRODUCT": release.product,
        "LDMRELEASE_TAG": release.tag,
        "LDMRELEASE_RELEASE": pinned.digest,
        "LDMRELEASE_RUN": run.run,
        "LDMRELEASE_ENVIRONMENT": run.environment or "",
        "LDMRELEASE_APPLICATION": application.place.application if application else "",
    }
    for image in release.images:
        name = image.name.upper().replace("-", "_").replace(".", "_")
        told[f"LDMRELEASE_IMAGE_{name}"] = f"{image.source}@{image.digest}"
    return told
