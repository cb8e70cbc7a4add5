"""What a trust document looks like: its file as pydantic reads it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from ldmrelease.config.identities import IdentityEntry, SigstoreEntry
from ldmrelease.config.yaml.fields import UNIQUE, MomentField, Name, Names, SomeNames, Strict, Text, expected

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
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]*:\S+")


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        expected("write the system and the name there, such as jira:jdoe")
    return text


Account = Annotated[
    str, AfterValidator(_account), WithJsonSchema({"type": "string", "pattern": f"^{_ACCOUNT.pattern}$"})
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


class RootEntry(Strict):
    """Who signs the document: each version by its own root keys and by those of the version before."""

    keys: SomeNames = Field(description="Root keys, by their names under `keys`.")
    threshold: int = Field(ge=1, description="How many persons have to sign, each with a root key.")


class TrustFile(Strict):
    """The trust document: who is trusted with what, where which level holds, and which policies."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["Trust"] = Field(description="What this file is: Trust.")
    version: int = Field(ge=1, description="Rises by 1 with every change.")
    expires: MomentField | None = Field(
        None, description="Until when the document counts: nothing is decided by it later."
    )
    root: RootEntry | None = Field(
        None, description="Who signs the document; without it nobody can, and nothing acts on it."
    )
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
        description="Who is told where somebody has to act: the digest of the receivers and of the files that their "
        "commands run. Others are told nothing.",
    )
    roles: dict[Name, RoleEntry] = Field(description="What keys may be trusted with.")
    keys: dict[Name, KeyEntry] = Field(description="Public keys.")
    accounts: dict[Account, Text] = Field(
        default_factory=dict,
        description="Whose each account in another system is: by `jira:jdoe` the person, as the keys spell it. What is "
        "approved there by an account that is not here, and not spelled like a person, is nobody's.",
    )
    identities: dict[Name, IdentityEntry] = Field(
        default_factory=dict,
        description="OIDC identities that sign without a key, by certificates of Sigstore.",
    )
    sigstore: SigstoreEntry | None = Field(
        None, description="By which authorities and logs the certificates of identities are verified."
    )
