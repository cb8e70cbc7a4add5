"""The trust document (`trust.yaml`) -> keyring, placement of environments, policies as agreed."""

import copy
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.identities import (
    TrustedRootFile,
    identities_of,
    trusted_root_of,
)
from ldmrelease.config.trust_schema import KeyEntry, TrustFile
from ldmrelease.config.trust_signatures import read_signatures, signatures_file
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest
from ldmrelease.config.yaml.validation_messages import faulty_paths, validate
from ldmrelease.domain import canonical
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Check, Place, Product, Topology
from ldmrelease.trust.identities import OidcIdentity
from ldmrelease.trust.keyring import Key, Keyring, Role, make_key
from ldmrelease.trust.root_chain import Fault, TrustVersion, VerifiedChain, read_version, verify_chain


class AgreedCheck(Struct, frozen=True):
    """A check as it was agreed: its digest, and those of the files that are part of it."""

    digest: str
    files: dict[str, str]


class Trust(Struct, frozen=True):
    """The trust document as values. `policies` are (version, digest) by level; `levels` are by environment
    or environment/application; `targets` are the digests that were agreed to for an environment, `products` that of
    each product, `notify` that of the command that is run where somebody has to act. `key_files` are the digests of
    the PEM files, and of the trusted root, that it names. `payload` is what is signed of it; `chain` are the signed
    versions that are known, `signatures` is the digest of the file that has them, None where there is none.
    """

    version: int
    keyring: Keyring
    policies: dict[str, tuple[int, str]]
    levels: dict[str, str]
    targets: dict[str, tuple[str, ...]]
    products: dict[str, str]
    checks: dict[str, AgreedCheck]
    notify: str | None
    expires: datetime | None
    document: read.YamlDocument
    key_files: dict[Path, str]
    payload: bytes
    chain: VerifiedChain = VerifiedChain()
    signatures: str | None = None

    def level_of(self, place: Place) -> str | None:
        """The level that the document puts a place at."""
        return self.levels.get(str(place), self.levels.get(place.environment))

    @property
    def digest(self) -> str:
        """The digest of what the document says, whatever its layout and comments: of what is signed of it."""
        return canonical.digest(self.payload)

    @property
    def versions(self) -> tuple[TrustVersion, ...]:
        """The signed versions, and the one that is not signed by enough."""
        return (*self.chain.versions, *([self.chain.broken] if self.chain.broken is not None else ()))

    @property
    def as_version(self) -> TrustVersion:
        """The document as a version of the chain, without signatures."""
        return read_version(self.payload)

    @property
    def unsigned(self) -> Fault | None:
        """Why the document as it is counts as nobody's; None where it is signed."""
        newest = self.chain.newest
        if newest is not None and newest.digest == self.digest:
            return None
        if self.chain.broken is not None and self.chain.broken.digest == self.digest:
            return self.chain.fault
        if newest is not None and self.version < newest.version:
            return Fault("older", f"it is version {self.version}, and version {newest.version} is signed")
        if newest is None:
            return self.chain.fault or Fault("no-signatures", "nobody has signed it")
        return Fault("edited", f"it was changed since version {newest.version}, and nobody has signed it")

    def agrees_with(self, level: Level) -> bool:
        """Whether the policy is, byte for byte, the one that was agreed."""
        return self.policies.get(level.name) == (level.version, level.digest)

    def agrees_with_targets(self, topology: Topology, environment: str) -> bool:
        """Whether the applications of an environment are reached, written and observed as was agreed."""
        return topology.target_digest(environment) in self.targets.get(environment, ())

    def agrees_with_product(self, product: Product) -> bool:
        """Whether a product is made of what was agreed, from where that was."""
        return self.products.get(product.name) == product.digest

    def agrees_with_check(self, check: Check) -> bool:
        """Whether a check is the one that was agreed, down to the bytes of its files."""
        agreed = self.checks.get(check.name)
        # The digest covers the files; what is recorded of a file that the check has no more does no harm.
        return (
            agreed is not None
            and agreed.digest == check.digest
            and check.read_files.items() <= agreed.files.items()
        )

    def changed_files(self, check: Check) -> tuple[str, ...]:
        """The files of a check that are not what was agreed; none where nothing was agreed of it."""
        agreed = self.checks.get(check.name)
        if agreed is None:
            return ()
        now = check.read_files
        return tuple(
            name
            for name in sorted(now.keys() | agreed.files.keys())
            if now.get(name) != agreed.files.get(name)
        )


