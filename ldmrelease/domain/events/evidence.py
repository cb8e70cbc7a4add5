"""What is told of evidence: runs of checks, statements taken in, receipts signed."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.events.kinds import PROMOTER, RUNNER, EventKind, EventType
from ldmrelease.domain.streams import evidence_stream, receipt_stream, run_stream
from ldmrelease.domain.topology import Place


class ObservedPod(Struct, frozen=True):
    """A container of a pod; `image` is the imageID that its kubelet tells, `restarts` how often it was started anew."""

    pod: str
    container: str
    image: str
    restarts: int = 0


class StableState(Struct, frozen=True):
    """What runs at a place undisturbed. `state` changes with every rollout; `pods` come and go with their number."""

    state: str
    pods: tuple[ObservedPod, ...] = ()


class RunRegistration(Struct, frozen=True):
    """A check run, registered before it starts; a result counts once, for a registered run.

    `stable_state` is what ran then: a result counts only for what still does when it ends. `clock`: see `Observation`.
    """

    run: str
    check: str
    check_digest: str
    environment: str | None
    cluster_uid: str | None
    subjects: tuple[str, ...]
    registered: datetime
    deadline: datetime
    promotion: str | None = None
    stable_state: StableState | None = None
    clock: bool = False


class StatementReceived(Struct, frozen=True):
    """A statement about a digest was taken in; `blob` is the digest of its envelope, which the ledger keeps."""

    subject: str
    blob: str


class ReceiptSigned(Struct, frozen=True):
    """A receipt was signed and is kept: `envelope` is its digest. `component` is `release` for the release's own;
    `subject` is the digest that it is about, in `repository`; `applied` is the number of the event that says that the
    release was written there. `clock`: see `Observation`.
    """

    place: Place
    promotion: str
    release: str
    name: str
    component: str
    subject: str
    repository: str
    envelope: str
    applied: int
    clock: bool = False


class ReceiptSkipped(Struct, frozen=True):
    """A release came where it passed nothing that a receipt could say: `reason` is `scaled-to-zero`, or `found` where a
    rollback put back what nobody had ever decided about there, or `emergency`.
    `applied` and `clock` as in `ReceiptSigned`.
    """

    place: Place
    promotion: str
    release: str
    name: str
    reason: str
    applied: int
    clock: bool = False


def _runs(body: RunRegistration) -> str | None:
    return run_stream(body.subjects[0]) if len(body.subjects) == 1 else None


def _received(body: StatementReceived) -> str:
    return evidence_stream(body.subject)


def _receipts(body: ReceiptSigned | ReceiptSkipped) -> str:
    return receipt_stream(body.place)


def _ran_in(body: RunRegistration) -> tuple[str, ...]:
    return (body.environment,) if body.environment is not None else ()


def _receipt_in(body: ReceiptSigned | ReceiptSkipped) -> tuple[str, ...]:
    return (body.place.environment,)


TYPES = (
    EventType(
        EventKind.REGISTERED, RunRegistration, RUNNER, "run", _runs, _ran_in, lambda body: body.registered
    ),
    EventType(EventKind.RECEIVED, StatementReceived, PROMOTER, "intake", _received),
    EventType(EventKind.RECEIPT, ReceiptSigned, PROMOTER, "intake", _receipts, _receipt_in),
    EventType(EventKind.RECEIPT_SKIPPED, ReceiptSkipped, PROMOTER, "intake", _receipts, _receipt_in),
)
