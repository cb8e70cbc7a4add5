"""A Sigstore of the tests: an authority, a log of certificates and a log of signatures, all in memory.

It does what Fulcio, a certificate transparency log and Rekor do, as far as a bundle shows it: certificates with an
SCT (RFC 6962, 3.2), entries `dsse` 0.0.1 with inclusion proof, checkpoint and promise. Everything can be told to err.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.trust.dsse import pae

SIGNED = datetime(2023, 4, 21, 12, 0, tzinfo=UTC)
GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
BUNDLE_3 = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUNDLE_2 = "application/vnd.dev.sigstore.bundle+json;version=0.2"
BUNDLE_1 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
_FULCIO = "1.3.6.1.4.1.57264.1."
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ALGORITHM = ec.ECDSA(hashes.SHA256())
_ORIGIN = "log.tests - 1"
_SIZE, _INDEX = 7, 4
_LIFE = timedelta(minutes=10)


def base64_text(data: bytes) -> str:
    """Base64, as text."""
    return base64.b64encode(data).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key in DER."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der_value(tag: int, data: bytes) -> bytes:
    """A value of ASN.1 in DER."""
    size = len(data)
    if size < 128:
        return bytes([tag, size]) + data
    length = size.to_bytes(1 if size < 256 else 2)
    return bytes([tag, 0x80 | len(length)]) + length + data


def der_text(text: str) -> bytes:
    """A DER UTF8String."""
    return der_value(0x0C, text.encode())


@dataclass(frozen=True)
class TokenOf:
    """What an OIDC token says: whose it is, and for workflows which source they were run from."""

    issuer: str = GITHUB
    subject: str = "https://github.com/lsst/lab/.github/workflows/build.yaml@refs/tags/1.0"
    repository: str | None = "https://github.com/lsst/lab"
    workflow: str | None = "https://github.com/lsst/lab/.github/workflows/build.yaml@refs/tags/1.0"
    ref: str | None = "refs/tags/1.0"
    commit: str | None = "8304c42402aa3a569882687e0642c359e5a74ac2"

    def extensions(self) -> dict[str, bytes]:
        """Those of Fulcio, by the last number of their OID."""
        told = {
            "8": self.issuer,
            "12": self.repository,
            "13": self.commit,
            "14": self.ref,
            "18": self.workflow,
        }
        return {
            "1": self.issuer.encode(),
            **{number: der_text(text) for number, text in told.items() if text is not None},
        }

    @property
    def name(self) -> x509.GeneralName:
        """The certificate's alternative name."""
        if "://" in self.subject:
            return x509.UniformResourceIdentifier(self.subject)
        return x509.RFC822Name(self.subject)