def load_trust(path: Path) -> Trust:
    """Read a trust document with its signatures. Raises `BadInput` with everything that is wrong in it."""
    trust = parse_trust(read.read(path), path.parent)
    file = signatures_file(path)
    if not file.exists():
        return trust
    versions, digest = read_signatures(file)
    return replace(trust, chain=verify_chain(versions), signatures=digest)


def parse_trust(document: read.YamlDocument, folder: Path) -> Trust:
    """The same of what was read, without signatures; PEM files are named from the folder."""
    try:
        file = validate(TrustFile, document)
    except BadInput as error:
        raise BadInput([*error.problems, *_problems_of_the_rest(document, folder)]) from error
    reader = _Reader(file, document, folder)
    roles, keys, identities = tuple(reader.roles()), tuple(reader.keys()), tuple(reader.identities())
    root = reader.trusted_root()
    reader.look_at_root(keys)
    reader.look_at_accounts({*(each.person for each in keys), *(each.person for each in identities)})
    if reader.problems:
        raise BadInput(reader.problems)
    keyring = Keyring(keys, roles, identities, root.text if root is not None else None, file.accounts)
    return Trust(
        version=file.version,
        keyring=keyring,
        policies={name: (each.version, each.digest) for name, each in file.policies.items()},
        levels=file.environments,
        targets={name: tuple(sorted(each)) for name, each in file.targets.items()},
        products=file.products,
        checks={name: AgreedCheck(each.digest, each.files) for name, each in file.checks.items()},
        notify=file.notify,
        expires=file.expires,
        document=document,
        key_files=reader.key_files,
        payload=_payload(document, keyring),
    )


def self_contained(trust: Trust) -> dict[str, Any]:
    """The trust document in one piece, with the keys themselves in place of their files: plain values that can be
    written to a file and read as a trust document that says the same.
    """
    return _self_contained(trust.document, trust.keyring)


def _payload(document: read.YamlDocument, keyring: Keyring) -> bytes:
    try:
        return canonical.encode(_self_contained(document, keyring))
    except canonical.NotCanonical as error:
        raise BadInput([Problem(document.file, f"cannot be signed: {error}")]) from error


def _self_contained(document: read.YamlDocument, keyring: Keyring) -> dict[str, Any]:
    plain: dict[str, Any] = copy.deepcopy(document.plain)
    for each in keyring.keys:
        plain["keys"][each.id]["public"] = each.public_pem
    if keyring.trusted_root is not None:
        plain["sigstore"]["trusted-root"] = keyring.trusted_root
    return plain


def _problems_of_the_rest(document: read.YamlDocument, folder: Path) -> Iterator[Problem]:
    """What is wrong with those keys and roles that have the right shape, where something else has not."""
    if not isinstance(document.plain, dict):
        return
    parts: dict[str, Any] = {each: copy.deepcopy(document.plain.get(each)) for each in ("roles", "keys")}
    if not all(isinstance(each, dict) for each in parts.values()):
        return
    faulty = {path[:2] for path in faulty_paths(TrustFile, {**_BARE, **parts})}
    for section, *name in faulty:
        parts[str(section)].pop(*name)
    reader = _Reader(TrustFile.model_validate({**_BARE, **parts}), document, folder)
    _ = [*reader.roles(), *reader.keys()]
    lost = {str(name) for section, name in faulty if section == "roles"}
    for each in reader.problems:
        found = (each.found or "").strip('"')
        if found not in lost and nearest(found, lost) is None and each.field != "roles":
            yield each


_BARE = {
    "apiVersion": "ldmrelease/v1alpha1",
    "kind": "Trust",
    "version": 1,
    "policies": {},
    "environments": {},
}
"""A trust document that says nothing."""


_AS_SSH_SPELLS = ("ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")
"""What a key as ssh spells it begins with, whether it is of use or not: such a text names no file."""


