"""Public keys: their kinds, their one PEM spelling and their fingerprint.

Who verifies goes without `serialization` of cryptography, which loads every cipher there is.
"""

import base64
import hashlib
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

PASSWORD_VARIABLE = "LDMRELEASE_KEY_PASSWORD"  # noqa: S105  (the variable's name)

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class KeyKind(StrEnum):
    """ECDSA on P-256 with SHA-256 (receipts, checks and people), or ed25519 (people only)."""

    P256 = "p256"
    ED25519 = "ed25519"


class EcdsaSha256(ec.ECDSA):
    """ECDSA with SHA-256 and a random nonce: without the question which the class puts to all of OpenSSL's backend,
    whether nonces can be deterministic.
    """

    def __init__(self) -> None:
        """Nothing to ask."""

    @property
    def algorithm(self) -> SHA256:
        """What is signed is hashed with it."""
        return _SHA256

    @property
    def deterministic_signing(self) -> bool:
        """Nonces are random."""
        return False


_SHA256 = SHA256()
ECDSA = EcdsaSha256()
_BEGUN = "-----BEGIN "
_BEGIN, _END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
# What a SubjectPublicKeyInfo has before the key itself (RFC 8410; RFC 5480, a point that is not compressed).
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


@lru_cache(maxsize=256)
def read_public(pem: str) -> PublicKey:
    """The public key of a PEM text, or of a line of ssh's. Raises `ValueError` for anything but P-256 and ed25519."""
    return _read_usual(pem) or _read_any(pem)


def _read_usual(pem: str) -> PublicKey | None:
    """The key of a text as `write_public` makes it; None for everything else, which may still be a key."""
    lines = pem.split("\n")
    if lines[0] != _BEGIN or lines[-2:] != [_END, ""]:
        return None
    try:
        data = base64.b64decode("".join(lines[1:-2]), validate=True)
        if data.startswith(_ED25519) and len(data) == len(_ED25519) + 32:
            return ed25519.Ed25519PublicKey.from_public_bytes(data[len(_ED25519) :])
        if data.startswith(_P256) and len(data) == len(_P256) + 65:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data[len(_P256) :])
    except ValueError:
        return None
    return None


def _read_any(pem: str) -> PublicKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - see above

    if _BEGUN not in pem:
        from ldmrelease.trust.ssh_public_keys import read_ssh_public  # noqa: PLC0415 - another spelling

        return read_ssh_public(pem)
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if "PRIVATE KEY-----" in pem:
            raise ValueError(
                "a private key; write its public half, and make another key if this text was shown"
            ) from None
        raise ValueError("not a public key in PEM (BEGIN PUBLIC KEY)") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("the key is neither ECDSA on P-256 nor ed25519")


def write_public(key: PublicKey) -> str:
    """The one PEM spelling of a public key (SubjectPublicKeyInfo), with its final line end."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - see above

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: PublicKey) -> str:
    """`SHA256:` and the unpadded base64 that `ssh-keygen -l` prints: the key id of envelopes."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        blob = ssh_strings(b"ssh-ed25519", key.public_bytes_raw())
    else:
        blob = ssh_strings(b"ecdsa-sha2-nistp256", b"nistp256", point(key))
    return blob_fingerprint(blob)


def blob_fingerprint(blob: bytes) -> str:
    """The same of a public key as ssh sends it, of whatever kind."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """The point of a key on P-256, not compressed (SEC 1, 2.3.3)."""
    numbers = key.public_numbers()
    return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def ssh_strings(*values: bytes) -> bytes:
    """Values as a public key of ssh has them (RFC 4253, section 6.6; RFC 5656, section 3.1)."""
    return b"".join(len(each).to_bytes(4, "big") + each for each in values)


def signed_by(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the key made this signature of the message."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ECDSA)
    except InvalidSignature:
        return False
    return True
