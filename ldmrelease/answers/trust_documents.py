"""What is told of the trust document: people, keys, roles, environments, policies, signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.spellings import DigestText, TimeText
from ldmrelease.answers.trust_signatures import SignaturesAnswer, TrustChangeAnswer, signatures_answer
from ldmrelease.domain import times
from ldmrelease.services.operations.trust_document import signed_versions

if TYPE_CHECKING:
    from datetime import datetime

    from ldmrelease.services.operations.trust_document import SignedDocument
    from ldmrelease.trust.identities import OidcIdentity
    from ldmrelease.trust.keyring import Keyring


class KeyOfPersonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the document: its name, fingerprint and roles, when it counts, and whether it is a `root` key."""

    name: str
    keyid: str
    roles: tuple[str, ...]
    not_before: TimeText
    not_after: TimeText | None
    compromised_since: TimeText | None
    root: bool


class IdentityOfPersonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An OIDC identity of the document: whom its certificates name, its roles, and when it counts."""

    name: str
    issuer: str
    subject: str
    repository: str | None
    workflow: str | None
    roles: tuple[str, ...]
    not_before: TimeText
    not_after: TimeText | None
    compromised_since: TimeText | None


class PersonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, and the keys and identities by which that is known."""

    person: str
    mail: str | None
    keys: tuple[KeyOfPersonAnswer, ...]
    identities: tuple[IdentityOfPersonAnswer, ...]


class RoleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What keys with a role may sign, where, and about which images."""

    name: str
    types: tuple[str, ...]
    environments: tuple[str, ...]
    repositories: tuple[str, ...]


class AgreedPolicyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The policy of a level that was agreed."""

    level: str
    version: int
    digest: DigestText


class TrustVersionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A signed version: its digest, and the names of the keys that have signed it."""

    version: int
    digest: DigestText
    by: tuple[str, ...]


class ShownTrustAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a trust document says, and who has signed it. `unsigned_changes` are what it says otherwise than its newest
    signed version; `threshold` is how many persons have to sign, 0 where it names no root keys.
    """

    file: str
    version: int
    digest: DigestText
    signed: bool
    signatures: SignaturesAnswer
    expires: TimeText | None
    threshold: int
    people: tuple[PersonAnswer, ...]
    roles: tuple[RoleAnswer, ...]
    environments: dict[str, str]
    policies: tuple[AgreedPolicyAnswer, ...]
    versions: tuple[TrustVersionAnswer, ...]
    unsigned_changes: tuple[TrustChangeAnswer, ...]


def shown_trust_answer(found: SignedDocument, changes: tuple[TrustChangeAnswer, ...]) -> ShownTrustAnswer:
    """What a document says; `changes` are what nobody has signed of it."""
    trust = found.trust
    roots = {each.name for each in trust.as_version.roots}
    persons = dict.fromkeys(each.person for each in trust.keyring.signatories)
    return ShownTrustAnswer(
        file=trust.document.file,
        version=trust.version,
        digest=trust.digest,
        signed=trust.unsigned is None,
        signatures=signatures_answer(found),
        expires=_spelled(trust.expires),
        threshold=trust.as_version.threshold,
        people=tuple(_person(each, trust.keyring, roots) for each in persons),
        roles=tuple(
            RoleAnswer(
                name=each.name,
                types=each.types,
                environments=each.environments,
                repositories=each.repositories,
            )
            for each in trust.keyring.roles
        ),
        environments=trust.levels,
        policies=tuple(
            AgreedPolicyAnswer(level=level, version=version, digest=digest)
            for level, (version, digest) in trust.policies.items()
        ),
        versions=tuple(
            TrustVersionAnswer(version=each.version, digest=each.digest, by=by)
            for each, by in signed_versions(trust)
        ),
        unsigned_changes=changes,
    )


def _person(name: str, keyring: Keyring, roots: set[str]) -> PersonAnswer:
    own = [each for each in keyring.keys if each.person == name]
    return PersonAnswer(
        person=name,
        mail=next((each.mail for each in own if each.mail is not None), None),
        keys=tuple(
            KeyOfPersonAnswer(
                name=each.id,
                keyid=each.keyid,
                roles=each.roles,
                not_before=times.spell(each.not_before),
                not_after=_spelled(each.not_after),
                compromised_since=_spelled(each.compromised_since),
                root=each.id in roots,
            )
            for each in own
        ),
        identities=tuple(_identity(each) for each in keyring.identities if each.person == name),
    )


def _identity(found: OidcIdentity) -> IdentityOfPersonAnswer:
    return IdentityOfPersonAnswer(
        name=found.id,
        issuer=found.issuer,
        subject=found.subject,
        repository=found.repository,
        workflow=found.workflow,
        roles=found.roles,
        not_before=times.spell(found.not_before),
        not_after=_spelled(found.not_after),
        compromised_since=_spelled(found.compromised_since),
    )


def _spelled(moment: datetime | None) -> str | None:
    return None if moment is None else times.spell(moment)