class _Reader:
    """Makes roles and keys, and collects what is wrong with them."""

    def __init__(self, file: TrustFile, document: read.YamlDocument, folder: Path) -> None:
        self.problems: list[Problem] = []
        self.key_files: dict[Path, str] = {}
        self._file = file
        self._document = document
        self._folder = folder

    def roles(self) -> Iterator[Role]:
        for name, entry in self._file.roles.items():
            try:
                yield Role(name, tuple(entry.types), tuple(entry.environments), tuple(entry.repositories))
            except ValueError as error:
                self._note(("roles", name), str(error))

    def keys(self) -> Iterator[Key]:
        first: dict[str, str] = {}
        for name, entry in self._file.keys.items():
            self._refuse_unknown_roles(name, entry)
            key = self._key(name, entry)
            if key is None:
                continue
            other = first.setdefault(key.keyid, name)
            if other != name:
                self._note(("keys", name, "public"), f"the same key as {other!r}", "keep one of them")
            yield key

    def identities(self) -> Iterator[OidcIdentity]:
        names = set(self._file.keys)
        yield from identities_of(self._file.identities, names, set(self._file.roles), self._note)

    def trusted_root(self) -> TrustedRootFile | None:
        found = trusted_root_of(self._file.sigstore, self._folder, self._note)
        self.key_files |= found.files if found is not None else {}
        return found

    def look_at_accounts(self, persons: Collection[str]) -> None:
        """Each account is some person's whose key or identity the document has."""
        for account, person in self._file.accounts.items():
            if person not in persons:
                self._note(("accounts", account), f"no person {person!r}", did_you_mean(person, persons))

    def look_at_root(self, keys: Iterable[Key]) -> None:
        """Note what is wrong with the root keys: nobody could sign, or whoever has stolen one."""
        root = self._file.root
        if root is None:
            return
        known = {each.id: each for each in keys}
        for index, name in enumerate(root.keys):
            path = ("root", "keys", index)
            if name not in self._file.keys:
                self._note(path, f"no key {name!r}", did_you_mean(name, self._file.keys))
            elif name in known and known[name].compromised_since is not None:
                self._note(path, "is compromised", "take it out: its signature would still count")
        persons = {self._file.keys[name].person for name in root.keys if name in self._file.keys}
        if len(persons) < root.threshold:
            message = f"{root.threshold} persons have to sign, and the root keys are of {len(persons)}"
            self._note(("root", "threshold"), message, "lower it, or add root keys of other persons")

    def _refuse_unknown_roles(self, name: str, entry: KeyEntry) -> None:
        if entry.roles and not self._file.roles:
            self._problems_of_roles()
            return
        for index, role in enumerate(entry.roles):
            if role not in self._file.roles:
                remedy = did_you_mean(role, self._file.roles)
                self._note(("keys", name, "roles", index), f"no role {role!r}", remedy)

    def _problems_of_roles(self) -> None:
        self._note(("roles",), "is empty, and keys have roles", "describe what each role may sign")

    def _key(self, name: str, entry: KeyEntry) -> Key | None:
        place = ("keys", name, "public")
        try:
            return make_key(
                id=name,
                public_pem=self._pem(entry.public),
                person=entry.person,
                mail=entry.mail,
                roles=entry.roles,
                not_before=entry.not_before,
                not_after=entry.not_after,
                compromised_since=entry.compromised_since,
            )
        except OSError as error:
            message = f"{entry.public} cannot be read: {error.strerror}"
            self._note(place, message, "name a PEM file, or write the PEM text")
        except ValueError as error:
            self._note(place, str(error))
        return None

    def _note(self, path: tuple[str | int, ...], message: str, remedy: str | None = None) -> None:
        self.problems.append(self._document.problem(path, message, remedy))

    def _pem(self, public: str) -> str:
        if "-----BEGIN" in public or public.startswith(_AS_SSH_SPELLS) or "\n" in public.strip():
            return public
        if (self._folder / public).is_fifo():
            raise ValueError(f"{public} is a pipe; name a PEM file, or write the PEM text")
        data = read.beginning(self._folder / public, read.LARGEST_FILE + 1)
        if len(data) > read.LARGEST_FILE:
            raise ValueError(
                f"{public} has more than {read.LARGEST_FILE} bytes, and a public key a few hundred"
            )
        self.key_files[self._folder / public] = canonical.digest(data)
        return data.decode()
