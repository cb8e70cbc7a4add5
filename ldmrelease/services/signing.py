"""Sign with the workspace's own keys what will count: asked before anything is written (trust.md section 2).

An act by a key that the trust document does not entitle would be in the ledger for good, seen and of no effect.
"""

from typing import Any

from ldmrelease.domain.plan import Plan, StepKind
from ldmrelease.domain.records import Record
from ldmrelease.domain.release import Release
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.services.context import Context
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Role
from ldmrelease.trust.records import VerifiedRecord, sign_record, verify_record
from ldmrelease.trust.signer import KeyProblem, Signer
from ldmrelease.trust.verify import Rejected, VerifiedPayload, verify


def signed(context: Context, act: Record, signer: Signer) -> dict[str, Any]:
    """The body of an event that carries the signed act. Raises `KeyProblem` where the act would not count."""
    body = sign_record(act, signer)
    opened = verify_record(body, type(act), context.keyring, at=context.now())
    if not isinstance(opened, VerifiedRecord):
        raise _problem(context, signer, opened)
    return body


def require_receipts(context: Context, plan: Plan, release: Release) -> None:
    """Raise `NoKey` or `KeyProblem` where a receipt that the plan wants would not count at its place."""
    sources = {each.name: each.source for each in release.images}
    for each in plan.places:
        for step in each.steps:
            if step.kind is StepKind.RECEIPT:
                repositories = tuple(sources[name] for name in step.parameters["components"])
                _require_receipt(context, each.level, each.place.environment, repositories)


def _require_receipt(context: Context, level: str, environment: str, repositories: tuple[str, ...]) -> None:
    signer = context.signers.receipts(level)
    found: VerifiedPayload | Rejected | tuple[Role, ...] = verify(
        signer.sign(PAYLOAD_TYPE, b"{}"), context.keyring, at=context.now()
    )
    if isinstance(found, VerifiedPayload):
        where = {"environments": (environment,), "repositories": repositories}
        found = entitled_roles("receipt", found.key, context.keyring, **where)
    if isinstance(found, Rejected):
        raise _problem(context, signer, found)


def _problem(context: Context, signer: Signer, refusal: Rejected) -> KeyProblem:
    key = context.keyring.find(signer.keyid)
    values = ", ".join(f"{name} {value}" for name, value in refusal.values.items() if name != "key")
    return KeyProblem(
        f"what {key.id if key is not None else signer.keyid} has to sign would not count: {refusal.code}"
        f"{f' ({values})' if values else ''}; name another key under `keys:` in {context.workspace.file.name}, or "
        f"let {context.workspace.trust.name} trust this one with it (`ldmrelease doctor` looks at every key)"
    )
