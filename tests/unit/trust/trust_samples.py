"""Keys, roles and statements that the tests of the trust room share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.predicates.test_result import CheckUsed, Outcomes, RunDone, write_result
from ldmrelease.domain.statements import PAYLOAD_TYPE, Subject, write_statement
from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.evaluate import EvaluatedStatement, evaluate_statement
from ldmrelease.trust.keyring import Keyring, Role, make_key
from ldmrelease.trust.signer import Signer, generate

BIRTH = datetime(2023, 1, 1, tzinfo=UTC)
NOON = datetime(2023, 4, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

LAB = "ghcr.io/lsst/sciplat-lab"
IMAGE = "sha256:" + "a" * 64
CHECK_DIGEST = "sha256:" + "c" * 64
DECLARED = {"smoke": ("imports", "butler")}

CI, RUNNER, RUNNER_DEV, MANAGER, STRANGER = (generate() for _ in range(5))

ROLES = (
    Role("ci", ("provenance", "sbom"), (), ("ghcr.io/lsst/*",)),
    Role("runner-summit", ("check", "run", "observation"), ("summit",), ("ghcr.io/lsst/*",)),
    Role("runner-dev", ("check", "run", "observation"), ("usdfdev",), ("*",)),
    Role("manager", ("pin", "request", "checkpoint"), ("summit", "base")),
    Role("receipts", ("receipt",), ("summit",), ("ghcr.io/lsst/*",)),
)


def ring(**changes: Any) -> Keyring:
    """Everybody's keys; `changes` are to the runner's key at the summit."""
    runner: dict[str, Any] = {"roles": ("runner-summit", "receipts"), "not_before": BIRTH, **changes}
    return Keyring(
        (
            make_key("ci-2023", CI.public_pem, "ci", roles=("ci",), not_before=BIRTH),
            make_key("summit-2023", RUNNER.public_pem, "runner@summit", **runner),
            make_key("dev", RUNNER_DEV.public_pem, "runner@dev", roles=("runner-dev",), not_before=BIRTH),
            make_key("ann", MANAGER.public_pem, "ann", roles=("manager",), not_before=BIRTH),
        ),
        ROLES,
    )


def result_predicate(result: str = "PASSED", **run: Any) -> dict[str, Any]:
    """A result of the smoke check at the summit."""
    failed = ("butler",) if result == "FAILED" else ()
    warned = ("butler",) if result == "WARNED" else ()
    passed = tuple(each for each in DECLARED["smoke"] if each not in failed + warned)
    done = {"run": "r1", "started": NOON, "finished": NOON + MINUTE, "environment": "summit", **run}
    return write_result(
        CheckUsed("smoke", CHECK_DIGEST), result, Outcomes(passed, warned, failed), RunDone(**done)
    )


def payload(predicate: dict[str, Any], type: str = "check") -> bytes:
    """A statement about the image."""
    return write_statement(STATEMENT_TYPES[type].uri, (Subject(LAB, IMAGE),), predicate)


def signed(predicate: dict[str, Any], signer: Signer = RUNNER, type: str = "check") -> Envelope:
    """That statement in its envelope."""
    return signer.sign(PAYLOAD_TYPE, payload(predicate, type))


def seen(data: bytes | Envelope, **changes: Any) -> EvaluatedStatement:
    """What becomes of bytes that were taken in ten minutes after noon."""
    raw = data.to_bytes() if isinstance(data, Envelope) else data
    context: dict[str, Any] = {
        "keyring": ring(),
        "received": NOON + 10 * MINUTE,
        "now": NOON + 20 * MINUTE,
        "repository": LAB,
        "checks": DECLARED,
        **changes,
    }
    return evaluate_statement(raw, blob=canonical.digest(raw), **context)


def fact(data: bytes | Envelope, **changes: Any) -> StatementFact:
    """The fact of these bytes."""
    return seen(data, **changes).fact
