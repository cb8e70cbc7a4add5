"""The one effect of this package: private keys are read from files, written to files, and sign; or an agent signs.

A key file is PKCS#8 PEM, or one that people have already (`private_keys`). Its passphrase, if it has one, comes from
the environment variable `LDMRELEASE_KEY_PASSWORD`, so that it stands in no file and no process list.
"""

import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from msgspec import Struct

from ldmrelease.domain.errors import InputError
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.trust.dsse import Envelope, Signature, pae
from ldmrelease.trust.keys import (
    ECDSA,
    PASSWORD_VARIABLE,
    KeyKind,
    PublicKey,
    fingerprint,
    point,
    read_public,
    write_public,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption

    from ldmrelease.trust.ssh_agent import AgentKey

AGENT = "ssh-agent:"
"""What the name of a key begins with that an ssh-agent holds; its fingerprint or its comment follows, or nothing."""
LARGEST = 64 * 1024
"""Bytes of a key file: those of any kind have a few thousand."""

# A PKCS#8 key as `write_key` writes it without a passphrase (RFC 5958; RFC 8410; RFC 5915): what stands before the
# private key, and between it and the public one.
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
_P256 = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
_P256_PUBLIC = bytes.fromhex("a144034200")

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyProblem(InputError):
    """A key file cannot be used; the message names the file and what to do about it."""


class InAgent(Struct, frozen=True):
    """A key that the ssh-agent holds: which one, by fingerprint or comment; empty for the only one that can sign."""

    which: str = ""

    def __str__(self) -> str:
        return f"{AGENT}{self.which}"


KeyPlace = Path | InAgent
"""Where a private key is."""


def key_place(text: str, base: Path) -> KeyPlace:
    """The place that a text names: `ssh-agent:...`, or a file from the folder `base`."""
    if text.startswith(AGENT):
        return InAgent(text.removeprefix(AGENT).strip())
    return base / Path(text).expanduser()


class Signer(Struct, frozen=True):
    """A private key that signs, or an agent's. `source` is where it came from, for messages."""

    private: "PrivateKey | AgentKey"
    source: str = "a new key"

    @property
    def kind(self) -> KeyKind:
        """Which kind of key this is."""
        return _kind(self.private.public_key())

    @property
    def keyid(self) -> str:
        """The fingerprint that envelopes name."""
        return fingerprint(self.private.public_key())

    @property
    def public_pem(self) -> str:
        """The public half, as a trust document lists it."""
        return write_public(self.private.public_key())

    def sign(self, payload_type: str, payload: bytes) -> Envelope:
        """Sign a payload. Raises `KeyProblem` for a statement by a key that other verifiers do not read, and where an
        agent does not sign.
        """
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

        if not isinstance(self.private, PrivateKey):
            raise KeyProblem(f"{self.source}: an ssh-agent gives no key away; make another one with key new")
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
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ECDSA)
        from ldmrelease.trust.ssh_agent import AgentProblem  # noqa: PLC0415 - where an agent signs

        try:
            return self.private.sign(message)
        except AgentProblem as error:
            raise KeyProblem(f"{self.source}: {error}") from error

    def __repr__(self) -> str:
        return f"Signer({self.keyid}, {self.source})"


def generate(kind: KeyKind = KeyKind.P256) -> Signer:
    """A new key."""
    if kind is KeyKind.ED25519:
        return Signer(ed25519.Ed25519PrivateKey.generate())
    return Signer(ec.generate_private_key(ec.SECP256R1()))


def _silent(_: str) -> None:
    """Nobody is told what is waited for."""


def load_signer(where: KeyPlace, waiting: Callable[[str], None] = _silent) -> Signer:
    """The signer of a private key file, or of a key that an agent holds. Raises `KeyProblem`.

    waiting: told what is waited for, where an agent takes its time.
    """
    if isinstance(where, InAgent):
        return _agents_signer(where, waiting)
    private = _private(where, _bytes(where, secret=True))
    if isinstance(private, ed25519.Ed25519PrivateKey) or (
        isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1)
    ):
        return Signer(private, str(where))
    raise KeyProblem(f"{where}: the key is neither ECDSA on P-256 nor ed25519; make one with key new")


def _agents_signer(where: InAgent, waiting: Callable[[str], None]) -> Signer:
    from ldmrelease.trust.ssh_agent import AgentProblem, find_key  # noqa: PLC0415 - where an agent signs

    try:
        return Signer(find_key(where.which, waiting), str(where))
    except AgentProblem as error:
        raise KeyProblem(f"{where}: {error}") from error


class PublicHalf(Struct, frozen=True):
    """The public half of a key, as a trust document lists it."""

    kind: KeyKind
    keyid: str
    pem: str


def read_public_half(where: KeyPlace) -> PublicHalf:
    """The public half of a private key, in a file or an agent, or what a public one says. Raises `KeyProblem`."""
    text = "" if isinstance(where, InAgent) else _bytes(where, secret=False).decode(errors="replace")
    if isinstance(where, InAgent) or "PRIVATE KEY" in text:
        signer = load_signer(where)
        return PublicHalf(signer.kind, signer.keyid, signer.public_pem)
    if text.count("-----BEGIN ") > 1:
        raise KeyProblem(f"{where}: several keys are in it; name a file of one key")
    try:
        public = read_public(text)
    except ValueError as error:
        raise KeyProblem(f"{where}: {error}; name a key file") from None
    return PublicHalf(_kind(public), fingerprint(public), write_public(public))


def _kind(public: PublicKey) -> KeyKind:
    return KeyKind.ED25519 if isinstance(public, ed25519.Ed25519PublicKey) else KeyKind.P256


def _bytes(path: Path, *, secret: bool) -> bytes:
    """The bytes of a key file, if it is one by its size and kind. Raises `KeyProblem`.

    secret: whether others must not be able to read it.
    """
    try:
        # Whoever opens a pipe waits for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            mode = stat.S_IMODE(found.st_mode)
            if not stat.S_ISREG(found.st_mode):
                raise KeyProblem(f"{path}: is not a file; name a key file")
            if secret and mode & 0o077:
                raise KeyProblem(f"{path}: others can read or write it (mode {mode:04o}); chmod 600 {path}")
            data = file.read(LARGEST + 1)
    except OSError as error:
        wanted = "a private key file" if secret else "a key file"
        raise KeyProblem(f"{path}: cannot be read: {error.strerror}; name {wanted}") from error
    if len(data) > LARGEST:
        raise KeyProblem(f"{path}: has more than {LARGEST} bytes, and a key a few thousand; name a key file")
    return data


def _private(path: Path, data: bytes) -> object:
    found = _usual(data)
    if found is not None:
        return found
    from ldmrelease.trust.private_keys import read_private  # noqa: PLC0415 - see keys

    try:
        return read_private(data, os.environ)
    except ValueError as error:
        raise KeyProblem(f"{path}: {error}") from error


def _usual(pem: bytes) -> PrivateKey | None:
    """The key of a text as `write_key` makes it; None for everything else, which may still be a key."""
    lines = pem.decode(errors="replace").split("\n")
    if lines[0] != _BEGIN or lines[-2:] != [_END, ""]:
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


def _encryption() -> "KeySerializationEncryption":
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see keys
        BestAvailableEncryption,
        NoEncryption,
    )

    password = os.environ.get(PASSWORD_VARIABLE)
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()
