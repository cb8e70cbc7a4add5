"""The keyring: whose keys count, for what, where, and from when until when (trust.md section 2).

It is built from the trust document's plain values; every mistake in them is a `ValueError` that names it.
"""

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from msgspec import Struct

from ldmrelease.domain import canonical, times

EVERYWHERE = "*"


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
        moments = (self.not_before, self.not_after, self.compromised_since)
        if any(each is not None and each.tzinfo is None for each in moments):
            raise ValueError(f"key {self.id!r}: a time without a zone; write it like 2023-04-20T09:55:23Z")
        if self.not_after is not None and self.not_after <= self.not_before:
            raise ValueError(f"key {self.id!r}: notAfter is not later than notBefore")


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
        _whole(not_before) or not_before, _whole(not_after), _whole(compromised_since), mail,
    )  # fmt: skip


class Keyring(Struct, frozen=True):
    """All keys and roles that are trusted, each named once."""

    keys: tuple[Key, ...] = ()
    roles: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        _unique("the name of a key", [each.id for each in self.keys])
        _unique("the fingerprint of a key", [each.keyid for each in self.keys])
        _unique("the name of a role", [each.name for each in self.roles])
        known = {each.name for each in self.roles}
        for key in self.keys:
            unknown = sorted(set(key.roles) - known)
            if unknown:
                raise ValueError(f"key {key.id!r}: there is no role {unknown[0]!r}")

    @property
    def document(self) -> bytes:
        """Its canonical spelling, whatever order the trust document lists things in."""
        keys = sorted(self.keys, key=lambda each: each.keyid)
        roles = sorted(self.roles, key=lambda each: each.name)
        return canonical.encode({"keys": keys, "roles": roles})

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

    def roles_of(self, key: Key) -> tuple[Role, ...]:
        """The roles that a key has, by name."""
        return tuple(sorted((each for each in self.roles if each.name in key.roles), key=lambda r: r.name))


def _whole(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo is None else times.whole(moment)


def _unique(what: str, names: list[str]) -> None:
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} is {what} twice")
