"""Whether the workspace's own keys may sign what will be needed: asked before anything is written."""

from collections.abc import Iterable

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.plan import Plan, StepKind
from ldmrelease.domain.release import Release
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.services.needs import Signing
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Role
from ldmrelease.trust.verify import Rejected, VerifiedPayload, verify


class UnagreedTargets(InputError):
    """An environment is not reached, written and observed as the trust document records."""


def require_agreed_targets(workspace: Workspace, environments: Iterable[str]) -> None:
    """Raise `UnagreedTargets` where nothing is to be written or signed about one of these environments."""
    local = sorted(set(environments) & set(workspace.local_environments))
    if local:
        raise UnagreedTargets(
            f"the targets of {', '.join(local)} are not those that the trust document records, so nothing is written "
            "or signed there; `ldmrelease workspace lint` says what to record"
        )


def require_receipts(context: Signing, plan: Plan, release: Release) -> None:
    """Raise `NoKey` or `KeyProblem` where a receipt that the plan wants would not count at its place."""
    sources = {each.name: each.source for each in release.images}
    for each in plan.places:
        for step in each.steps:
            if step.kind is StepKind.RECEIPT:
                repositories = tuple(sources[name] for name in step.parameters["components"])
                _require_receipt(context, each.level, each.place.environment, repositories)


def _require_receipt(context: Signing, level: str, environment: str, repositories: tuple[str, ...]) -> None:
    signer = context.signers.receipts(level)
    found: VerifiedPayload | Rejected | tuple[Role, ...] = verify(
        signer.sign(PAYLOAD_TYPE, b"{}"), context.keyring, at=context.now()
    )
    if isinstance(found, VerifiedPayload):
        where = {"environments": (environment,), "repositories": repositories}
        found = entitled_roles("receipt", found.key, context.keyring, **where)
    if isinstance(found, Rejected):
        raise context.key_problem(signer, found)
