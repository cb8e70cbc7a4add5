"""Sign with the workspace's own keys what will count: asked before anything is written (trust.md section 2).

An act by a key that the trust document does not entitle would be in the ledger for good, seen and of no effect.
"""

from typing import Any

from ldmrelease.domain.plan import Plan, StepKind
from ldmrelease.domain.records import Act
from ldmrelease.domain.release import Release
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.services.context import Workbench
from ldmrelease.trust.authorize import entitled
from ldmrelease.trust.keyring import Role
from ldmrelease.trust.records import Opened, open_act, seal
from ldmrelease.trust.signer import KeyProblem, Signer
from ldmrelease.trust.verify import NotCounted, Verified, verify


def sealed(bench: Workbench, act: Act, signer: Signer) -> dict[str, Any]:
    """The body of an event that carries the signed act. Raises `KeyProblem` where the act would not count."""
    body = seal(act, signer)
    opened = open_act(body, type(act), bench.keyring, at=bench.now())
    if not isinstance(opened, Opened):
        raise _problem(bench, signer, opened)
    return body


def require_receipts(bench: Workbench, plan: Plan, release: Release) -> None:
    """Raise `NoKey` or `KeyProblem` where a receipt that the plan wants would not count at its place."""
    sources = {each.name: each.source for each in release.images}
    for each in plan.places:
        for step in each.steps:
            if step.kind is StepKind.RECEIPT:
                repositories = tuple(sources[name] for name in step.parameters["components"])
                _require_receipt(bench, each.level, each.place.environment, repositories)


def _require_receipt(bench: Workbench, level: str, environment: str, repositories: tuple[str, ...]) -> None:
    signer = bench.signers.receipts(level)
    found: Verified | NotCounted | tuple[Role, ...] = verify(
        signer.sign(PAYLOAD_TYPE, b"{}"), bench.keyring, at=bench.now()
    )
    if isinstance(found, Verified):
        where = {"environments": (environment,), "repositories": repositories}
        found = entitled("receipt", found.key, bench.keyring, **where)
    if isinstance(found, NotCounted):
        raise _problem(bench, signer, found)


def _problem(bench: Workbench, signer: Signer, refusal: NotCounted) -> KeyProblem:
    key = bench.keyring.find(signer.keyid)
    values = ", ".join(f"{name} {value}" for name, value in refusal.values.items() if name != "key")
    return KeyProblem(
        f"what {key.id if key is not None else signer.keyid} has to sign would not count: {refusal.code}"
        f"{f' ({values})' if values else ''}; name another key under `keys:` in {bench.workspace.file.name}, or "
        f"let {bench.workspace.trust.name} trust this one with it (`ldmrelease doctor` looks at every key)"
    )
