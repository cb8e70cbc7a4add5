"""Public keys: their kinds, their one PEM spelling and their fingerprint."""

import base64
import hashlib
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class KeyKind(StrEnum):
    """ECDSA on P-256 with SHA-256 (receipts, checks and people), or ed25519 (people only)."""

    P256 = "p256"
    ED25519 = "ed25519"


@lru_cache(maxsize=256)
def read_public(pem: str) -> PublicKey:
    """The public key of a PEM text. Raises `ValueError` for anything but P-256 and ed25519."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a public key in PEM (BEGIN PUBLIC KEY)") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("the key is neither ECDSA on P-256 nor ed25519")


def write_public(key: PublicKey) -> str:
    """The one PEM spelling of a public key (SubjectPublicKeyInfo), with its final line end."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: PublicKey) -> str:
    """`SHA256:` and the unpadded base64 that `ssh-keygen -l` prints: the key id of envelopes."""
    blob = base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


_P256 = ec.ECDSA(SHA256())


def signed_by(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the key made this signature of the message."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, _P256)
    except InvalidSignature:
        return False
    return True
