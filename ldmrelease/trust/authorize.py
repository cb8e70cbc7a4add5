"""What a verified signer may say: a role counts only inside its types, environments and repositories."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from ldmrelease.domain import times
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES, statement_type
from ldmrelease.domain.statements import Statement
from ldmrelease.trust.identities import Signatory
from ldmrelease.trust.keyring import EVERYWHERE, Keyring, Role
from ldmrelease.trust.verify import Rejected, named

# How far the clocks of two sites may be apart.
LEEWAY = timedelta(minutes=5)

# These tell what happened somewhere. One that leaves out where must not widen its signer's scope.
_HAPPENS_SOMEWHERE = {"run", "observation"} | {
    each.name for each in STATEMENT_TYPES.values() if each.happens_somewhere
}


def authorize(
    statement: Statement,
    signer: Signatory,
    keyring: Keyring,
    *,
    received: datetime,
    now: datetime,
    environment: str | None,
    repositories: tuple[str, ...],
) -> tuple[Role, ...] | Rejected:
    """The roles in which a statement counts.

    `received` is its intake, `environment` where it says that it happened (None: nowhere), `repositories` where
    the images that it names stand. Codes: those of `entitled`, `bad-time`, and `future`, which is errored.
    """
    kind = statement_type(statement.predicate_type)
    environments = () if environment is None else (environment,)
    roles = entitled_roles(kind.name, signer, keyring, environments=environments, repositories=repositories)
    if isinstance(roles, Rejected):
        return roles
    try:
        claimed = kind.claimed_time(statement.predicate)
    except ValueError as error:
        return Rejected("bad-time", {"detail": str(error)})
    early = too_early(signer, received, now) or too_early(signer, claimed, received)
    return early or roles


def entitled_roles(
    type: str,
    key: Signatory,
    keyring: Keyring,
    *,
    environments: tuple[str, ...] = (),
    repositories: tuple[str, ...] = (),
) -> tuple[Role, ...] | Rejected:
    """The roles of a key or an identity that may say this type for all of these environments and repositories.

    Codes: `wrong-role`, `wrong-environment`, `wrong-repository`.
    """
    about = {**named(key), "type": type}
    typed = tuple(each for each in keyring.roles_of(key) if type in each.types)
    if not typed:
        return Rejected("wrong-role", {**about, "roles": sorted(key.roles)})
    placed = tuple(each for each in typed if _covers(each, type, environments))
    if not placed:
        scope = sorted({name for each in typed for name in each.environments})
        return Rejected(
            "wrong-environment",
            {**about, **_roles(typed), "environments": list(environments), "scope": scope},
        )
    return _within_repositories(placed, repositories, about)


def who_may(type: str, keyring: Keyring) -> dict[str, tuple[str, ...]]:
    """The roles that may sign this type, by name, each with the people whose keys have it."""
    return {
        role.name: tuple(dict.fromkeys(each.person for each in keyring.keys if role.name in each.roles))
        for role in keyring.roles
        if type in role.types
    }


def roles_within(
    roles: Iterable[str], type: str, key: Signatory, keyring: Keyring, repositories: Collection[str]
) -> tuple[str, ...] | Rejected:
    """Of the roles in which something counts, by name, those that cover all of these repositories.

    A release is inside a role's repositories only if all its images are. Code: `wrong-repository`.
    """
    about = {**named(key), "type": type}
    held = tuple(each for each in keyring.roles_of(key) if each.name in set(roles))
    scoped = _within_repositories(held, repositories, about)
    return scoped if isinstance(scoped, Rejected) else tuple(each.name for each in scoped)


def _within_repositories(
    roles: tuple[Role, ...], repositories: Collection[str], about: dict[str, str]
) -> tuple[Role, ...] | Rejected:
    scoped = tuple(each for each in roles if all(map(each.speaks_of, repositories)))
    if scoped:
        return scoped
    scope = sorted({name for each in roles for name in each.repositories})
    return Rejected(
        "wrong-repository", {**about, **_roles(roles), "repositories": list(repositories), "scope": scope}
    )


def too_early(key: Signatory, claimed: datetime | None, received: datetime) -> Rejected | None:
    """`future`, where something claims to have happened well after it was taken in."""
    if claimed is None or claimed <= received + LEEWAY:
        return None
    values = {"claimed": times.spell(claimed), "received": times.spell(received)}
    return Rejected("future", {**named(key), **values})


def _covers(role: Role, type: str, environments: tuple[str, ...]) -> bool:
    if not environments and type in _HAPPENS_SOMEWHERE:
        return EVERYWHERE in role.environments
    return all(role.speaks_for(each) for each in environments)


def _roles(roles: tuple[Role, ...]) -> dict[str, list[str]]:
    return {"roles": [each.name for each in roles]}
