"""DSSE envelopes, read strictly and written canonically (Dead Simple Signing Envelope v1.0.2).

What verifiers read in two ways is refused here: two signatures, unknown fields, duplicate keys, loose base64
and key ids that are not fingerprints (trust.md section 1).
"""

import base64
import binascii
import re
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_BUNDLE_FIELD = "dsseEnvelope"
_CERTIFICATES = ("certificate", "x509CertificateChain")
BUNDLE_TYPES = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
)
"""The media types of Sigstore's bundles, the newest first (sigstore_bundle.proto)."""
LARGEST_MATERIAL = 256 * 1024
"""Bytes of a bundle's certificate, proofs and timestamps that are read: some ten times of what there is."""


class Signature(NamedTuple):
    """A signature over the pre-authentication encoding; `keyid` is a hint, never a proof."""

    keyid: str | None
    value: bytes


class Envelope(Struct, frozen=True):
    """A signed payload. What we read or sign has exactly one signature.

    bundle: the canonical bytes of the Sigstore bundle that it came in, where that has a certificate: without it
    nobody could tell who signed.
    """

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]
    bundle: bytes | None = None

    @property
    def kept(self) -> bytes:
        """The bytes that are kept and attached: of one statement always the same, however it travelled."""
        return self.bundle if self.bundle is not None else self.to_bytes()

    def to_dict(self) -> dict[str, Any]:
        """The envelope as plain JSON; a key id that is not there is left out."""
        return {
            "payloadType": self.payload_type,
            "payload": base64.b64encode(self.payload).decode(),
            "signatures": [_plain_signature(each) for each in self.signatures],
        }

    def to_bytes(self) -> bytes:
        """The canonical bytes of `to_dict`."""
        return canonical.encode(self.to_dict())


class Malformed(Struct, frozen=True):
    """Bytes that are not an envelope we accept: `code` for programs, `detail` for people."""

    code: str
    detail: str


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.malformed = Malformed(code, detail)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: the bytes that are signed (DSSE protocol, "PAE")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(source: bytes | dict[str, Any]) -> Envelope | Malformed:
    """Read one DSSE envelope, as bytes or as the JSON object they spell.

    Codes: `malformed`, `unknown-field`, `bad-base64`, `unsigned`, `several-signatures`, `bad-keyid`.
    """
    try:
        return _envelope(_parsed(source) if isinstance(source, bytes) else source)
    except _Refused as refused:
        return refused.malformed


def read_wrapped(data: bytes) -> Envelope | Malformed:
    """Read an envelope that stands alone or inside a sigstore bundle (v0.1 to v0.3).

    Of a bundle without a certificate only the envelope is looked at: the rest proves nothing to a keyring.
    Codes: those of `read_envelope`, and `bad-bundle` and `too-large`.
    """
    try:
        plain = _parsed(data)
        if not isinstance(plain, dict) or _BUNDLE_FIELD not in plain:
            return _envelope(plain)
        envelope = _envelope(plain[_BUNDLE_FIELD])
        return replace(envelope, bundle=_bundle(plain)) if _has_certificate(plain) else envelope
    except _Refused as refused:
        return refused.malformed


def _has_certificate(bundle: dict[str, Any]) -> bool:
    material = bundle.get("verificationMaterial")
    return isinstance(material, dict) and any(material.get(each) is not None for each in _CERTIFICATES)


def _bundle(plain: dict[str, Any]) -> bytes:
    """The bundle as it is kept, within limits: what proves who signed is small, whatever the payload is."""
    _known(plain, {"mediaType", "verificationMaterial", _BUNDLE_FIELD}, "a bundle")
    if plain.get("mediaType") not in BUNDLE_TYPES:
        raise _Refused("bad-bundle", f"mediaType is none of {', '.join(BUNDLE_TYPES)}")
    material = canonical.encode(plain["verificationMaterial"])
    if len(material) > LARGEST_MATERIAL:
        detail = f"{len(material)} bytes of verification material; the limit is {LARGEST_MATERIAL}"
        raise _Refused("too-large", detail)
    return canonical.encode(plain)


def _parsed(data: bytes) -> Any:
    try:
        return canonical.parse(data)
    except canonical.NotCanonical as error:
        raise _Refused("malformed", str(error)) from error


def _envelope(plain: Any) -> Envelope:
    _fields(plain, {"payloadType", "payload", "signatures"}, "an envelope")
    kind = plain.get("payloadType")
    if not isinstance(kind, str) or not kind:
        raise _Refused("malformed", "payloadType must be text")
    return Envelope(kind, _bytes(plain.get("payload"), "payload"), (_signature(plain.get("signatures")),))


def _signature(plain: Any) -> Signature:
    if plain is not None and not isinstance(plain, list):
        raise _Refused("malformed", "signatures must be a list")
    if not plain:
        raise _Refused("unsigned", "the envelope has no signature")
    if len(plain) > 1:
        raise _Refused("several-signatures", f"{len(plain)} signatures; a quorum is several envelopes")
    _fields(plain[0], {"keyid", "sig"}, "a signature")
    value = _bytes(plain[0].get("sig"), "sig")
    if not value:
        raise _Refused("unsigned", "the signature is empty")
    return Signature(_keyid(plain[0].get("keyid")), value)


def _keyid(plain: Any) -> str | None:
    # DSSE takes an empty key id for an absent one, and cosign writes it so.
    if plain is None or plain == "":
        return None
    if not isinstance(plain, str) or not _FINGERPRINT.fullmatch(plain):
        raise _Refused(
            "bad-keyid", f"{plain!r} is not a key id; it is absent or an ssh fingerprint SHA256:..."
        )
    return plain


def _fields(plain: Any, known: set[str], what: str) -> None:
    if not isinstance(plain, dict):
        raise _Refused("malformed", f"{what} must be an object")
    _known(plain, known, what)


def _known(plain: dict[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(str(each) for each in set(plain) - known)
    if unknown:
        raise _Refused("unknown-field", f"{what} has no field {unknown[0]!r}")


def _bytes(plain: Any, name: str) -> bytes:
    if not isinstance(plain, str):
        raise _Refused("malformed", f"{name} must be base64 text")
    try:
        data = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Refused("bad-base64", f"{name} is not base64: {error}") from error
    # Left-over bits would give one payload several spellings.
    if base64.b64encode(data).decode() != plain:
        raise _Refused("bad-base64", f"{name} is not the one base64 spelling of its bytes")
    return data


def _plain_signature(signature: Signature) -> dict[str, str]:
    plain = {"sig": base64.b64encode(signature.value).decode()}
    if signature.keyid is not None:
        plain["keyid"] = signature.keyid
    return plain
