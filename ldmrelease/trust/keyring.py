"""The keyring: whose keys and identities count, for what, where, and from when until when (trust.md section 2).

It is built from the trust document's plain values; every mistake in them is a `ValueError` that names it.
"""

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.trust.identities import OidcIdentity, Signatory, check_validity, whole

EVERYWHERE = "*"
_ALWAYS = ("keys", "roles")


class Role(Struct, frozen=True):
    """What a key with this role may say: a statement counts only inside all three.

    `types` are short predicate names (`check`, `provenance`), names of records (`pin`, `request`, `observation`,
    `run`, `decision`, `promotion`, `step`, `claim`, `intake`) and `checkpoint`; `environments` are names or `*`;
    `repositories` are shell patterns of image repositories (`ghcr.io/lsst/*`).
    """

    name: str
    types: tuple[str, ...]
    environments: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.types:
            raise ValueError(f"role {self.name!r}: no types; a role without types may say nothing")
        if any(EVERYWHERE in each for each in self.types):
            raise ValueError(f"role {self.name!r}: '*' is not a type; name each type that the role may sign")

    def speaks_for(self, environment: str) -> bool:
        """Whether the role counts in this environment."""
        return EVERYWHERE in self.environments or environment in self.environments

    def speaks_of(self, repository: str) -> bool:
        """Whether the role counts for images of this repository."""
        return any(fnmatchcase(repository, each) for each in self.repositories)


class Key(Struct, frozen=True):
    """A public key. `id` is its name in the trust document, `keyid` the fingerprint that envelopes name.

    `mail` is the person's address, for commits.

    It counts for what is taken in from `not_before` to `not_after`, and before `compromised_since`.
    """

    id: str
    keyid: str
    public_pem: str
    person: str
    roles: tuple[str, ...]
    not_before: datetime
    not_after: datetime | None = None
    compromised_since: datetime | None = None
    mail: str | None = None

    def __post_init__(self) -> None:
        check_validity("key", self)


def make_key(
    id: str,
    public_pem: str,
    person: str,
    *,
    roles: Iterable[str],
    not_before: datetime,
    not_after: datetime | None = None,
    compromised_since: datetime | None = None,
    mail: str | None = None,
) -> Key:
    """A key of the trust document; its fingerprint follows from the PEM. Raises `ValueError`."""
    from ldmrelease.trust.keys import fingerprint, read_public, write_public  # noqa: PLC0415 - knows cryptography

    try:
        public = read_public(public_pem)
    except ValueError as error:
        raise ValueError(f"key {id!r}: {error}") from None
    return Key(
        id, fingerprint(public), write_public(public), person, tuple(roles),
        whole(not_before) or not_before, whole(not_after), whole(compromised_since), mail,
    )  # fmt: skip


class Keyring(Struct, frozen=True):
    """All keys, identities and roles that are trusted, each named once.

    trusted_root: the authorities and logs by which certificates are verified, as Sigstore's `trusted_root.json` spells
    them, in canonical JSON; None where no certificate is trusted. accounts: by what somebody is called elsewhere
    (`jira:jdoe`), which person that is.
    """

    keys: tuple[Key, ...] = ()
    roles: tuple[Role, ...] = ()
    identities: tuple[OidcIdentity, ...] = ()
    trusted_root: str | None = None
    accounts: dict[str, str] = {}

    def __post_init__(self) -> None:
        _unique("the name of a key", [each.id for each in self.keys])
        _unique("the name of a key or identity", [each.id for each in self.signatories])
        _unique("the fingerprint of a key", [each.keyid for each in self.keys])
        _unique("the name of a role", [each.name for each in self.roles])
        known = {each.name for each in self.roles}
        for each in self.signatories:
            unknown = sorted(set(each.roles) - known)
            if unknown:
                what = "identity" if isinstance(each, OidcIdentity) else "key"
                raise ValueError(f"{what} {each.id!r}: there is no role {unknown[0]!r}")

    def person_of(self, system: str, name: str) -> str | None:
        """Who somebody is that another system names: by `accounts`, else who is spelled just so; None for nobody known.

        Somebody unknown is no person: two spellings of one would be two.
        """
        known = self.accounts.get(f"{system}:{name}")
        if known is not None:
            return known
        return name if any(each.person == name for each in self.signatories) else None

    @property
    def signatories(self) -> tuple[Signatory, ...]:
        """Everybody who may sign: the keys, then the identities."""
        return (*self.keys, *self.identities)

    @property
    def document(self) -> bytes:
        """Its canonical spelling, whatever order the trust document lists things in."""
        keys = sorted(self.keys, key=lambda each: each.keyid)
        roles = sorted(self.roles, key=lambda each: each.name)
        identities = sorted(self.identities, key=lambda each: each.id)
        said = {"keys": keys, "roles": roles, "identities": identities, "trusted_root": self.trusted_root}
        said["accounts"] = self.accounts
        return canonical.encode({name: each for name, each in said.items() if name in _ALWAYS or each})

    @property
    def digest(self) -> str:
        """The digest of its canonical spelling."""
        return canonical.digest(self.document)

    def find(self, keyid: str) -> Key | None:
        """The key of a fingerprint."""
        return next((each for each in self.keys if each.keyid == keyid), None)

    def named(self, id: str) -> Key | None:
        """The key of that name in the trust document."""
        return next((each for each in self.keys if each.id == id), None)

    def signatory(self, id: str) -> Signatory | None:
        """The key or identity of that name in the trust document."""
        return next((each for each in self.signatories if each.id == id), None)

    def roles_of(self, key: Signatory) -> tuple[Role, ...]:
        """The roles that a key or an identity has, by name."""
        return tuple(sorted((each for each in self.roles if each.name in key.roles), key=lambda r: r.name))


def _unique(what: str, names: list[str]) -> None:
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} is {what} twice")