@dataclass
class SigstoreInstance:
    """The keys of one instance. `begin` is when its authority and logs begin to count, `end` when they end."""

    begin: datetime = datetime(2023, 1, 1, tzinfo=UTC)
    end: datetime | None = None
    root: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    intermediate: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct_log: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    rekor: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def __post_init__(self) -> None:
        self.root_certificate = self._authority("root", self.root, "root", self.root, None)
        self.intermediate_certificate = self._authority(
            "intermediate", self.intermediate, "root", self.root, 0
        )

    def trusted_root(self) -> bytes:
        """Its `trusted_root.json`."""
        valid = {"start": _spell(self.begin), **({"end": _spell(self.end)} if self.end else {})}
        chain = (self.intermediate_certificate, self.root_certificate)
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [_log("https://rekor.tests", self.rekor, valid)],
                "certificateAuthorities": [
                    {
                        "subject": {"organization": "tests", "commonName": "fulcio.tests"},
                        "uri": "https://fulcio.tests",
                        "certChain": {
                            "certificates": [{"rawBytes": base64_text(der(each))} for each in chain]
                        },
                        "validFor": valid,
                    }
                ],
                "ctlogs": [_log("https://ct.tests", self.ct_log, valid)],
                "timestampAuthorities": [],
            }
        ).encode()

    def certificate(
        self,
        key: ec.EllipticCurvePrivateKey,
        token: TokenOf,
        at: datetime = SIGNED,
        *,
        more: dict[str, bytes] | None = None,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    ) -> x509.Certificate:
        """A certificate for a key, with its SCT; `more` replaces extensions of Fulcio."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(_name("intermediate"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at)
            .not_valid_after(at + _LIFE)
            .add_extension(_key_usage(sign=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.intermediate.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName([token.name]), critical=True)
        )
        for number, value in (token.extensions() | (more or {})).items():
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(_FULCIO + number), value)
            builder = builder.add_extension(extension, critical=False)
        bare = builder.sign(self.intermediate, hashes.SHA256())
        scts = x509.UnrecognizedExtension(_SCTS, self._scts(bare.tbs_certificate_bytes, at))
        return builder.add_extension(scts, critical=False).sign(self.intermediate, hashes.SHA256())

    def _scts(self, tbs: bytes, at: datetime) -> bytes:
        milliseconds = int(at.timestamp() * 1000)
        issuer = hashlib.sha256(spki(self.intermediate)).digest()
        told = struct.pack("!BBQH", 0, 0, milliseconds, 1) + issuer
        told += struct.pack("!I", len(tbs))[1:] + tbs + struct.pack("!H", 0)
        signature = self.ct_log.sign(told, _ALGORITHM)
        one = b"\0" + hashlib.sha256(spki(self.ct_log)).digest() + struct.pack("!QH", milliseconds, 0)
        one += b"\x04\x03" + struct.pack("!H", len(signature)) + signature
        listed = struct.pack("!H", len(one)) + one
        return der_value(0x04, struct.pack("!H", len(listed)) + listed)

    def bundle(
        self,
        payload: bytes,
        token: TokenOf | None = None,
        *,
        at: datetime = SIGNED,
        logged: datetime | None = None,
        media_type: str = BUNDLE_3,
        payload_type: str = PAYLOAD_TYPE,
        **of_certificate: Any,
    ) -> dict[str, Any]:
        """A bundle as the token's owner makes it: `at` is when the certificate begins, `logged` when it was logged."""
        key = new_key()
        certificate = self.certificate(key, token or TokenOf(), at, **of_certificate)
        signature = base64_text(key.sign(pae(payload_type, payload), _ALGORITHM))
        raw = {"rawBytes": base64_text(der(certificate))}
        old = media_type in (BUNDLE_1, BUNDLE_2)
        material = {"x509CertificateChain": {"certificates": [raw]}} if old else {"certificate": raw}
        entry = self.entry(payload, signature, certificate, logged or at + timedelta(seconds=2))
        return {
            "mediaType": media_type,
            "verificationMaterial": {**material, "tlogEntries": [entry]},
            "dsseEnvelope": {
                "payload": base64_text(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": signature}],
            },
        }

    def entry(
        self, payload: bytes, signature: str, certificate: x509.Certificate, at: datetime
    ) -> dict[str, Any]:
        """The log's entry, among others that are not told."""
        verifier = base64_text(certificate.public_bytes(serialization.Encoding.PEM))
        digest = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
        spec = {
            "envelopeHash": digest,
            "payloadHash": digest,
            "signatures": [{"signature": signature, "verifier": verifier}],
        }
        body = _canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        log_id = hashlib.sha256(spki(self.rekor)).digest()
        promised = {
            "body": base64_text(body),
            "integratedTime": int(at.timestamp()),
            "logID": log_id.hex(),
            "logIndex": _INDEX,
        }
        leaves = [b"other %d" % number for number in range(_SIZE)]
        leaves[_INDEX] = body
        top, proof = _tree([hashlib.sha256(b"\0" + each).digest() for each in leaves], _INDEX)
        return {
            "logIndex": str(_INDEX),
            "logId": {"keyId": base64_text(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(int(at.timestamp())),
            "inclusionPromise": {
                "signedEntryTimestamp": base64_text(self.rekor.sign(_canonical(promised), _ALGORITHM))
            },
            "inclusionProof": {
                "logIndex": str(_INDEX),
                "rootHash": base64_text(top),
                "treeSize": str(_SIZE),
                "hashes": [base64_text(each) for each in proof],
                "checkpoint": {"envelope": self.checkpoint(top)},
            },
            "canonicalizedBody": base64_text(body),
        }

    def checkpoint(self, top: bytes) -> str:
        """The log's signed head, as a note."""
        told = f"{_ORIGIN}\n{_SIZE}\n{base64_text(top)}\n"
        hint = hashlib.sha256(spki(self.rekor)).digest()[:4]
        return f"{told}\n— log.tests {base64_text(hint + self.rekor.sign(told.encode(), _ALGORITHM))}\n"

    def _authority(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        by: ec.EllipticCurvePrivateKey,
        length: int | None,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.begin)
            .not_valid_after(self.begin + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)
            .add_extension(_key_usage(sign=False), critical=True)
            # Fulcio does not begin without it.
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
            )
            .sign(by, hashes.SHA256())
        )


def der(certificate: x509.Certificate) -> bytes:
    """The certificate in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _tree(level: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """The top of a Merkle tree (RFC 6962, 2.1), and the audit path of one leaf, from below."""
    if len(level) == 1:
        return level[0], []
    half = 1 << (len(level) - 1).bit_length() - 1
    left, right = level[:half], level[half:]
    own, other = (left, right) if index < half else (right, left)
    top, path = _tree(own, index % half if index < half else index - half)
    beside, _ = _tree(other, 0)
    pair = (top, beside) if index < half else (beside, top)
    return hashlib.sha256(b"\1" + b"".join(pair)).digest(), [*path, beside]


def _log(address: str, key: ec.EllipticCurvePrivateKey, valid: dict[str, str]) -> dict[str, Any]:
    public = spki(key)
    return {
        "baseUrl": address,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": base64_text(public),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": valid,
        },
        "logId": {"keyId": base64_text(hashlib.sha256(public).digest())},
    }


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{text}.tests")])


def _key_usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not sign, crl_sign=not sign, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _spell(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _canonical(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
