"""What the trust document names that there is not: types, environments; and keys that may say nothing."""

from collections.abc import Iterator, Sequence

from ldmrelease.config.trust import Trust
from ldmrelease.config.workspace.key_faults import LEDGER, signed_types
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.suggestions import nearest
from ldmrelease.domain.events.registry import EVENT_TYPES
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.trust.identities import OidcIdentity
from ldmrelease.trust.keyring import EVERYWHERE

ROLE_TYPES = frozenset(
    {*STATEMENT_TYPES, *(each.role_type for each in EVENT_TYPES), *signed_types(LEDGER)},
)
"""What a role may list beside the URI of a predicate type that the program does not know."""


def trust_problems(trust: Trust, file: WorkspaceFile, told: Sequence[Problem]) -> Iterator[Problem]:
    """Everything in it that can have no effect. `told` is what is known to be wrong already."""
    placed = {name.partition("/")[0] for name in trust.levels}
    known = placed | file.environments.keys()
    document = trust.document
    for role in trust.keyring.roles:
        for index, type in enumerate(role.types):
            if type not in ROLE_TYPES and "://" not in type:
                path = ("roles", role.name, "types", index)
                yield document.unknown(path, f"there is no type {type!r}", type, ROLE_TYPES)
        for index, name in enumerate(role.environments):
            if name != EVERYWHERE and name not in known:
                path = ("roles", role.name, "environments", index)
                yield document.unknown(path, f"no environment {name!r}", name, known)
    yield from _without_effect(trust)
    yield from _misspelled_places(trust, file, told)


def _without_effect(trust: Trust) -> Iterator[Problem]:
    """Keys and identities by which nothing counts."""
    for each in trust.keyring.signatories:
        section = "identities" if isinstance(each, OidcIdentity) else "keys"
        if not each.roles:
            message = "has no role, so nothing that it signs counts"
            yield trust.document.problem((section, each.id, "roles"), message, "give it one, or take it out")
    if trust.keyring.identities and trust.keyring.trusted_root is None:
        message = "nothing that they sign counts: there is no trusted root to verify certificates by"
        yield trust.document.problem(("identities",), message, "name one under sigstore.trusted-root")


def _misspelled_places(trust: Trust, file: WorkspaceFile, told: Sequence[Problem]) -> Iterator[Problem]:
    """Names of the placement that the workspace does not have, where one that it lacks is near.

    Others may be of sites that another workspace describes.
    """
    applications = {
        f"{name}/{each}" for name, site in file.environments.items() for each in site.applications
    }
    names = file.environments.keys() | applications
    complained = {each.field.split(".")[1] for each in told if each.field.startswith("environments.")}
    lacking = {each for each in names - trust.levels.keys() if each.partition("/")[0] not in complained}
    for name in trust.levels.keys() - names:
        near = nearest(name, lacking)
        if near is not None:
            message = f"the workspace has nothing called {name!r}"
            path = ("environments", name)
            yield trust.document.problem(path, message, f"did you mean {near}?", at_key=True)
