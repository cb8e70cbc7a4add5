"""Private keys as people have them: PKCS#8 and SEC 1 in PEM, OpenSSH's own, and cosign's encrypted ones.

Whatever a file says of the work that its passphrase costs is bounded before that work begins.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from ldmrelease.trust.cosign_keys import LABELS, MEMORY, read_cosign
from ldmrelease.trust.keys import PASSWORD_VARIABLE
from ldmrelease.trust.ssh_public_keys import ssh_texts

MOST_ROUNDS = 1024
"""Rounds of bcrypt of an OpenSSH key: 24 are usual, and these take some ten seconds."""
MOST_ITERATIONS = 10_000_000
"""Iterations of a passphrase of PKCS#8: openssl takes 2,048, others up to a million."""

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_BLOCK = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,64}-----\s([A-Za-z0-9+/=\s]*)-----END ")
_MAGIC = b"openssh-key-v1\0"
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
"""The object identifier of scrypt (RFC 7914, section 7)."""
_UNREADABLE = (ValueError, TypeError, NotImplementedError, IndexError, OverflowError)
"""What the library raises for keys that are damaged, beside what it says that it does."""
_INTEGER, _NESTED = 0x02, (0x30, 0x31)
_ACCEPTED = "P-256 and ed25519 keys sign: PKCS#8 or SEC 1 in PEM, OpenSSH's, cosign's"


def read_private(data: bytes, environ: Mapping[str, str]) -> object:
    """The private key of a file, of whatever type of the library; passphrases are those of `environ`.

    Raises `ValueError`, which says what is wrong and, after a semicolon, what to do.
    """
    labels = [each.decode() for each in _LABEL.findall(data)]
    if any(each in LABELS for each in labels):
        return read_cosign(data, environ)
    if "OPENSSH PRIVATE KEY" in labels:
        return _openssh(data, _password(environ))
    if not any(each.endswith("PRIVATE KEY") for each in labels):
        if any(each.endswith("PUBLIC KEY") for each in labels) or data.startswith((b"ssh-", b"ecdsa-")):
            raise ValueError("a public key; name the file of its private half")
        raise ValueError(
            f"no private key that can be read; {_ACCEPTED}; PKCS#8 begins with BEGIN PRIVATE KEY"
        )
    return _pem(data, _password(environ))


def _pem(data: bytes, password: bytes | None) -> object:
    encrypted = b"ENCRYPTED" in data
    if encrypted and password is None:
        raise ValueError(f"the private key is encrypted; set {PASSWORD_VARIABLE}")
    if encrypted:
        _require_affordable(data)
    try:
        return load_pem_private_key(data, password if encrypted else None)
    except (*_UNREADABLE, UnsupportedAlgorithm) as error:
        if encrypted:
            raise ValueError(
                f"the private key cannot be decrypted; is {PASSWORD_VARIABLE} the right one?"
            ) from error
        raise ValueError(f"no private key that can be read; {_ACCEPTED}; is the PEM file whole?") from error


def _openssh(data: bytes, password: bytes | None) -> object:
    kdf = _openssh_header(data)
    if kdf != b"none" and password is None:
        raise ValueError(f"the private key is encrypted; set {PASSWORD_VARIABLE}, or name it as ssh-agent:")
    try:
        return load_ssh_private_key(data, password if kdf != b"none" else None)
    except UnsupportedAlgorithm as error:
        # The library finds no bcrypt, or a cipher or kind of key that it does not know.
        raise ValueError(
            f"the private key cannot be read ({error}); an encrypted one wants `pip install 'ldmrelease[keys]'`"
        ) from error
    except _UNREADABLE as error:
        if kdf != b"none":
            raise ValueError(
                f"the private key cannot be decrypted; is {PASSWORD_VARIABLE} the right one?"
            ) from error
        raise ValueError(f"no private key that can be read ({error}); is the file whole?") from error


def _openssh_header(data: bytes) -> bytes:
    """The name of the key derivation of an OpenSSH key, after a look at its cost and at the kind of key
    (PROTOCOL.key of OpenSSH)."""
    broken = ValueError("no OpenSSH private key that can be read; is the file whole?")
    try:
        blob = _bytes_of(data)
        if not blob.startswith(_MAGIC):
            raise broken
        (_, kdf, options), rest = ssh_texts(blob[len(_MAGIC) :], 3)
        if kdf != b"none":
            (_,), rounds = ssh_texts(options, 1)
            if kdf != b"bcrypt" or len(rounds) != 4:
                raise broken
            if int.from_bytes(rounds, "big") > MOST_ROUNDS:
                raise ValueError(
                    f"its passphrase costs {int.from_bytes(rounds, 'big')} rounds, and {MOST_ROUNDS} are the most "
                    "that are tried; `ssh-keygen -p -a 100 -f FILE` lowers them"
                )
        (public,), _ = ssh_texts(rest[4:], 1)
        (kind,), _ = ssh_texts(public, 1)
    except (IndexError, binascii.Error) as error:
        raise broken from error
    if kind not in (b"ssh-ed25519", b"ecdsa-sha2-nistp256"):
        name = kind.decode(errors="replace") if len(kind) < 64 else "?"
        raise ValueError(
            f"the key is of kind {ascii(name)[1:-1]}, neither ECDSA on P-256 nor ed25519; "
            "`ssh-keygen -t ed25519` or `ldmrelease key new` makes one"
        )
    return kdf


def _bytes_of(data: bytes) -> bytes:
    """What the first block of PEM holds. Raises `ValueError`."""
    found = _BLOCK.search(data)
    if found is None:
        raise ValueError("no private key that can be read; is the PEM file whole?")
    return base64.b64decode(b"".join(found[1].split()), validate=True)


def _require_affordable(data: bytes) -> None:
    """Raise `ValueError` where the passphrase of a PKCS#8 key asks for more work or memory than any honest one."""
    try:
        der = _bytes_of(data)
        # EncryptedPrivateKeyInfo (RFC 5958): its first part says how the key is derived.
        _, outer, _ = _element(der, 0)
        _, algorithm, _ = _element(outer, 0)
        costs = list(_integers(algorithm))
    except (IndexError, ValueError, RecursionError):
        # Not such a key: the library says what it is not.
        return
    product = 128
    for each in costs[:3]:
        product *= max(each, 1)
    if product > MEMORY if _SCRYPT in algorithm else any(each > MOST_ITERATIONS for each in costs):
        raise ValueError(
            "its passphrase costs more work or memory than any key should; encrypt it again, "
            "as with `openssl pkcs8 -topk8`"
        )


def _integers(data: bytes, depth: int = 0) -> Iterator[int]:
    at = 0
    while at < len(data) and depth < 8:
        tag, value, at = _element(data, at)
        if tag == _INTEGER:
            yield int.from_bytes(value, "big")
        elif tag in _NESTED:
            yield from _integers(value, depth + 1)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """The tag and value of an element of DER, and where the next one begins. Raises `IndexError`."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if len(data) - start < length:
        raise IndexError("shorter than it says")
    return tag, data[start : start + length], start + length


def _password(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get(PASSWORD_VARIABLE)
    return text.encode(errors="surrogateescape") if text else None
