"""The one effect of this room: private keys are read from files, written to files, and sign.

A key file is PKCS#8 PEM. Its passphrase, if it has one, comes from the environment variable
`LDMRELEASE_KEY_PASSWORD`, so that it stands in no file and no process list.
"""

import base64
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from msgspec import Struct

from ldmrelease.domain.errors import InputError
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.trust.dsse import Envelope, Signature, pae
from ldmrelease.trust.keys import ECDSA, KeyKind, fingerprint, point, read_public, write_public

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption

PASSWORD_VARIABLE = "LDMRELEASE_KEY_PASSWORD"  # noqa: S105  (the variable's name)

# A PKCS#8 key as `write_key` writes it without a passphrase (RFC 5958; RFC 8410; RFC 5915): what stands before the
# private key, and between it and the public one.
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
_P256 = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
_P256_PUBLIC = bytes.fromhex("a144034200")

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyProblem(InputError):
    """A key file cannot be used; the message names the file and what to do about it."""


class Signer(Struct, frozen=True):
    """A private key that signs. `source` is where it came from, for messages."""

    private: PrivateKey
    source: str = "a new key"

    @property
    def kind(self) -> KeyKind:
        """Which kind of key this is."""
        is_person = isinstance(self.private, ed25519.Ed25519PrivateKey)
        return KeyKind.ED25519 if is_person else KeyKind.P256

    @property
    def keyid(self) -> str:
        """The fingerprint that envelopes name."""
        return fingerprint(self.private.public_key())

    @property
    def public_pem(self) -> str:
        """The public half, as a trust document lists it."""
        return write_public(self.private.public_key())

    def sign(self, payload_type: str, payload: bytes) -> Envelope:
        """Sign a payload. Raises `KeyProblem` for a statement by a key that other verifiers do not read."""
        if payload_type == PAYLOAD_TYPE and self.kind is not KeyKind.P256:
            raise KeyProblem(
                f"{self.source}: statements are signed by P-256 keys, this one is {self.kind}; "
                "use the key of a check runner or of receipts"
            )
        return Envelope(
            payload_type, payload, (Signature(self.keyid, self._signature(pae(payload_type, payload))),)
        )

    def write_key(self, path: Path) -> None:
        """Write the private key as a new file that only its owner can read; never overwrites one.

        It is encrypted if the environment has a passphrase. Raises `KeyProblem`.
        """
        from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat  # noqa: PLC0415 - see keys

        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption())
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyProblem(
                f"{path}: exists already; a key is never overwritten, choose another name"
            ) from None
        except OSError as error:
            raise KeyProblem(f"{path}: cannot be written: {error.strerror}") from error
        with os.fdopen(handle, "wb") as file:
            file.write(pem)

    def _signature(self, message: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, ECDSA)

    def __repr__(self) -> str:
        return f"Signer({self.keyid}, {self.source})"


def generate(kind: KeyKind = KeyKind.P256) -> Signer:
    """A new key."""
    if kind is KeyKind.ED25519:
        return Signer(ed25519.Ed25519PrivateKey.generate())
    return Signer(ec.generate_private_key(ec.SECP256R1()))


def load_signer(path: Path) -> Signer:
    """The signer of a private key file. Raises `KeyProblem`."""
    private = _private(path, _own_bytes(path))
    if isinstance(private, ed25519.Ed25519PrivateKey) or (
        isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1)
    ):
        return Signer(private, str(path))
    raise KeyProblem(f"{path}: the key is neither ECDSA on P-256 nor ed25519; make one with key new")


class PublicHalf(Struct, frozen=True):
    """The public half of a key, as a trust document lists it."""

    kind: KeyKind
    keyid: str
    pem: str


def read_public_half(path: Path) -> PublicHalf:
    """The public half of a private key file, or what a public one says. Raises `KeyProblem`."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be read: {error.strerror}; name a key file") from error
    if "PRIVATE KEY" in text:
        signer = load_signer(path)
        return PublicHalf(signer.kind, signer.keyid, signer.public_pem)
    if text.count("-----BEGIN ") > 1:
        raise KeyProblem(f"{path}: several keys are in it; name a file of one key")
    try:
        public = read_public(text)
    except ValueError as error:
        raise KeyProblem(f"{path}: {error}; name a key file") from None
    kind = KeyKind.ED25519 if isinstance(public, ed25519.Ed25519PublicKey) else KeyKind.P256
    return PublicHalf(kind, fingerprint(public), write_public(public))


def _own_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise KeyProblem(f"{path}: others can read or write it (mode {mode:04o}); chmod 600 {path}")
            return file.read()
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be read: {error.strerror}; name a private key file") from error


def _private(path: Path, pem: bytes) -> object:
    return _usual(pem) or _any(path, pem)


def _usual(pem: bytes) -> PrivateKey | None:
    """The key of a text as `write_key` makes it; None for everything else, which may still be a key."""
    lines = pem.decode(errors="replace").split("\n")
    if lines[0] != _BEGIN or lines[-2:] != [_END, ""] or _password():
        return None
    try:
        data = base64.b64decode("".join(lines[1:-2]), validate=True)
        if data.startswith(_ED25519) and len(data) == len(_ED25519) + 32:
            return ed25519.Ed25519PrivateKey.from_private_bytes(data[len(_ED25519) :])
        secret, between, public = (
            data[len(_P256) :][:32],
            data[len(_P256) + 32 :][:5],
            data[len(_P256) + 37 :],
        )
        if data.startswith(_P256) and between == _P256_PUBLIC:
            found = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
            return found if point(found.public_key()) == public else None
    except ValueError:
        return None
    return None


def _any(path: Path, pem: bytes) -> object:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - see keys

    try:
        return load_pem_private_key(pem, _password())
    except TypeError as error:
        wanted = "unset" if _password() else "set"
        raise KeyProblem(f"{path}: {error}; {wanted} {PASSWORD_VARIABLE}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyProblem(f"{path}: {_unreadable(pem)}") from error


def _unreadable(pem: bytes) -> str:
    if b"PUBLIC KEY-----" in pem:
        return "a public key; name the file of its private half"
    if b"ENCRYPTED" in pem:
        return f"the private key cannot be decrypted; is {PASSWORD_VARIABLE} the right one?"
    return "no private key that can be read; a PKCS#8 PEM file (BEGIN PRIVATE KEY) is wanted"


def _password() -> bytes | None:
    text = os.environ.get(PASSWORD_VARIABLE)
    return text.encode() if text else None


def _encryption() -> "KeySerializationEncryption":
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see keys
        BestAvailableEncryption,
        NoEncryption,
    )

    password = _password()
    return BestAvailableEncryption(password) if password else NoEncryption()
