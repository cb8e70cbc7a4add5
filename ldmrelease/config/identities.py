"""The parts of the trust document about signatures without keys: OIDC identities, and Sigstore's trusted root."""

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from pydantic import Field

from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.fields import MomentField, Names, Strict, Text
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import canonical
from ldmrelease.trust.identities import OidcIdentity, whole
from ldmrelease.trust.trusted_root import read_trusted_root

Note = Callable[[tuple[str | int, ...], str, str | None], None]
"""Takes what is wrong: where, what, and the remedy."""


class IdentityEntry(Strict):
    """An OIDC identity that signs without a key, whose it is, and when it counts."""

    issuer: Text = Field(
        description="Who issued its token, exactly: https://token.actions.githubusercontent.com."
    )
    subject: Text = Field(
        description="Pattern of the certificate's subject, as a whole: the address of a workflow, or a mail address."
    )
    repository: Text | None = Field(
        None, description="Pattern of the source repository's address that the certificate has to name."
    )
    workflow: Text | None = Field(
        None,
        description="Pattern of the file that was run and its ref: .github/workflows/build.yaml@refs/tags/*.",
    )
    person: Text = Field(description="Who it is: all keys and identities of one person count once.")
    roles: Names = Field(description="What it may sign.")
    not_before: MomentField = Field(description="What was taken in before does not count.")
    not_after: MomentField | None = Field(None, description="What is taken in later does not count.")
    compromised_since: MomentField | None = Field(None, description="What was taken in since does not count.")


class SigstoreEntry(Strict):
    """By which authorities and logs certificates are verified."""

    trusted_root: Text = Field(
        description="Sigstore's trusted_root.json, relative to this file, or its text itself. Its content is part of "
        "what is agreed to here."
    )


class TrustedRootFile(Struct, frozen=True):
    """The trusted root in canonical JSON, and the digest of the file that it was read from, if it was one."""

    text: str
    files: dict[Path, str]


def identities_of(
    entries: dict[str, IdentityEntry], keys: set[str], roles: set[str], note: Note
) -> Iterator[OidcIdentity]:
    """The identities that can be made; what is wrong with the others is noted."""
    for name, entry in entries.items():
        if name in keys:
            note(("identities", name), f"there is a key {name!r} too", "give one of them another name")
            continue
        unknown = [(index, role) for index, role in enumerate(entry.roles) if role not in roles]
        for index, role in unknown:
            note(("identities", name, "roles", index), f"no role {role!r}", did_you_mean(role, roles))
        try:
            yield _identity(name, entry)
        except ValueError as error:
            note(("identities", name), str(error).removeprefix(f"identity {name!r}: "), None)


def _identity(name: str, entry: IdentityEntry) -> OidcIdentity:
    return OidcIdentity(
        id=name,
        issuer=entry.issuer,
        subject=entry.subject,
        repository=entry.repository,
        workflow=entry.workflow,
        person=entry.person,
        roles=tuple(entry.roles),
        not_before=whole(entry.not_before) or entry.not_before,
        not_after=whole(entry.not_after),
        compromised_since=whole(entry.compromised_since),
    )


def trusted_root_of(entry: SigstoreEntry | None, folder: Path, note: Note) -> TrustedRootFile | None:
    """The trusted root that the document names; None where it names none, or where something is wrong with it."""
    if entry is None:
        return None
    place = ("sigstore", "trusted-root")
    try:
        if entry.trusted_root.lstrip().startswith("{"):
            return TrustedRootFile(read_trusted_root(entry.trusted_root.encode()), {})
        path = folder / entry.trusted_root
        data = read.beginning(path, read.LARGEST_FILE + 1)
        if len(data) > read.LARGEST_FILE:
            raise ValueError(f"{entry.trusted_root} has more than {read.LARGEST_FILE} bytes")
        return TrustedRootFile(read_trusted_root(data), {path: canonical.digest(data)})
    except OSError as error:
        note(
            place,
            f"{entry.trusted_root} cannot be read: {error.strerror}",
            "name Sigstore's trusted_root.json",
        )
    except ValueError as error:
        note(place, str(error), None)
    return None
