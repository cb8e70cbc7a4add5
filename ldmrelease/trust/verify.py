"""Who signed an envelope, judged at the time of its intake into the ledger, never at its claim."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.trust.dsse import Envelope, Malformed, Signature, pae
from ldmrelease.trust.identities import OidcIdentity, Signatory
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.keys import read_public, signed_by


class VerifiedPayload(Struct, frozen=True):
    """A payload whose signer is known. What the signer may say is another question (`counting`)."""

    payload_type: str
    payload: bytes
    key: Key


class Rejected(Struct, frozen=True):
    """Seen, but without effect: `code` says why, `values` name the key, role, scope or time."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def because(cls, malformed: Malformed) -> "Rejected":
        """What could not be read does not count."""
        return cls(malformed.code, {"detail": malformed.detail})


def verify(envelope: Envelope, keyring: Keyring, *, at: datetime) -> VerifiedPayload | Rejected:
    """Find the key that signed; `at` is the intake.

    Codes: `unsigned`, `several-signatures`, `unknown-key`, `bad-signature`, `key-not-yet-valid`,
    `key-expired`, `key-compromised`.
    """
    if len(envelope.signatures) != 1:
        return Rejected("several-signatures" if envelope.signatures else "unsigned")
    key = _signing_key(envelope, envelope.signatures[0], keyring)
    if isinstance(key, Rejected):
        return key
    return out_of_time(key, at) or VerifiedPayload(envelope.payload_type, envelope.payload, key)


def valid_key(keyid: str, keyring: Keyring, *, at: datetime) -> Key | Rejected:
    """The key of a fingerprint, if it counts at that time. Codes: those of `verify` that are about keys."""
    key = keyring.find(keyid)
    if key is None:
        return Rejected("unknown-key", {"keyid": keyid})
    return out_of_time(key, at) or key


def _signing_key(envelope: Envelope, signature: Signature, keyring: Keyring) -> Key | Rejected:
    message = pae(envelope.payload_type, envelope.payload)
    if signature.keyid is None:
        found = next((each for each in keyring.keys if _made_by(each, signature, message)), None)
        return found or Rejected("unknown-key")
    key = keyring.find(signature.keyid)
    if key is None:
        return Rejected("unknown-key", {"keyid": signature.keyid})
    if not _made_by(key, signature, message):
        return Rejected("bad-signature", {"key": key.id, "person": key.person})
    return key


def _made_by(key: Key, signature: Signature, message: bytes) -> bool:
    return signed_by(read_public(key.public_pem), signature.value, message)


def named(signer: Signatory) -> dict[str, str]:
    """Whose signature it is, for the values of a refusal."""
    return {_what(signer): signer.id, "person": signer.person}


def out_of_time(signer: Signatory, at: datetime) -> Rejected | None:
    """Why what was taken in then does not count, whoever signed it. Codes: those of `verify`, and `identity-...`."""
    what = _what(signer)
    if signer.compromised_since is not None and at >= signer.compromised_since:
        return _untimely(f"{what}-compromised", signer, at, "compromisedSince", signer.compromised_since)
    if at < signer.not_before:
        return _untimely(f"{what}-not-yet-valid", signer, at, "notBefore", signer.not_before)
    if signer.not_after is not None and at > signer.not_after:
        return _untimely(f"{what}-expired", signer, at, "notAfter", signer.not_after)
    return None


def _what(signer: Signatory) -> str:
    return "identity" if isinstance(signer, OidcIdentity) else "key"


def _untimely(code: str, signer: Signatory, at: datetime, bound: str, moment: datetime) -> Rejected:
    values = {**named(signer), "received": times.spell(at), bound: times.spell(moment)}
    return Rejected(code, values)
