"""Whether the workspace's own keys may sign what will be needed: asked before anything is written."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ldmrelease.config.workspace.key_faults import LEDGER, how_to_make, signed_types, signer_fault
from ldmrelease.config.workspace.model import LocalCheck, Workspace
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.events.kinds import OBSERVER, PROMOTER, RUNNER
from ldmrelease.domain.plan import Plan, StepKind
from ldmrelease.domain.release import Release
from ldmrelease.services.needs import Signing
from ldmrelease.services.signers import NoKey
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.signer import KeyProblem
from ldmrelease.trust.verify import Rejected, valid_key


class UnagreedTargets(InputError):
    """An environment is not reached, written and observed as the trust document records."""


def require_agreed_targets(workspace: Workspace, environments: Iterable[str]) -> None:
    """Raise `UnagreedTargets` where nothing is to be written or signed about one of these environments."""
    local = sorted(set(environments) & set(workspace.local_environments))
    if local:
        raise UnagreedTargets(
            f"the targets of {', '.join(local)} differ from what the trust document records, so nothing is written "
            "or signed there; `ldmrelease trust agree` shows the difference and records it"
        )


class UnagreedProduct(InputError):
    """A product is not made of what the trust document records, or from elsewhere."""


def require_agreed_products(workspace: Workspace, products: Iterable[str]) -> None:
    """Raise `UnagreedProduct` where nothing is to be signed about one of these products."""
    local = sorted(set(products) & set(workspace.local_products))
    if local:
        raise UnagreedProduct(
            f"{_differ('product', local)} from what the trust document records, so nothing is written or signed "
            "about it; `ldmrelease trust agree` shows the difference and records it"
        )


def _differ(what: str, names: list[str]) -> str:
    """`product shop differs`, `products shop, till differ`."""
    return f"{what} {names[0]} differs" if len(names) == 1 else f"{what}s {', '.join(names)} differ"


class UnagreedCheck(InputError):
    """A check, or a file that it runs, is not the one that the trust document records."""


def require_agreed_checks(workspace: Workspace, checks: Iterable[str]) -> None:
    """Raise `UnagreedCheck` where one of these checks is not to be run, nor its result to be signed."""
    wanted = set(checks)
    for each in workspace.local_checks:
        if each.name in wanted:
            raise UnagreedCheck(
                f"check {each.name} differs from what the trust document records ({difference_words(each)}), so "
                "it is not run, and nothing is signed about it; look at what was changed: `ldmrelease trust agree` "
                "records it"
            )


def difference_words(check: LocalCheck) -> str:
    """What of a check is not as it was agreed."""
    if check.agreed is None:
        return "which has none of that name"
    if check.files:
        return f"{', '.join(check.files)} changed"
    return "its definition changed"


def require_may_act(context: Signing, types: Iterable[str]) -> None:
    """Raise `KeyProblem` where the trust document does not know the key of whoever acts, or no role of it may sign one
    of these types anywhere: before anything is looked at or written.
    """
    signer = context.signers.me
    for type in types:
        key = valid_key(signer.keyid, context.keyring, at=context.now())
        if isinstance(key, Rejected):
            raise context.key_problem(signer, replace(key, values={**key.values, "type": type}))
        if all(type not in role.types for role in context.keyring.roles_of(key)):
            values = {"type": type, "person": key.person, "roles": sorted(key.roles)}
            raise context.key_problem(signer, Rejected("wrong-role", values))


def require_keys(context: Signing, plan: Plan, release: Release) -> None:
    """Raise `KeyProblem` with every key that the plan will need and that is missing, unknown to the trust document, of
    the wrong kind, or not entitled at a place of the plan: before anything is written.
    """
    faults = dict.fromkeys(_faults(context, plan, release))
    if faults:
        raise KeyProblem("\n".join(faults))


def _faults(context: Signing, plan: Plan, release: Release) -> Iterator[str]:
    whole = tuple(release.repositories)
    yield from _fault(context, PROMOTER, (), ())
    yield from _fault(context, LEDGER, (), ())
    sources = {each.name: each.source for each in release.images}
    for each in plan.places:
        environments = (each.place.environment,)
        kinds = {step.kind for step in each.steps}
        if StepKind.SETTLE in kinds:
            yield from _fault(context, OBSERVER, environments, whole)
        if StepKind.CHECK in kinds:
            yield from _fault(context, RUNNER, environments, whole)
        for step in each.steps:
            if step.kind is StepKind.RECEIPT:
                repositories = tuple(sources[name] for name in step.parameters["components"])
                yield from _fault(context, f"receipts/{each.level}", environments, repositories)


def _fault(
    context: Signing, purpose: str, environments: tuple[str, ...], repositories: tuple[str, ...]
) -> Iterator[str]:
    """What is wrong with the key of a purpose, for what it has to sign there."""
    try:
        signer = context.signers.named(purpose)
    except KeyProblem as error:
        yield f"key {purpose}: {error}"
        return
    except NoKey:
        yield f"key {purpose}: there is none; {how_to_make(purpose, context.keyring)}"
        return
    fault = signer_fault(signer, purpose, context.keyring, context.now())
    if fault is not None:
        remedy = f"; {fault.remedy}" if fault.remedy else ""
        yield f"key {purpose}: what it signs would not count: {fault.message}{remedy}"
        return
    key = context.keyring.find(signer.keyid)
    assert key is not None
    for type in signed_types(purpose):
        where = {"environments": environments, "repositories": repositories} if environments else {}
        found = entitled_roles(type, key, context.keyring, **where)
        if isinstance(found, Rejected):
            yield str(context.key_problem(signer, found))
