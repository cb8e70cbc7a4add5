"""OIDC identities that a role may name in place of a key: what a certificate of Sigstore has to say.

The issuer is compared as it is; subject, repository and workflow are shell patterns that fit the whole text.
"""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from msgspec import Struct

from ldmrelease.domain import times

ANYTHING = "*"


class Signatory(Protocol):
    """Who is trusted with signing: a key, or an identity. `id` is the name in the trust document."""

    @property
    def id(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def not_after(self) -> datetime | None: ...
    @property
    def compromised_since(self) -> datetime | None: ...


class CertificateIdentity(Struct, frozen=True):
    """Who a certificate was issued to (Fulcio's extensions 1.3.6.1.4.1.57264.1, oid-info.md of sigstore/fulcio).

    subject: the certificate's one alternative name: a workflow's address, a mail address. repository: the address of
    the source's repository; workflow: the file that was run, inside it, and its ref (`.github/workflows/build.yaml@
    refs/tags/1.0`); ref and commit: what was checked out. None where the certificate does not say it.
    """

    issuer: str
    subject: str
    repository: str | None = None
    workflow: str | None = None
    ref: str | None = None
    commit: str | None = None


class OidcIdentity(Struct, frozen=True):
    """Who may sign without a key. It counts for what is taken in from `not_before` to `not_after`, and before
    `compromised_since`; `person` is counted once, as for keys.
    """

    id: str
    issuer: str
    subject: str
    person: str
    roles: tuple[str, ...]
    not_before: datetime
    repository: str | None = None
    workflow: str | None = None
    not_after: datetime | None = None
    compromised_since: datetime | None = None

    def __post_init__(self) -> None:
        check_validity("identity", self)
        if not self.issuer.startswith("https://") or ANYTHING in self.issuer:
            raise ValueError(f"identity {self.id!r}: the issuer is an https:// address, and no pattern")
        for pattern in (self.subject, self.repository, self.workflow):
            if pattern is not None and not pattern.strip():
                raise ValueError(f"identity {self.id!r}: an empty pattern fits nothing")
        if not self.subject.strip("*?") and not (self.repository or "").strip("*?"):
            raise ValueError(
                f"identity {self.id!r}: the subject {self.subject!r} is everybody's; say whose, or which repository's"
            )

    def differs(self, found: CertificateIdentity) -> str | None:
        """The first field in which a certificate's identity is another one; None where it is this one."""
        if found.issuer != self.issuer:
            return "issuer"
        asked = {"subject": self.subject, "repository": self.repository, "workflow": self.workflow}
        for name, pattern in asked.items():
            told: str | None = getattr(found, name)
            if pattern is not None and (told is None or not fnmatchcase(told, pattern)):
                return name
        return None


def check_validity(what: str, signer: Signatory) -> None:
    """Refuse times without a zone, and an end that is not later than the begin. Raises `ValueError`."""
    moments = (signer.not_before, signer.not_after, signer.compromised_since)
    if any(each is not None and each.tzinfo is None for each in moments):
        raise ValueError(f"{what} {signer.id!r}: a time without a zone; write it like 2023-04-20T09:55:23Z")
    if signer.not_after is not None and signer.not_after <= signer.not_before:
        raise ValueError(f"{what} {signer.id!r}: notAfter is not later than notBefore")


def whole(moment: datetime | None) -> datetime | None:
    """The time in whole seconds; one without a zone stays as it is, and is refused."""
    return moment if moment is None or moment.tzinfo is None else times.whole(moment)
