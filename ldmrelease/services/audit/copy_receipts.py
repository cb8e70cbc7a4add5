"""The receipts of a copy: each signed by its level's key, about what its event says, and resting on what is there."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ldmrelease.config.trust import Trust
from ldmrelease.domain import canonical, times
from ldmrelease.domain.decision import Decision, Verdict
from ldmrelease.domain.events import Head
from ldmrelease.domain.events.evidence import ReceiptSigned
from ldmrelease.domain.predicates.summary import read_receipt
from ldmrelease.domain.release import Release
from ldmrelease.domain.statements import PAYLOAD_TYPE, Statement, read_statement
from ldmrelease.ledger import LedgerProblem
from ldmrelease.ledger.copies import LedgerCopy
from ldmrelease.services.inventory.receipts import RELEASE
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.records import verified_payload
from ldmrelease.trust.verify import Rejected

_LEVELS = "/levels/"
_EXTENSION = "/receipt/v1"


class ReadReceipt(NamedTuple):
    """A receipt that verifies: what it says, the head of the ledger as it was signed, and its own part of the
    predicate.
    """

    statement: Statement
    head: Head
    own: dict[str, Any]


def receipt_faults(
    copy: LedgerCopy, trust: Trust, body: ReceiptSigned, time: str, releases: dict[str, Release]
) -> Iterator[LedgerProblem | Rejected]:
    """What is wrong with the receipt of an event that was appended at `time`; nothing where all of it holds."""
    envelope = copy.blob(body.envelope)
    if envelope is None:
        return  # That it is missing is told with all that is.
    repositories = () if body.component == RELEASE else (body.repository,)
    read = read_signed_receipt(envelope, trust, time, (body.place.environment,), repositories)
    if isinstance(read, Rejected):
        yield read
        return
    yield from _differences(read, trust, body)
    yield from _subjects(read, body, releases.get(body.release))
    yield from _decision(copy, read, body)


def read_signed_receipt(
    envelope: bytes,
    trust: Trust,
    time: str,
    environments: tuple[str, ...],
    repositories: tuple[str, ...],
) -> ReadReceipt | Rejected:
    """The receipt in an envelope, if a key that may sign receipts there and of that has signed it, as of `time`."""
    verified = verified_payload(envelope, PAYLOAD_TYPE, trust.keyring, at=times.instant(time))
    if isinstance(verified, Rejected):
        return verified
    roles = entitled_roles(
        "receipt", verified.key, trust.keyring, environments=environments, repositories=repositories
    )
    if isinstance(roles, Rejected):
        return roles
    statement = read_statement(verified.payload)
    if not isinstance(statement, Statement):
        return Rejected(statement.code, {"detail": statement.detail})
    own: Any = statement.predicate.get(f"{_base(statement)}{_EXTENSION}")
    try:
        said = own["checkpoint"]
        head = Head(str(said["origin"]), int(said["size"]), str(said["head"]))
    except (TypeError, KeyError, ValueError) as error:
        return Rejected("malformed", {"detail": f"no receipt of a promotion: {error!r}"})
    return ReadReceipt(statement, head, own)


def _base(statement: Statement) -> str:
    verifier = statement.predicate.get("verifier")
    named = str(verifier.get("id")) if isinstance(verifier, dict) else ""
    return named.rpartition(_LEVELS)[0]


def _differences(read: ReadReceipt, trust: Trust, body: ReceiptSigned) -> Iterator[LedgerProblem]:
    said = read_receipt(read.statement, _base(read.statement))
    if said is None:
        yield LedgerProblem("receipt", "its result", "PASSED", "another")
        return
    parts = (
        ("its level", trust.level_of(body.place), said.level),
        ("its environment", body.place.environment, said.environment),
        ("its release", body.release, said.release),
        ("its promotion", body.promotion, said.promotion),
        ("its subject", body.subject, said.subject),
        ("its clock", body.clock, said.clock),
    )
    for where, expected, found in parts:
        if expected != found:
            yield LedgerProblem("receipt", where, str(expected), str(found))


def _subjects(read: ReadReceipt, body: ReceiptSigned, release: Release | None) -> Iterator[LedgerProblem]:
    """A receipt speaks of the image that was pinned, with its platforms, or of the release, and of nothing else."""
    if release is None:
        yield LedgerProblem("receipt", "its release", "one that was pinned before", body.release)
        return
    part = release.component(body.component)
    own = {body.release} if body.component == RELEASE else set(part.identity.digests() if part else ())
    foreign = sorted({each.digest for each in read.statement.subjects} - own)
    if foreign:
        yield LedgerProblem(
            "receipt", "its subjects", f"those of {body.component} of {body.name}", foreign[0]
        )


def _decision(copy: LedgerCopy, read: ReadReceipt, body: ReceiptSigned) -> Iterator[LedgerProblem]:
    digest = str(read.own.get("decision"))
    data = copy.blob(digest)
    if data is None:
        yield LedgerProblem("blob", digest, "the decision behind the receipt", "nothing")
        return
    try:
        decision = canonical.decode(data, Decision)
    except canonical.NotCanonical as error:
        yield LedgerProblem("receipt", "its decision", "a decision", str(error))
        return
    policy = read.statement.predicate.get("policy")
    digests = policy.get("digest") if isinstance(policy, dict) else None
    found = f"sha256:{digests.get('sha256')}" if isinstance(digests, dict) else ""
    parts = (
        ("its policy", decision.policy, found),
        ("its decision's place", str(body.place), str(decision.place)),
        ("its decision's release", body.release, decision.release),
        ("its decision's verdict", str(Verdict.ALLOWED), str(decision.verdict)),
    )
    for where, expected, told in parts:
        if expected != told:
            yield LedgerProblem("receipt", where, expected, told)


def pinned_releases(copy: LedgerCopy, documents: Iterable[tuple[str, str]]) -> dict[str, Release]:
    """Releases by their digests, each of the digest of its document; those that cannot be read are left out."""
    found = {}
    for release, document in documents:
        data = copy.blob(document)
        try:
            if data is not None:
                found[release] = canonical.decode(data, Release)
        except canonical.NotCanonical:
            continue
    return found
