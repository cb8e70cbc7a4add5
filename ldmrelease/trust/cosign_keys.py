"""Private keys as `cosign generate-key-pair` and `import-key-pair` write them.

PEM around JSON: scrypt makes a key of the password, and NaCl's secretbox keeps the PKCS#8 key with it. Source:
`github.com/secure-systems-lab/go-securesystemslib/encrypted`.
"""

import base64
import hashlib
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct

from ldmrelease.trust.keys import PASSWORD_VARIABLE

LABELS = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
"""What cosign has called its keys, the newer name first."""
COSIGN_VARIABLE = "COSIGN_PASSWORD"

MEMORY = 256 * 1024 * 1024
"""Bytes that deriving a key may take: cosign's own parameters take 64 MiB."""
_MOST_PASSES = 16
_KEY, _NONCE = 32, 24


class Params(Struct, forbid_unknown_fields=True):
    """The costs of scrypt (RFC 7914)."""

    N: int
    r: int
    p: int


class Kdf(Struct, forbid_unknown_fields=True):
    """How the key is derived from the password."""

    name: str
    params: Params
    salt: bytes


class Cipher(Struct, forbid_unknown_fields=True):
    """How the private key is kept."""

    name: str
    nonce: bytes


class Sealed(Struct, forbid_unknown_fields=True):
    """The JSON of the file."""

    kdf: Kdf
    cipher: Cipher
    ciphertext: bytes


def read_cosign(data: bytes, environ: Mapping[str, str]) -> object:
    """The private key of such a file. Raises `ValueError` with what is wrong and what to do."""
    sealed = _sealed(data)
    _require_known(sealed)
    password = environ.get(COSIGN_VARIABLE, environ.get(PASSWORD_VARIABLE))
    if password is None:
        raise ValueError(f"the private key is encrypted by cosign; set {COSIGN_VARIABLE}")
    der = _opened(sealed, password.encode(errors="surrogateescape"))
    try:
        return load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("what cosign has encrypted there is no private key; make another one") from error


def _sealed(data: bytes) -> Sealed:
    lines = data.decode(errors="replace").split()
    text = " ".join(lines)
    for label in LABELS:
        _, begun, rest = text.partition(f"-----BEGIN {label}-----")
        body, ended, _ = rest.partition(f"-----END {label}-----")
        if begun and ended:
            try:
                return msgspec.json.decode(
                    base64.b64decode(body.replace(" ", ""), validate=True), type=Sealed
                )
            except ValueError as error:
                raise ValueError(
                    f"no key of cosign that can be read ({error}); is the file whole?"
                ) from error
    raise ValueError("no key of cosign that can be read; is the file whole?")


def _require_known(sealed: Sealed) -> None:
    """Nothing is derived by parameters that nobody uses: they could ask for all memory there is."""
    kdf, params = sealed.kdf, sealed.kdf.params
    if kdf.name != "scrypt" or sealed.cipher.name != "nacl/secretbox" or len(sealed.cipher.nonce) != _NONCE:
        raise ValueError(
            "the key is encrypted otherwise than by scrypt and nacl/secretbox; cosign writes those"
        )
    power_of_two = params.N > 1 and params.N & (params.N - 1) == 0
    if not power_of_two or params.r < 1 or not 1 <= params.p <= _MOST_PASSES:
        raise ValueError("the parameters of its scrypt are none; is the file whole?")
    if 128 * params.N * params.r * params.p > MEMORY:
        raise ValueError(
            f"its scrypt wants more than {MEMORY // 1024 // 1024} MiB (N {params.N}, r {params.r}, p {params.p}); "
            "cosign's own parameters take 64"
        )


def _opened(sealed: Sealed, password: bytes) -> bytes:
    try:
        from nacl.exceptions import CryptoError  # noqa: PLC0415 - an extra
        from nacl.secret import SecretBox  # noqa: PLC0415 - an extra
    except ImportError:
        raise ValueError("keys of cosign want another library; `pip install 'ldmrelease[keys]'`") from None
    params = sealed.kdf.params
    key = hashlib.scrypt(
        password, salt=sealed.kdf.salt, n=params.N, r=params.r, p=params.p, maxmem=2 * MEMORY, dklen=_KEY
    )
    try:
        return bytes(SecretBox(key).decrypt(sealed.ciphertext, sealed.cipher.nonce))
    except (CryptoError, ValueError):
        raise ValueError(
            f"the private key cannot be decrypted; is {COSIGN_VARIABLE} the right one?"
        ) from None
