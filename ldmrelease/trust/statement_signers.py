"""Who signed a statement: a key of the keyring, or an identity that a certificate names."""

from datetime import datetime

from msgspec import Struct, to_builtins

from ldmrelease.trust.dsse import Envelope
from ldmrelease.trust.identities import CertificateIdentity, Signatory
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.verify import Rejected, out_of_time, verify


class StatementSigners(Struct, frozen=True):
    """Everybody in the keyring who an envelope is signed by, at least one: several identities may fit a certificate.

    certificate: what the certificate says, where there is one.
    """

    found: tuple[Signatory, ...]
    certificate: CertificateIdentity | None = None


class UnknownSigner(Struct, frozen=True):
    """Why nobody in the keyring has signed it; `certificate` is who has, where that is proven."""

    refusal: Rejected
    certificate: CertificateIdentity | None = None


def statement_signers(
    envelope: Envelope, keyring: Keyring, *, at: datetime
) -> StatementSigners | UnknownSigner:
    """Find the key or the identities that signed; `at` is the intake.

    Codes: those of `verify` and of `certificate_of`, `unknown-identity`, `identity-not-yet-valid`, `identity-expired`
    and `identity-compromised`.
    """
    if envelope.bundle is None:
        verified = verify(envelope, keyring, at=at)
        return (
            UnknownSigner(verified) if isinstance(verified, Rejected) else StatementSigners((verified.key,))
        )
    from ldmrelease.trust.keyless import certificate_of  # noqa: PLC0415 - knows certificates

    certificate = certificate_of(envelope, keyring.trusted_root)
    if isinstance(certificate, Rejected):
        return UnknownSigner(certificate)
    fitting = [each for each in keyring.identities if each.differs(certificate) is None]
    if not fitting:
        return UnknownSigner(_unknown(certificate, keyring), certificate)
    late = {each.id: out_of_time(each, at) for each in fitting}
    timely = tuple(each for each in fitting if late[each.id] is None)
    refusal = late[fitting[0].id]
    if refusal is not None and not timely:
        return UnknownSigner(refusal, certificate)
    return StatementSigners(timely, certificate)


def _unknown(certificate: CertificateIdentity, keyring: Keyring) -> Rejected:
    """That no identity fits, with what differs from each that has the same issuer."""
    told = {name: each for name, each in to_builtins(certificate).items() if each is not None}
    near = [each for each in keyring.identities if each.issuer == certificate.issuer]
    differs = [f"{each.id} by {each.differs(certificate)}" for each in near]
    return Rejected("unknown-identity", {**told, **({"differs": differs} if differs else {})})
