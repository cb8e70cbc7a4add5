"""Who signed a Sigstore bundle with a certificate, verified without asking anybody (the extra `sigstore`).

The library verifies the certificate's chain at the time of the log or of the timestamp, its SCT, the inclusion proof
with its checkpoint, the log's promise, the signature, and that the log's entry is of this envelope. Its import takes
a third of a second: it is loaded where the first such bundle is met. Nothing in here raises, whatever the bytes are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ldmrelease.domain import canonical, times
from ldmrelease.trust.certificates import certificate_identity
from ldmrelease.trust.identities import CertificateIdentity
from ldmrelease.trust.trusted_root import root_at
from ldmrelease.trust.verify import Rejected

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import Bundle

    from ldmrelease.trust.dsse import Envelope

_REFUSALS = {
    "not enough sources of verified time": "no-signed-time",
    "failed to verify SCT": "bad-sct",
    "invalid log entry": "bad-log-entry",
    "Unsupported DSSE log entry": "unsupported-log-entry",
    "Integrated time only supported": "unsupported-log-entry",
    "Expected log entry version": "unsupported-log-entry",
    "DSSE: invalid signature": "bad-signature",
    "log entry": "other-log-entry",
    "transparency log entry": "other-log-entry",
}
"""Codes by how the library's messages begin. Another message is `bad-bundle`, with what it says."""


def certificate_of(envelope: Envelope, trusted_root: str | None) -> CertificateIdentity | Rejected:
    """The identity that signed an envelope in a bundle, by a canonical trusted root.

    Codes: `no-trusted-root`, `needs-sigstore`, `bad-bundle`, `no-log-entry`, `no-signed-time`, `certificate-expired`,
    `bad-certificate`, `bad-sct`, `bad-log-entry`, `unsupported-log-entry`, `other-log-entry`, `bad-signature`,
    `not-in-trusted-root`.
    """
    if trusted_root is None:
        return Rejected("no-trusted-root")
    if not has_library():
        return Rejected("needs-sigstore")
    assert envelope.bundle is not None
    return _verified(envelope.bundle, trusted_root)


def has_library() -> bool:
    """Whether the extra `sigstore` is installed."""
    try:
        import sigstore.verify  # noqa: F401, PLC0415 - an extra, and slow
    except ImportError:
        return False
    return True


class _AnyIdentity:
    """The library's policy (`VerificationPolicy`): who it has to be, the trust document says later."""

    def __init__(self) -> None:
        self.found: list[CertificateIdentity] = []

    def verify(self, cert: Certificate) -> None:
        """Keep whose certificate it is. Raises `ValueError` where it does not say."""
        self.found.append(certificate_identity(cert))


_MOST = 4096
_known: dict[tuple[str, str], CertificateIdentity | Rejected] = {}
"""What was found of bundles, by their digest and that of the trusted root: a statement is judged for each place."""


def _verified(data: bytes, trusted_root: str) -> CertificateIdentity | Rejected:
    about = (canonical.digest(data), canonical.digest(trusted_root.encode()))
    found = _known.get(about)
    if found is None:
        try:
            found = _verify(data, trusted_root)
        # Whatever a library makes of hostile bytes is no reason to stop.
        except Exception as error:
            found = _refusal(error)
        if len(_known) >= _MOST:
            _known.clear()
        _known[about] = found
    return found


def _verify(data: bytes, trusted_root: str) -> CertificateIdentity | Rejected:
    from sigstore.models import Bundle, TrustedRoot  # noqa: PLC0415
    from sigstore.verify import Verifier  # noqa: PLC0415
    from sigstore_models.trustroot.v1 import TrustedRoot as RootModel  # noqa: PLC0415

    plain = canonical.parse(data)
    entries = plain["verificationMaterial"].get("tlogEntries") or []
    if len(entries) != 1:
        return Rejected(
            "no-log-entry", {"detail": f"{len(entries)} entries of a transparency log; it has one"}
        )
    bundle = Bundle.from_json(data)
    moments = _signed_times(entries[0], bundle)
    certificate = bundle.signing_certificate
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for each in moments:
        if not begin <= each <= end:
            valid = {"notBefore": times.spell(begin), "notAfter": times.spell(end)}
            return Rejected("certificate-expired", {"signed": times.spell(times.whole(each)), **valid})
    root = TrustedRoot(RootModel.from_json(root_at(trusted_root, moments)))
    policy = _AnyIdentity()
    Verifier(trusted_root=root).verify_dsse(bundle, policy)
    return policy.found[-1]


def _signed_times(entry: dict[str, Any], bundle: Bundle) -> tuple[datetime, ...]:
    """When it was signed, as the log's promise and timestamps say; whether they are true is verified with the rest."""
    found = []
    if entry.get("inclusionPromise") and int(entry.get("integratedTime") or 0):
        found.append(datetime.fromtimestamp(int(entry["integratedTime"]), UTC))
    stamps = bundle.verification_material.timestamp_verification_data
    found += [each.tst_info.gen_time for each in (stamps.rfc3161_timestamps if stamps is not None else ())]
    return tuple(found)


def _refusal(error: Exception) -> Rejected:
    from sigstore.errors import CertValidationError, MetadataError  # noqa: PLC0415

    detail = _said(error)
    if isinstance(error, CertValidationError):
        return Rejected("bad-certificate", {"detail": detail})
    if isinstance(error, MetadataError):
        return Rejected("not-in-trusted-root", {"detail": detail})
    code = next((code for begin, code in _REFUSALS.items() if detail.startswith(begin)), "bad-bundle")
    return Rejected(code, {"detail": detail})


def _said(error: Exception) -> str:
    """What an exception says, in one line; the bytes that it repeats are cut."""
    line = " ".join(str(error).split())[:200]
    return line or type(error).__name__
