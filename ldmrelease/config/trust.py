"""The trust document (`trust.yaml`) -> keyring, placement of environments, policies as agreed."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Struct
from pydantic import AfterValidator, Field, WithJsonSchema

from ldmrelease.config.identities import (
    IdentityEntry,
    SigstoreEntry,
    TrustedRootFile,
    identities_of,
    trusted_root_of,
)
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.fields import UNIQUE, MomentField, Name, Names, Strict, Text, expected
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest
from ldmrelease.config.yaml.validation_messages import faulty_paths, validate
from ldmrelease.domain import canonical
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Check, Place, Product, Topology
from ldmrelease.trust.identities import OidcIdentity
from ldmrelease.trust.keyring import Key, Keyring, Role, make_key

_MAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def _digest(text: str) -> str:
    if not (text.startswith("sha256:") and len(text) == 71 and set(text[7:]) <= set("0123456789abcdef")):
        expected("write sha256: and 64 lower-case hex digits")
    return text


Digest = Annotated[
    str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})
]
Texts = Annotated[list[Text], UNIQUE]


class PolicyEntry(Strict):
    """The version of a policy that was agreed."""

    version: int = Field(ge=1, description="The version that the policy file states.")
    digest: Digest = Field(description="sha256 of the policy file's bytes.")


class TrustedCheckEntry(Strict):
    """A check that was agreed."""

    digest: Digest = Field(
        description="sha256 of its definition, with its template and the files that it runs."
    )
    files: dict[Text, Digest] = Field(
        default_factory=dict,
        description="sha256 of each of those files, by its path from the workspace's folder.",
    )


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        expected("write an address such as ada@lsst.org")
    return text


Mail = Annotated[
    str, AfterValidator(_mail), WithJsonSchema({"type": "string", "pattern": f"^{_MAIL.pattern}$"})
]
SomeTexts = Annotated[list[Text], Field(min_length=1), UNIQUE]


class RoleEntry(Strict):
    """What a key with the role may sign, where, and about which images."""

    types: SomeTexts = Field(description="Types of evidence (check, receipt) and acts (pin, request).")
    environments: Texts = Field(default_factory=list, description="Environments, or '*'.")
    repositories: Texts = Field(default_factory=list, description="Patterns of image repositories.")


class KeyEntry(Strict):
    """A public key, whose it is, and when it counts."""

    public: Text = Field(description="A PEM or .pub file, relative to this one, or the text itself.")
    person: Text = Field(description="Who signs with it: two keys of one person count once.")
    mail: Mail | None = Field(None, description="The person's mail address: the author's, in commits.")
    roles: Names = Field(description="What it may sign.")
    not_before: MomentField = Field(description="What was taken in before does not count.")
    not_after: MomentField | None = Field(None, description="What is taken in later does not count.")
    compromised_since: MomentField | None = Field(None, description="What was taken in since does not count.")


class TrustFile(Strict):
    """The trust document: who is trusted with what, where which level holds, and which policies."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Trust"] = Field(description="What this file is: Trust.")
    version: int = Field(ge=1, description="Rises with every change.")
    policies: dict[Name, PolicyEntry] = Field(description="The policies that were agreed, by level.")
    environments: dict[Text, Name] = Field(
        description="The level of each environment, and of each environment/application that differs."
    )
    targets: dict[Name, Annotated[list[Digest], Field(min_length=1), UNIQUE]] = Field(
        default_factory=dict,
        description="How each environment is reached, written and observed, as `workspace lint` prints it: the digest "
        "of its applications. Several, where machines reach it differently.",
    )
    products: dict[Name, Digest] = Field(
        default_factory=dict,
        description="What each product is made of, and where its images come from: the digest of its entry.",
    )
    checks: dict[Name, TrustedCheckEntry] = Field(
        default_factory=dict, description="The checks that were agreed: others are not run, and do not count."
    )
    notify: Digest | None = Field(
        None,
        description="The command that the workspace notifies by: the digest of its words and of the files that it "
        "runs. Another one is not run.",
    )
    roles: dict[Name, RoleEntry] = Field(description="What keys may be trusted with.")
    keys: dict[Name, KeyEntry] = Field(description="Public keys.")
    identities: dict[Name, IdentityEntry] = Field(
        default_factory=dict,
        description="OIDC identities that sign without a key, by certificates of Sigstore.",
    )
    sigstore: SigstoreEntry | None = Field(
        None, description="By which authorities and logs the certificates of identities are verified."
    )


class AgreedCheck(Struct, frozen=True):
    """A check as it was agreed: its digest, and those of the files that are part of it."""

    digest: str
    files: dict[str, str]


class Trust(Struct, frozen=True):
    """The trust document as values. `policies` are (version, digest) by level; `levels` are by environment
    or environment/application; `targets` are the digests that were agreed to for an environment, `products` that of
    each product, `notify` that of the command that is run where somebody has to act. `key_files` are the digests of
    the PEM files, and of the trusted root, that it names.
    """

    version: int
    keyring: Keyring
    policies: dict[str, tuple[int, str]]
    levels: dict[str, str]
    targets: dict[str, tuple[str, ...]]
    products: dict[str, str]
    checks: dict[str, AgreedCheck]
    notify: str | None
    document: read.YamlDocument
    key_files: dict[Path, str]

    def level_of(self, place: Place) -> str | None:
        """The level that the document puts a place at."""
        return self.levels.get(str(place), self.levels.get(place.environment))

    @property
    def digest(self) -> str:
        """The digest of what the document says, whatever its spelling."""
        said = {
            "version": self.version,
            "keyring": self.keyring.digest,
            "policies": self.policies,
            "levels": self.levels,
            "targets": self.targets,
            "products": self.products,
            "checks": self.checks,
            "notify": self.notify,
        }
        return canonical.digest_of(said)

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
    """Read a trust document. Raises `BadInput` with everything that is wrong in it."""
    document = read.read(path)
    try:
        file = validate(TrustFile, document)
    except BadInput as error:
        raise BadInput([*error.problems, *_problems_of_the_rest(document, path.parent)]) from error
    reader = _Reader(file, document, path.parent)
    roles, keys, identities = tuple(reader.roles()), tuple(reader.keys()), tuple(reader.identities())
    root = reader.trusted_root()
    if reader.problems:
        raise BadInput(reader.problems)
    return Trust(
        version=file.version,
        keyring=Keyring(keys, roles, identities, root.text if root is not None else None),
        policies={name: (each.version, each.digest) for name, each in file.policies.items()},
        levels=file.environments,
        targets={name: tuple(sorted(each)) for name, each in file.targets.items()},
        products=file.products,
        checks={name: AgreedCheck(each.digest, each.files) for name, each in file.checks.items()},
        notify=file.notify,
        document=document,
        key_files=reader.key_files,
    )


def self_contained(trust: Trust) -> dict[str, Any]:
    """The trust document in one piece, with the keys themselves in place of their files: plain values that can be
    written to a file and read as a trust document that says the same.
    """
    document: dict[str, Any] = copy.deepcopy(trust.document.plain)
    for name, entry in document["keys"].items():
        key = trust.keyring.named(name)
        assert key is not None
        entry["public"] = key.public_pem
    if trust.keyring.trusted_root is not None:
        document["sigstore"]["trusted-root"] = trust.keyring.trusted_root
    return document


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
